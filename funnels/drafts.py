"""Drafts as the editor changes them: read with a number, kept only where nobody else has changed them since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Actor, ActorKind, Viewer, unpack
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import clean_name, note_only
from crm.settings.keys import new_key
from db.errors import StaleError
from db.types import dumps
from db.work import Work
from engine.document import FunnelDocument
from engine.text import _l
from funnels.draft_versions import draft_changed
from funnels.listing import ROBOTS, actor_name
from funnels.publication.publishing import publish
from funnels.seeing import find_funnel
from funnels.tables import funnel, funnel_draft, funnel_version

ONE_SITTING: Final = timedelta(hours=1)
"""Saves of one person that are closer to one another are one entry of the journal."""

RESERVED: Final = frozenset({"gallery", "new", "state", "upload"})
"""Words of addresses, which are no keys of new funnels."""

LATELY: Final = timedelta(minutes=5)
"""Whoever has kept a draft within this time is told to the others who open it."""

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft of a funnel.

    ``version`` is what a change of it counts on; 0 where no draft was ever saved by number.  ``published`` is the number of the
    version in use, 0 where there is none; ``is_published`` says that the draft is that very version.  ``editing`` is who else has
    kept it within the last minutes, empty where nobody has.
    """

    key: str
    state: str
    document: FunnelDocument
    version: int
    changed_at: datetime
    changed_by: str
    published: int
    is_published: bool
    editing: str


def draft_of(work: Work, key: str, *, viewer: Viewer) -> Draft:
    """Return the draft of a funnel.  Two queries.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
        NotFoundError: there is no such funnel, or robots of a stage were compiled into it: those are edited on the stage.
    """
    row = find_funnel(work, key, viewer)
    if key.startswith(ROBOTS):
        raise NotFoundError("funnel", key)
    query = (
        select(funnel_draft.c.version, funnel_draft.c.changed_by, funnel_draft.c.changed_at, funnel_version.c.number)
        .add_columns(funnel_version.c.document)
        .select_from(funnel)
        .outerjoin(funnel_draft, funnel_draft.c.funnel_id == funnel.c.id)
        .outerjoin(funnel_version, funnel_version.c.id == funnel.c.version_id)
        .where(funnel.c.id == row.id)
    )
    [saved] = work.rows(query)
    by = actor_name(directory(work), saved.changed_by)
    is_lately = saved.changed_at is not None and work.now - saved.changed_at < LATELY
    is_mine = saved.changed_by is not None and unpack(saved.changed_by) == (ActorKind.USER, viewer.user_id)
    return Draft(
        key,
        row.state,
        FunnelDocument.model_validate(row.draft),
        saved.version or 0,
        saved.changed_at or row.changed_at,
        by,
        saved.number or 0,
        saved.document == row.draft,
        by if is_lately and not is_mine else "",
    )


def new_funnels(work: Work, names: Sequence[str], *, by: Actor) -> list[str]:
    """Make empty drafts with these names; returns their keys, which are made from the names.

    Raises:
        NotAllowedError: the actor may not edit funnels.
        InvalidError: a name is empty or too long.
    """
    by.require("funnels.edit")
    taken = {row.key for row in work.rows(select(funnel.c.key))} | RESERVED
    keys = []
    rows: list[tuple[Any, ...]] = []
    for id_, name in zip(work.ids("funnel", len(names)), names, strict=True):
        clean = clean_name(name, _l("the funnel's name"))
        key = new_key(clean, taken, otherwise="funnel")
        taken.add(key)
        keys.append(key)
        plain = FunnelDocument(key=key, name=clean, nodes=()).plain()
        rows.append((id_, key, clean, "draft", dumps(plain), dumps({}), work.now, 1))
        note_only(work, "funnel", key, "created", id_, by)
    columns = ("id", "key", "name", "state", "draft", "numbers", "changed_at", "version")
    work.insert(funnel, columns, rows)
    draft_changed(work, [row[0] for row in rows], by)
    return keys


