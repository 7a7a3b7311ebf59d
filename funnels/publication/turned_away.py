"""Who was turned away while a funnel was paused or draining, and would have come in: let in once it is open again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from blocks.trigger_manual_start import ManualStart
from crm.access.actor import Actor, Viewer
from crm.errors import InvalidError
from crm.tables.journal import event
from db.work import Work
from engine.document import FunnelDocument
from engine.event import EVENT_KINDS, KIND_BY_CODE
from engine.text import _l
from funnels.errors import FunnelNotFoundError
from funnels.jobs import RIGHT
from funnels.mass_starts import MassStart, NewMassStart, ask
from funnels.publication.choices_for_people import ALL_STAY
from funnels.publication.publishing import publish_as_planned, save_draft
from funnels.publication.retroactive import with_buttons
from funnels.refusals import DAYS
from funnels.seeing import find_funnel
from funnels.starting import Kind
from funnels.tables import funnel, funnel_version, refusal, run
from funnels.words.reading import block_of

MOST: Final = 5_000
"""So many refusals are looked at, the newest."""
_CLOSED: Final = ("paused", "draining")
_BY_HAND: Final = EVENT_KINDS["manual.start"].code


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Leads or deals that a trigger (its id) would have let in, had the funnel not been closed."""

    node: str
    kind: Kind
    ids: tuple[int, ...]


def turned_away(work: Work, key: str, *, viewer: Viewer) -> tuple[TurnedAway, ...]:
    """Return who was turned away in the last days and has not come in since, by trigger.  Two queries.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    return _turned_away(work, find_funnel(work, key, viewer))


def let_in(work: Work, key: str, *, per_minute: int, sample: int, label: str, by: Actor) -> list[MassStart]:
    """Let those in who were turned away, by a mass start for each trigger: so many a minute, a ``sample`` first (0: none).

    Where nobody was, nothing happens.

    For that what is in use, and the draft, get a trigger “Started by hand” with this ``label`` beside the one that is meant,
    unless there is one that leads to the same node; nothing else changes, and everybody inside stays where he is.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        InvalidError: the funnel lets nobody in, or a rate or a sample cannot be.
        NotAllowedError: the actor may not publish, or not start many.
        NotPublishableError: what is in use would not be published any more; nothing changed.
    """
    by.require("funnels.edit")
    by.require("funnels.publish")
    by.require(RIGHT)
    rows = work.rows(select(funnel).where(funnel.c.key == key).with_for_update())
    if not rows:
        raise FunnelNotFoundError(key)
    row = rows[0]
    if row.state != "published":
        raise InvalidError(_l("the funnel lets nobody in: let it go on first"))
    several = _turned_away(work, row)
    used = FunnelDocument.model_validate(
        work.scalar(select(funnel_version.c.document).where(funnel_version.c.id == row.version_id))
    )
    wanted = [one for one in several if any(edge.source == one.node for edge in used.edges)]
    if not wanted:
        return []
    labels = _labels(used)
    lacking = [one.node for one in wanted if one.node not in labels]
    document, made = with_buttons(used, dict.fromkeys(lacking), label, keeps_condition=False)
    if document != used:
        draft = FunnelDocument.model_validate(row.draft)
        save_draft(work, document, by=by)
        publish_as_planned(work, key, ALL_STAY, by=by, note=label, despite_tests=True)
        there = {node.id for node in draft.nodes} & {edge.source for edge in draft.edges}
        mine = dict.fromkeys(one for one in lacking if one in there)
        save_draft(
            work, document if draft == used else with_buttons(draft, mine, label, keeps_condition=False)[0], by=by
        )
    labels.update(made)
    return [
        ask(work, NewMassStart(key, one.kind, None, per_minute, sample, labels[one.node], one.ids), by=by)
        for one in wanted
    ]


def _labels(document: FunnelDocument) -> dict[str, str]:
    """Return the buttons that triggers are themselves."""
    found = {node.id: block_of(node) for node in document.nodes}
    return {name: block.label for name, block in found.items() if isinstance(block, ManualStart)}


def _turned_away(work: Work, row: Any) -> tuple[TurnedAway, ...]:
    newest = (
        select(refusal.c.event_id, refusal.c.node, refusal.c.person_id, refusal.c.at)
        .where(refusal.c.funnel_id == row.id, refusal.c.at >= work.now - timedelta(days=DAYS))
        .where(refusal.c.code.in_(_CLOSED))
        .order_by(refusal.c.at.desc(), refusal.c.id.desc())
        .limit(MOST)
        .subquery()
    )
    came = select(run.c.id).where(
        run.c.person_id == newest.c.person_id, run.c.funnel_id == row.id, run.c.started_at >= newest.c.at
    )
    query = (
        select(newest.c.node, event.c.kind, event.c.subject_id, event.c.data)
        .join(event, event.c.id == newest.c.event_id)
        .where(~came.exists())
    )
    names: Mapping[int, str] = {number: name for name, number in row.numbers.items()}
    found: dict[tuple[str, Kind], set[int]] = {}
    for one in work.rows(query):
        whom = _record(one)
        if whom is not None and one.node in names:
            found.setdefault((names[one.node], whom[0]), set()).add(whom[1])
    return tuple(TurnedAway(node, kind, tuple(sorted(ids))) for (node, kind), ids in sorted(found.items()))


def _record(row: Any) -> tuple[Kind, int] | None:
    if row.kind == _BY_HAND:
        data = json.loads(row.data or "{}") if isinstance(row.data, str) else row.data or {}
        return (data["target"], data["id"]) if data.get("target") in ("lead", "deal") else None
    kind = KIND_BY_CODE[row.kind].subject
    return (kind, row.subject_id) if kind in ("lead", "deal") else None
