"""The versions of a funnel: when, by whom, and what each changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import EVERYTHING, Viewer
from crm.directory import directory
from crm.errors import NotFoundError
from db.work import Work
from engine.document import FunnelDocument
from funnels.listing import actor_name
from funnels.seeing import find_funnel
from funnels.tables import funnel_version

MOST_VERSIONS: Final = 50
_ASIDE = frozenset({"layout"})


@dataclass(frozen=True, slots=True)
class Changes:
    """What one document changed against another: ids of nodes, and how many lines came or went."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    lines: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.lines)


@dataclass(frozen=True, slots=True)
class Version:
    """A published version, or the draft (number 0).  ``changes`` is ``None`` for the first; ``note`` is what its author said."""

    number: int
    published_at: datetime | None
    published_by: str
    is_current: bool
    changes: Changes | None
    note: str = ""


def versions(work: Work, key: str, *, viewer: Viewer) -> tuple[Version, ...]:
    """Return the newest ``MOST_VERSIONS`` versions, the newest first; before them the draft, where it differs.  Three queries.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    settings = directory(work)
    columns = (
        funnel_version.c.id,
        funnel_version.c.number,
        funnel_version.c.document,
        funnel_version.c.published_at,
        funnel_version.c.published_by,
        funnel_version.c.note,
    )
    query = select(*columns).where(funnel_version.c.funnel_id == row.id).order_by(funnel_version.c.number.desc())
    rows = work.rows(query.limit(MOST_VERSIONS + 1))
    found = []
    for place, one in enumerate(rows[:MOST_VERSIONS]):
        before = rows[place + 1].document if place + 1 < len(rows) else None
        changes = compare(before, one.document) if before is not None else None
        by = actor_name(settings, one.published_by)
        found.append(Version(one.number, one.published_at, by, one.id == row.version_id, changes, one.note or ""))
    if not rows:
        return (Version(0, None, "", False, None),)
    draft = compare(rows[0].document, row.draft)
    return (Version(0, None, "", False, draft), *found) if draft else tuple(found)


def document_of(work: Work, key: str, number: int | None, *, viewer: Viewer) -> FunnelDocument:
    """Return a version of a funnel; ``None`` is the published one, the draft where there is none, and 0 the draft.

    Raises:
        NotFoundError: there is no such funnel, or it has no such version.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    wanted = funnel_version.c.id == row.version_id if number is None else funnel_version.c.number == number
    if number == 0 or (number is None and row.version_id is None):
        return FunnelDocument.model_validate(row.draft)
    found = work.scalar(select(funnel_version.c.document).where(funnel_version.c.funnel_id == row.id, wanted))
    if found is None:
        raise NotFoundError("version", number)
    return FunnelDocument.model_validate(found)


def compared_with(
    work: Work, document: FunnelDocument, number: int | None, *, viewer: Viewer = EVERYTHING
) -> FunnelDocument:
    """Return what a document is compared with: a version as ``document_of`` finds it; one without nodes for a new funnel."""
    try:
        return document_of(work, document.key, number, viewer=viewer)
    except NotFoundError:
        if number:
            raise
        return document.model_copy(update={"nodes": (), "edges": ()})


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Return what changed from one plain document to another; where nodes are drawn does not count."""
    old, new = _nodes(before), _nodes(after)
    return Changes(
        tuple(one for one in new if one not in old),
        tuple(one for one in old if one not in new),
        tuple(one for one in new if one in old and new[one] != old[one]),
        len(_lines(before) ^ _lines(after)),
    )


def _nodes(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        node["id"]: {name: value for name, value in node.items() if name not in _ASIDE}
        for node in document.get("nodes", ())
    }


def _lines(document: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return {(edge["from"], edge.get("port", "next"), edge["to"]) for edge in document.get("edges", ())}
