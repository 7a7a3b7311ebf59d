"""Runs at rest: read those whose time or event has come, as walkers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import not_, select

from crm.tables.journal import event as event_table
from crm.tables.journal import inbox
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.event import EVENT_KINDS, Event
from engine.match import MAX_DEPTH, awaited
from engine.outcome import Awaited, Happened, Signal, TimedOut
from engine.standing import Arrival, Failure, Standing
from funnels.programs import Programs, programs
from funnels.repair import park
from funnels.tables import MAX_ATTEMPTS, refusal, run, subscription, token
from workers.answered import is_own_answer, with_answers
from workers.halting import halt
from workers.walker import WAITING, Walker


def wake(work: Work, events: Sequence[Event], due: Sequence[int]) -> list[Walker]:
    """Return a walker for each waiting run that one of the events concerns, or that is among ``due``.

    Four queries at most.  The runs are locked; where a person repairs one at this moment, his act is waited for.
    """
    events = with_answers(work, events)
    waits = _waits(work, events)
    run_ids = sorted({*due, *(row.run_id for rows in waits.values() for row in rows)})
    if not run_ids:
        return []
    query = select(run).where(in_set(run.c.id, "runs"), run.c.status == WAITING).order_by(run.c.id).with_for_update()
    rows = work.rows(query, {"runs": run_ids})
    tokens: dict[int, list[Any]] = defaultdict(list)
    for one in work.rows(select(token).where(in_set(token.c.run_id, "runs")).order_by(token.c.id), {"runs": run_ids}):
        tokens[one.run_id].append(one)
    known = programs(work, versions={row.version_id for row in rows})
    event_of = {event.person_id: event for event in events}
    if known.halted and (halted := [row for row in rows if row.funnel_id in known.halted]):
        left_alone = halt(work, halted, tokens, waits, event_of)
        rows = [row for row in rows if row.id not in left_alone]
    early = _early(work, [one for several in tokens.values() for one in several], events, frozenset(due))
    _park_broken(work, known, rows)
    walkers = []
    for row in rows:
        if row.version_id in known.broken:
            continue
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
        _arrive(work, walker, tokens[row.id], waits, event_of.get(row.person_id), early)
        if walker.arrivals:
            walkers.append(walker)
    return walkers


def _park_broken(work: Work, known: Programs, rows: Sequence[Any]) -> None:
    """Let the runs of versions that cannot be read any more stand still."""
    runs: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if row.version_id in known.broken:
            runs[row.version_id].append(row.id)
    for version_id, run_ids in runs.items():
        park(work, run_ids, Failure(0, "version_broken", known.broken[version_id]))


def _waits(work: Work, events: Sequence[Event]) -> dict[int, list[_Awaiting]]:
    """Return the subscriptions that the events may end, by token."""
    if not events:
        return {}
    parameters = {
        "persons": [event.person_id for event in events],
        "kinds": sorted({EVENT_KINDS[event.kind].code for event in events}),
    }
    found: dict[int, list[_Awaiting]] = defaultdict(list)
    for token_id, kind, port, about, data, run_id in work.tuples(_SUBSCRIPTIONS, parameters):
        found[token_id].append(_Awaiting(kind, port, about, json.loads(data) if data is not None else None, run_id))
    return found


class _Awaiting(NamedTuple):
    """A subscription that an event may end: the code of its kind, the port it leads to, whom it is about, what it must hold."""

    kind: int
    port: str
    about: str
    data: Any
    run_id: int


_SUBSCRIPTIONS = (
    select(
        subscription.c.token_id,
        subscription.c.kind,
        subscription.c.port,
        subscription.c.about,
        subscription.c.data,
        token.c.run_id,
    )
    .join(token, token.c.id == subscription.c.token_id)
    .where(in_set(subscription.c.person_id, "persons"), in_set(subscription.c.kind, "kinds"))
    .order_by(subscription.c.id)
)


def _arrive(
    work: Work,
    walker: Walker,
    tokens: Sequence[Any],
    waits: dict[int, list[_Awaiting]],
    event: Event | None,
    early: frozenset[int],
) -> None:
    """Let the tokens arrive whose rest is over, each with its signal; the others go on resting."""
    arrivals: list[Arrival] = []
    taken: list[int] = []
    left: list[int] = []
    resting: list[int] = []
    staying: dict[int, int] = {}
    for one in tokens:
        is_due = one.due_at is not None and one.due_at <= work.now
        signal = _signal(work, walker, one, waits.get(one.id, ()), event, is_early=one.id in early)
        if signal is None and not (is_due and one.is_arriving):
            staying[one.id] = one.node
            resting.append(one.node)
            continue
        arrivals.append(Arrival(one.node, signal, one.due_at))
        taken.append(one.id)
        left.append(one.node)
    walker.arrivals = tuple(arrivals)
    walker.tokens = staying
    walker.taken = tuple(taken)
    walker.left_nodes = tuple(left)
    walker.standing = Standing(walker.standing.visits, walker.standing.joined, tuple(resting))


def _signal(
    work: Work, walker: Walker, one: Any, waits: Sequence[Any], event: Event | None, *, is_early: bool
) -> Signal | None:
    """Return why a token's rest is over, ``None`` where it is not: of event and moment, the earlier one ends it.

    ``is_early`` says that events of the person are in the inbox still, which may have come before the moment.
    """
    is_due = one.due_at is not None and one.due_at <= work.now
    is_first = is_due and event is not None and one.due_at < event.occurred_at
    if is_due and one.node in walker.signals:
        return walker.signals.pop(one.node)
    if one.is_arriving:
        return None
    if event is not None and waits and not is_first:
        options = [
            Awaited(event.kind, row.port, row.data, row.about)
            for row in waits
            if row.kind == EVENT_KINDS[event.kind].code
        ]
        ends = awaited(options, event, deal_id=walker.deal_id)
        is_own = is_own_answer(event, walker.run_id)
        if ends is not None and event.depth >= MAX_DEPTH and not is_own:
            _refuse(work, walker, one.node, event)
        elif ends is not None:
            if not is_own:
                walker.woken_by(event)
            return Happened(event, ends.port)
    return TimedOut() if is_due and (is_first or not is_early) else None


def _early(work: Work, tokens: Sequence[Any], events: Sequence[Event], due: frozenset[int]) -> frozenset[int]:
    """Return the tokens whose moment has come, but who also wait for events and whose person has some in the inbox still.

    The claim has seen to the only token of a run that is due; for others it takes a query.
    """
    timed = [one for one in tokens if one.due_at is not None and one.due_at <= work.now and not one.is_arriving]
    of_run: dict[int, int] = defaultdict(int)
    for one in timed:
        of_run[one.run_id] += 1
    asked = [one.id for one in timed if one.run_id not in due or of_run[one.run_id] > 1]
    if not asked:
        return frozenset()
    return frozenset(row.id for row in work.rows(_EARLY, {"tokens": asked, "events": [event.id for event in events]}))


_EARLY = select(token.c.id).where(
    in_set(token.c.id, "tokens"),
    select(subscription.c.id).where(subscription.c.token_id == token.c.id).exists(),
    select(event_table.c.id)
    .join(inbox, inbox.c.event_id == event_table.c.id)
    .where(
        event_table.c.person_id == token.c.person_id,
        inbox.c.attempts < MAX_ATTEMPTS,
        not_(in_set(event_table.c.id, "events")),
    )
    .exists(),
)


def _refuse(work: Work, walker: Walker, node: int, event: Event) -> None:
    """Note that an event ended no wait, because too many funnels stand behind it."""
    why = f"{event.depth} funnels stand behind the event, the limit is {MAX_DEPTH}"
    columns = ("event_id", "funnel_id", "version_id", "node", "person_id", "at", "code", "reason")
    place = (event.id, walker.of.funnel_id, walker.of.version_id, node, walker.person_id, work.now)
    work.insert(refusal, columns, [(*place, "too_deep", dumps({"message": why}))])
