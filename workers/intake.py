"""Intake: events held against triggers and waits.  What fits becomes walkers; what does not leaves its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from blocks.trigger_stage_left import StageLeft
from crm.access.actor import SYSTEM
from crm.conditions.facts import Subject, load
from crm.directory import directory
from crm.tasks.changes import set_awaited_deadlines
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES, Event, SubjectKind
from engine.facts import Facts, Record
from engine.match import NotMatched, match, told
from engine.text import LazyText, _l
from funnels.programs import Programs, Start
from funnels.repair import end
from funnels.tables import refusal, run
from workers.changes import CHANGES, changes_of
from workers.walker import COMPLETED, Walker

_REFUSAL = ("event_id", "funnel_id", "version_id", "node", "person_id", "at", "code", "reason")


def start(work: Work, events: Sequence[Event], known: Programs) -> list[Walker]:
    """Return a walker for each run that the events start, in the order of the events.

    A fixed number of queries.  Refusals are stored with their first failing condition.
    """
    if not events:
        return []
    set_awaited_deadlines(work, events)
    events = _with_funnels(work, events, known)
    candidates = [
        (event, one)
        for event in events
        for one in known.by_kind.get(EVENT_KINDS[event.kind].code, ())
        if may_fit(event, one)
    ]
    if not candidates:
        return []
    places = {event.id: subject_of(event) for event, _ in candidates}
    subjects = {event.id: _subject(event, *places[event.id]) for event, _ in candidates}
    wanted = {id(one.of.program): one.of.program for _, one in candidates}.values()
    facts = _facts(work, subjects, wanted)
    settings = directory(work)
    for event in events:
        if event.kind in CHANGES and event.id in facts and (changed := changes_of(settings, event)):
            facts[event.id] = facts[event.id].with_records({"changed": changed})
    matched: list[tuple[Event, Start, Facts]] = []
    refused: list[tuple[object, ...]] = []
    now = work.now
    for event, one in candidates:
        seen = facts[event.id]
        why = match(one.of.program, one.node, event, seen, now)
        if why is None and not one.closed:
            matched.append((event, one, seen))
        elif why is None:
            refused.append(_refused(work, event, one, NotMatched(one.closed, f"the funnel is {one.closed}")))
        else:
            refused.append(_refused(work, event, one, why))
    walkers = _enrol(work, matched, places, refused)
    work.insert(refusal, _REFUSAL, refused)
    return walkers


def may_fit(event: Event, one: Start) -> bool:
    """False where plan, form, webhook, stage or funnel are others: never meant for the trigger, they leave no refusal."""
    data = event.data
    if "only" in data and data["only"] != one.of.program.funnel:
        return False
    if one.only is not None and data.get(one.narrows) != one.only:
        return False
    if not one.stages:
        return True
    if isinstance(one.node.block, StageLeft):
        return event.data.get("from") in one.stages
    skipped = event.data.get("skipped")
    return not one.stages.isdisjoint({event.data.get("stage"), *(skipped if isinstance(skipped, list) else ())})


def _with_funnels(work: Work, events: Sequence[Event], known: Programs) -> list[Event]:
    """Name the funnel behind each event that a run caused.  One query where there are such."""
    runs = [int(event.funnel) for event in events if event.funnel is not None]
    if not runs:
        return list(events)
    query = select(run.c.id, run.c.funnel_id).where(in_set(run.c.id, "runs"))
    funnel_of = {row.id: known.keys.get(row.funnel_id) for row in work.rows(query, {"runs": runs})}
    return [event._replace(funnel=funnel_of.get(int(event.funnel))) if event.funnel else event for event in events]


def _subject(event: Event, kind: SubjectKind, record_id: int) -> Subject:
    if kind == "deal":
        return Subject(event.person_id, None, record_id)
    return Subject(event.person_id, record_id if kind == "lead" else None)


def subject_of(event: Event) -> tuple[SubjectKind, int]:
    """Return the record whose walk an event starts: its subject, or the one named in the event itself."""
    target, record_id = event.data.get("target"), event.data.get("id")
    if target in ("lead", "deal") and isinstance(record_id, int):
        return ("deal" if target == "deal" else "lead"), record_id
    return event.subject_kind, event.subject_id


def _facts(work: Work, subjects: Mapping[int, Subject], wanted: Iterable[Any]) -> dict[int, Facts]:
    programs_ = tuple(wanted)
    records = frozenset[str]().union(*(program.records for program in programs_))
    paths = frozenset[str]().union(*(program.paths for program in programs_))
    return dict(zip(subjects, load(work, list(subjects.values()), records=records, paths=paths), strict=True))


def _refused(work: Work, event: Event, one: Start, why: NotMatched) -> tuple[object, ...]:
    reason: dict[str, object] = {"message": str(why.message)}
    if isinstance(why.message, LazyText):
        reason["text"] = [why.message.msgid, dict(why.message.params)]
    if why.reason is not None:
        failing = why.reason.first_failing()
        reason["first"] = failing.plain() if failing is not None else None
        reason["condition"] = why.reason.plain()
    return (
        event.id,
        one.of.funnel_id,
        one.of.version_id,
        one.node.number,
        event.person_id,
        work.now,
        why.code,
        dumps(reason),
    )


def _enrol(
    work: Work,
    matched: Sequence[tuple[Event, Start, Facts]],
    places: Mapping[int, tuple[SubjectKind, int]],
    refused: list[tuple[object, ...]],
) -> list[Walker]:
    """Make runs of what matched, as far as each trigger lets its subjects come back.  At most two queries.

    ``places`` are the records whose walks the events start, by event.
    """
    if not matched:
        return []
    held = _held(work, matched, places)
    recent = _recent(work, matched)
    trigger_of = _Told()
    walkers: list[Walker] = []
    run_ids = iter(work.ids("run", len(matched)))
    replaced: list[tuple[int, int, int]] = []
    started: set[tuple[int, int, int]] = set()
    for event, one, facts in matched:
        trigger = one.trigger
        kind, subject_id = places[event.id]
        enrolment = trigger.enrolment
        place = (one.of.funnel_id, SUBJECT_CODES[kind], subject_id)
        enrol_key = event.id if enrolment == "parallel" else 0
        if place in started:
            refused.append(
                _refused(work, event, one, NotMatched("enrolled", _l("another trigger has just started it")))
            )
            continue
        is_inside = held.get(place) if held else None
        if is_inside is not None and enrol_key == 0:
            if enrolment == "once" or (is_inside and enrolment == "one_at_a_time"):
                why = _l("it is in the funnel already") if is_inside else _l("it was in the funnel before")
                refused.append(_refused(work, event, one, NotMatched("enrolled", why)))
                continue
            if not is_inside:  # an earlier version let it in only once, and its place is kept
                enrol_key = event.id
        last = recent.get(place) if recent else None
        if last is not None and trigger.cooldown is not None:
            again = trigger.cooldown.after(last, directory(work).calendar)
            if again > work.now:
                why = _l("not again before {moment}", moment=f"{again:%Y-%m-%d %H:%M}")
                refused.append(_refused(work, event, one, NotMatched("cooldown", why)))
                continue
        if is_inside and enrolment == "restart":
            replaced.append(place)
        started.add(place)
        walker = Walker(
            next(run_ids),
            one.of,
            event.person_id,
            place[1],
            subject_id,
            is_new=True,
            depth=event.depth,
            event_id=event.id,
            enrol_key=enrol_key,
        )
        walker.keeps_enrolment = enrolment == "once"
        if kind == "lead":
            walker.lead_id = subject_id
        else:
            walker.lead_id = _id(facts.records.get("deal"), "lead_id")
            walker.deal_id = subject_id if kind == "deal" else None
        walker.trigger, walker.begun, walker.arrivals = trigger_of(event), one.steps, one.arrivals
        if "changed" in facts.records:
            walker.changed = facts.records["changed"]
        if one.of.program.tracks_visits:
            walker.visited = frozenset({one.node.id})
        walker.see(facts)
        walkers.append(walker)
    _end_replaced(work, replaced)
    return walkers


def _end_replaced(work: Work, places: Sequence[tuple[int, int, int]]) -> None:
    """End the runs whose subjects start anew."""
    if not places:
        return
    query = select(run.c.id, run.c.funnel_id, run.c.subject_kind, run.c.subject_id).where(
        in_set(run.c.funnel_id, "funnels"), in_set(run.c.subject_id, "subjects"), run.c.enrol_key.is_not(None), _LIVE
    )
    parameters = {"funnels": sorted({place[0] for place in places}), "subjects": [place[2] for place in places]}
    old = [
        row.id for row in work.rows(query, parameters) if (row.funnel_id, row.subject_kind, row.subject_id) in places
    ]
    end(work, old, by=SYSTEM)
    work.memo.setdefault("replaced_runs", set()).update(old)


class _Told:
    """What events tell, once for all that tell the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Record] = {}

    def __call__(self, event: Event) -> Record:
        place = (id(event.data), event.kind, event.origin, event.occurred_at)  # the claim reads equal data once
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = told(event)
        return known


