"""Runs of funnels that were paused or stopped: their time has come, or their event, and they walk no further."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from crm.access.actor import SYSTEM
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES, Event
from engine.match import MAX_DEPTH, awaited
from engine.outcome import Awaited
from funnels.repair import end
from funnels.tables import funnel, run, token


def halt(
    work: Work,
    rows: Sequence[Any],
    tokens: Mapping[int, Sequence[Any]],
    waits: Mapping[int, Sequence[Any]],
    event_of: Mapping[int, Event],
) -> frozenset[int]:
    """Put aside the runs of paused funnels, end those of stopped ones, and return the ids of both.

    A paused run keeps its dates, and an event that ends its wait is kept for when it goes on.  Where the funnel was let go on
    meanwhile, the run is left to the walk.  A fixed number of statements; the runs are locked already.
    """
    query = select(funnel.c.id, funnel.c.state).where(in_set(funnel.c.id, "funnels")).order_by(funnel.c.id)
    wanted = {"funnels": sorted({row.funnel_id for row in rows})}
    state_of = {row.id: row.state for row in work.rows(query.with_for_update(read=True), wanted)}
    end(work, stopped := [row.id for row in rows if state_of[row.funnel_id] == "stopped"], by=SYSTEM)
    paused = [row for row in rows if state_of[row.funnel_id] == "paused"]
    held: list[tuple[object, ...]] = []
    remembered: list[tuple[object, ...]] = []
    for row in paused:
        happened: dict[str, tuple[str, Event]] = {}
        state = json.loads(row.state or "{}")
        for one in tokens[row.id]:
            due_at = one.due_at or one.held_due_at
            port = _port(row, state, one, waits.get(one.id, ()), event_of.get(row.person_id))
            if port and str(one.node) not in state.get("happened", {}):
                happened[str(one.node)] = (port, event_of[row.person_id])
                due_at = work.now
            if due_at != one.held_due_at or one.due_at is not None:
                held.append((one.id, None, due_at))
        if happened:
            state["happened"] = {**state.get("happened", {}), **happened}
            remembered.append((row.id, dumps(state)))
    work.update(token, ("id",), ("due_at", "held_due_at"), held)
    work.update(run, ("id",), ("state",), remembered)
    return frozenset([*stopped, *(row.id for row in paused)])


def _port(row: Any, state: Mapping[str, Any], one: Any, waits: Sequence[Any], event: Event | None) -> str:
    """Return the way out that an event opens to a token at rest; empty where it ends no wait, or time was up before it."""
    due_at = one.due_at or one.held_due_at
    if event is None or one.is_arriving or event.depth >= MAX_DEPTH or (due_at and due_at < event.occurred_at):
        return ""
    options = [
        Awaited(event.kind, wait.port, wait.data, wait.about)
        for wait in waits
        if wait.kind == EVENT_KINDS[event.kind].code
    ]
    deal_id = row.subject_id if row.subject_kind == SUBJECT_CODES["deal"] else state.get("deal")
    ends = awaited(options, event, deal_id=deal_id)
    return ends.port if ends is not None else ""