def keep_draft(
    work: Work,
    document: FunnelDocument,
    *,
    seen: int,
    by: Actor,
    keeps_limits: bool = False,
    keeps_tests: bool = False,
) -> int:
    """Keep a document as the draft of its funnel; returns the draft's new number.  What is published goes on as it is.

    Args:
        work: the transaction.
        document: the whole draft.
        seen: the number of the draft that was changed.
        by: who changed it; the journal is told once a sitting.
        keeps_limits: the document says nothing of the funnel's limits: those of the draft stay.
        keeps_tests: the same of its tests.

    Raises:
        NotAllowedError: the actor may not edit funnels.
        NotFoundError: there is no such funnel.
        InvalidError: robots of a stage were compiled into it.
        StaleError: somebody else has saved it meanwhile.
    """
    by.require("funnels.edit")
    columns = (funnel.c.id, funnel.c.version.label("row_version"), funnel.c.draft)
    rows = work.rows(select(*columns).where(funnel.c.key == document.key).with_for_update())
    if not rows:
        raise NotFoundError("funnel", document.key)
    _require_drawn(document.key)
    [row] = rows
    saved = work.rows(select(funnel_draft).where(funnel_draft.c.funnel_id == row.id))
    version = saved[0].version if saved else 0
    if version != seen:
        raise StaleError("funnel", row.id)
    if keeps_limits:
        limits = FunnelDocument.model_validate(row.draft).limits
        document = document.model_copy(update={"limits": limits})
    if keeps_tests:
        tests = FunnelDocument.model_validate(row.draft).tests
        document = document.model_copy(update={"tests": tests})
    changes = {
        "name": document.name,
        "draft": document.plain(),
        "changed_at": work.now,
        "version": row.row_version + 1,
    }
    work.execute(funnel.update().where(funnel.c.id == row.id).values(**changes))
    draft_changed(work, [row.id], by)
    if not saved or saved[0].changed_by != by.packed or work.now - saved[0].changed_at > ONE_SITTING:
        note_only(work, "funnel", document.key, "changed", row.id, by)
    return int(version + 1)


def publish_draft(work: Work, key: str, *, seen: int, by: Actor) -> int:
    """Publish a draft as it was seen; returns the number of the version.

    Raises:
        NotAllowedError: the actor may not publish.
        NotFoundError: there is no such funnel.
        InvalidError: robots of a stage were compiled into it.
        StaleError: somebody else has saved it meanwhile.
        NotPublishableError: the checks found errors; nothing changed.
    """
    by.require("funnels.publish")
    _require_drawn(key)
    query = (
        select(funnel.c.id, funnel_draft.c.version)
        .outerjoin(funnel_draft, funnel_draft.c.funnel_id == funnel.c.id)
        .where(funnel.c.key == key)
        .with_for_update(of=funnel)
    )
    rows = work.rows(query)
    if not rows:
        raise NotFoundError("funnel", key)
    if (rows[0].version or 0) != seen:
        raise StaleError("funnel", rows[0].id)
    return publish(work, key, by=by)


def apart(document: FunnelDocument) -> tuple[dict[str, Any], dict[str, Spot]]:
    """Return a document without places, as plain values, and the places of its nodes by id."""
    plain = document.plain()
    for node in plain.get("nodes", ()):
        layout = node.get("layout")
        if layout is not None:
            layout.pop("x", None)
            layout.pop("y", None)
            if not layout:
                del node["layout"]
    return plain, {node.id: (node.layout.x, node.layout.y) for node in document.nodes if node.layout is not None}


def together(plain: Mapping[str, Any], positions: Mapping[str, Spot]) -> dict[str, Any]:
    """Return the plain document with the places of its nodes in it; those of nodes that are not there are left out."""
    nodes = []
    for node in plain.get("nodes", ()):
        spot = positions.get(node["id"]) if isinstance(node, dict) and isinstance(node.get("id"), str) else None
        if spot is not None:
            layout = node.get("layout")
            beside = layout if isinstance(layout, dict) else {}
            nodes.append({**node, "layout": {**beside, "x": round(spot[0], 1), "y": round(spot[1], 1)}})
        else:
            nodes.append(node)
    return {**plain, "nodes": nodes}


def _require_drawn(key: str) -> None:
    if key.startswith(ROBOTS):
        raise InvalidError(_l("these are robots of a stage: change them on the stage"))