def _id(record: Mapping[str, object] | None, key: str) -> int | None:
    value = record.get(key) if record is not None else None
    return value if isinstance(value, int) else None


_LIVE = run.c.status < COMPLETED


def _held(
    work: Work, matched: Sequence[tuple[Event, Start, Facts]], places: Mapping[int, tuple[SubjectKind, int]]
) -> dict[tuple[int, int, int], bool]:
    """Return (funnel, subject kind, subject) of those who are, or were, in a funnel that minds; true for who still is."""
    funnels = sorted({one.of.funnel_id for _, one, _ in matched})
    subjects = [places[event.id][1] for event, _, _ in matched]
    rows = work.tuples(_INSIDE, {"funnels": funnels, "subjects": subjects})
    return {(funnel_id, kind, subject_id): status < COMPLETED for funnel_id, kind, subject_id, status in rows}


_INSIDE = (
    select(run.c.funnel_id, run.c.subject_kind, run.c.subject_id, func.min(run.c.status))
    .where(in_set(run.c.funnel_id, "funnels"), in_set(run.c.subject_id, "subjects"), run.c.enrol_key.is_not(None))
    .group_by(run.c.funnel_id, run.c.subject_kind, run.c.subject_id)
)


def _recent(work: Work, matched: Sequence[tuple[Event, Start, Facts]]) -> dict[tuple[int, int, int], Any]:
    """Return when each subject's last run of a funnel started, for triggers with a cooldown."""
    cooling = [(event, one) for event, one, _ in matched if one.trigger.cooldown]
    if not cooling:
        return {}
    query = (
        select(run.c.funnel_id, run.c.subject_kind, run.c.subject_id, func.max(run.c.started_at))
        .where(in_set(run.c.person_id, "persons"), in_set(run.c.funnel_id, "funnels"))
        .group_by(run.c.funnel_id, run.c.subject_kind, run.c.subject_id)
    )
    parameters = {
        "persons": [event.person_id for event, _ in cooling],
        "funnels": sorted({one.of.funnel_id for _, one in cooling}),
    }
    return {(row[0], row[1], row[2]): row[3] for row in work.rows(query, parameters)}
