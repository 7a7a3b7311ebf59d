"""Runs at rest: read those whose time or event has come, as walkers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from db.sets import in_set
from db.work import Work
from engine.event import EVENT_KINDS, Event
from engine.match import awaited
from engine.outcome import Awaited, Happened, Signal, TimedOut
from engine.standing import Arrival, Standing
from funnels.programs import programs
from funnels.tables import run, subscription, token
from workers.walker import WAITING, Walker


def wake(work: Work, events: Sequence[Event], due: Sequence[int]) -> list[Walker]:
    """Return a walker for each waiting run that one of the events concerns, or that is among ``due``.

    Three queries at most.  The runs are locked; those that people act on at this moment are left for the next batch.
    """
    waits = _waits(work, events)
    run_ids = sorted({*due, *(row.run_id for rows in waits.values() for row in rows)})
    if not run_ids:
        return []
    query = (
        select(run)
        .where(in_set(run.c.id, "runs"), run.c.status == WAITING)
        .order_by(run.c.id)
        .with_for_update(skip_locked=True)
    )
    rows = work.rows(query, {"runs": run_ids})
    tokens: dict[int, list[Any]] = defaultdict(list)
    for one in work.rows(select(token).where(in_set(token.c.run_id, "runs")).order_by(token.c.id), {"runs": run_ids}):
        tokens[one.run_id].append(one)
    known = programs(work, versions={row.version_id for row in rows})
    event_of = {event.person_id: event for event in events}
    walkers = []
    for row in rows:
        walker = Walker(
            row.id,
            known.by_version[row.version_id],
            row.person_id,
            row.subject_kind,
            row.subject_id,
            is_new=False,
            depth=row.depth,
            fence=row.fence + 1,
            event_id=row.event_id,
            enrol_key=row.enrol_key,
        )
        walker.remember(row.state)
        _arrive(work, walker, tokens[row.id], waits, event_of.get(row.person_id))
        if walker.arrivals:
            walkers.append(walker)
    return walkers


def _waits(work: Work, events: Sequence[Event]) -> dict[int, list[Any]]:
    """Return the subscriptions that the events may end, by token."""
    if not events:
        return {}
    query = (
        select(subscription, token.c.run_id)
        .join(token, token.c.id == subscription.c.token_id)
        .where(in_set(subscription.c.person_id, "persons"), in_set(subscription.c.kind, "kinds"))
        .order_by(subscription.c.id)
    )
    parameters = {
        "persons": [event.person_id for event in events],
        "kinds": sorted({EVENT_KINDS[event.kind].code for event in events}),
    }
    found: dict[int, list[Any]] = defaultdict(list)
    for row in work.rows(query, parameters):
        found[row.token_id].append(row)
    return found


def _arrive(
    work: Work, walker: Walker, tokens: Sequence[Any], waits: dict[int, list[Any]], event: Event | None
) -> None:
    """Let the tokens arrive whose rest is over, each with its signal; the others go on resting."""
    arrivals: list[Arrival] = []
    taken: list[int] = []
    left: list[int] = []
    resting: list[int] = []
    for one in tokens:
        signal = _signal(work, walker, one, waits.get(one.id, ()), event)
        is_due = one.due_at is not None and one.due_at <= work.now
        if signal is None and not (is_due and one.is_arriving):
            walker.tokens[one.id] = one.node
            resting.append(one.node)
            continue
        arrivals.append(Arrival(one.node, signal, one.due_at))
        taken.append(one.id)
        left.append(one.node)
    walker.arrivals = tuple(arrivals)
    walker.taken = tuple(taken)
    walker.left_nodes = tuple(left)
    walker.standing = Standing(walker.standing.visits, walker.standing.joined, tuple(resting))


def _signal(work: Work, walker: Walker, one: Any, waits: Sequence[Any], event: Event | None) -> Signal | None:
    """Return why a token's rest is over, ``None`` where it is not: of event and moment, the earlier one ends it."""
    if one.is_arriving:
        return None
    is_due = one.due_at is not None and one.due_at <= work.now
    if event is not None and waits and not (is_due and one.due_at < event.occurred_at):
        options = [
            Awaited(event.kind, row.port, row.data, row.about)
            for row in waits
            if row.kind == EVENT_KINDS[event.kind].code
        ]
        ends = awaited(options, event, deal_id=walker.deal_id)
        if ends is not None:
            return Happened(event, ends.port)
    return TimedOut() if is_due else None
