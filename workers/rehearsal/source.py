"""What a rehearsal takes from the real company: one look at it, in a transaction that can write nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select

from crm.access.actor import ActorKind
from crm.directory import directory
from crm.people.persons import survivors
from crm.tables.journal import event
from crm.tables.records import company, deal_product, person, record_tag, task
from db.sets import in_set
from db.work import Work
from engine.event import EVENT_KINDS, KIND_BY_CODE, SUBJECT_KINDS, Event
from funnels.programs import Programs
from funnels.rehearsals.looking import first_event
from funnels.tables import run
from workers.intake import may_fit
from workers.rehearsal.past import TABLES, Happened, Past

_SLACK: Final = timedelta(hours=1)
"""A transaction that took so long at most may have noted an event beside younger ones."""


@dataclass(slots=True)
class Taken:
    """What was taken: whom it is about, the records as they were, what happened since, who had been in the funnel before.

    ``latest`` is, for each person and kind of event, when it last happened before; only where the funnel asks for it.
    """

    persons: list[int]
    past: Past
    events: list[Happened]
    matching: int
    products: list[Mapping[str, Any]]
    earlier: list[Mapping[str, Any]]
    latest: list[tuple[int, int, datetime]]


def take(
    real: Work,
    known: Programs,
    funnel_id: int | None,
    start: datetime,
    end: datetime,
    *,
    limit: int | None = None,
    persons: Sequence[int] | None = None,
) -> Taken:
    """Take from the real company what concerns those for whom the funnel's triggers were asked from ``start`` until ``end``.

    ``known`` are the programs of the world.  ``limit`` takes the first so many events only, ``persons`` these people only.  A
    fixed number of queries, whatever the number of people.
    """
    first = first_event(real, start - _SLACK)
    if persons is not None:
        persons = sorted(_same(real, persons))
    starting = _starting(real, known, first, start, end, persons)
    chosen = starting[:limit] if limit is not None else starting
    same = _same(real, {one.person_id for one in chosen})
    people = sorted(set(same.values()))
    past = Past(directory(real))
    events = _events(real, same, first, start, funnel_id)
    products = _records(real, past, people, start)
    past.take_back(events)
    for row in past.rows.values():  # who was made one with another since was there by himself
        if row.get("merged_into_id") is not None:
            row["merged_into_id"] = None
            row["archived_at"] = None
    wants_latest = any("event" in one.program.records for one in known.by_version.values())
    return Taken(
        people,
        past,
        [one for one in events if one.occurred_at < end],
        len(starting),
        products,
        _earlier(real, people, funnel_id, start) if funnel_id is not None else [],
        _latest(real, people, start) if wants_latest else [],
    )


def _same(real: Work, people: Collection[int]) -> dict[int, int]:
    """Return who each of these people is by now, with all who were made one with them: one person from the beginning on."""
    ends = survivors(real, sorted(people))
    query = select(person.c.id, person.c.merged_into_id).where(in_set(person.c.merged_into_id, "persons"))
    gone = {row.id: row.merged_into_id for row in real.rows(query, {"persons": sorted(set(ends.values()))})}
    return {**gone, **ends, **{one: one for one in ends.values()}}


def _starting(
    real: Work, known: Programs, first: int, start: datetime, end: datetime, persons: Sequence[int] | None
) -> list[Happened]:
    """Return the events that the funnel's triggers are asked about, in the order in which they happened."""
    query = select(*_COLUMNS).where(
        event.c.id >= first,
        event.c.occurred_at >= start,
        event.c.occurred_at < end,
        in_set(event.c.kind, "kinds", sorted(known.by_kind)),
    )
    if persons is not None:
        query = query.where(in_set(event.c.person_id, "persons", list(persons)))
    found = []
    for one in _read(real.rows(query.order_by(event.c.occurred_at, event.c.id))):
        seen = Event(
            one.id,
            one.kind,
            one.person_id,
            EVENT_KINDS[one.kind].subject,
            one.subject_id,
            one.data,
            one.occurred_at,
            one.depth,
        )
        if any(may_fit(seen, start_) for start_ in known.by_kind[EVENT_KINDS[one.kind].code]):
            found.append(one)
    return found


_COLUMNS = (
    event.c.id,
    event.c.kind,
    event.c.person_id,
    event.c.subject_id,
    event.c.caused_by,
    event.c.depth,
    event.c.occurred_at,
    event.c.data,
)


def _read(rows: Iterable[Any], own: frozenset[int] = frozenset()) -> list[Happened]:
    known: dict[str, Mapping[str, Any]] = {}
    found = []
    for id_, kind, person_id, subject_id, caused_by, depth, occurred_at, text in rows:
        data = known.get(text)
        if data is None:
            data = known[text] = json.loads(text)
        name = KIND_BY_CODE[kind].name
        is_own = caused_by in own or (name in _ANSWERS and data.get("run", 0) * 16 + ActorKind.RUN in own)
        found.append(Happened(id_, name, person_id, subject_id, caused_by, depth, occurred_at, text, data, is_own))
    return found


_ANSWERS = frozenset({"message.sent", "message.failed", "http.answered", "run.parked", "run.repaired"})


def _events(real: Work, same: Mapping[int, int], first: int, start: datetime, funnel_id: int | None) -> list[Happened]:
    """Return all that happened to people since ``start``, in the order of the journal, and whether the funnel did it itself."""
    people = sorted(same)
    query = select(*_COLUMNS).where(
        event.c.id >= first, event.c.occurred_at >= start, in_set(event.c.person_id, "persons")
    )
    rows = real.rows(query.order_by(event.c.occurred_at, event.c.id), {"persons": people})
    own: frozenset[int] = frozenset()
    if funnel_id is not None:
        mine = select(run.c.id).where(in_set(run.c.person_id, "persons"), run.c.funnel_id == funnel_id)
        own = frozenset(row.id * 16 + ActorKind.RUN for row in real.rows(mine, {"persons": people}))
    return [
        one if same[one.person_id] == one.person_id else replace(one, person_id=same[one.person_id])
        for one in _read(rows, own)
    ]


def _records(real: Work, past: Past, people: Sequence[int], start: datetime) -> list[Mapping[str, Any]]:
    """Read what people have now into ``past``, and return the products of their deals."""
    for kind, table in TABLES.items():
        if kind == "company":
            continue
        key = table.c.id if kind == "person" else table.c.person_id
        query = select(table).where(in_set(key, "persons"))
        if kind == "task":  # those that were done before are as if they had never been
            query = query.where(or_(task.c.status == 0, task.c.created_at >= start, task.c.ended_at >= start))
        past.add(kind, [row._mapping for row in real.rows(query, {"persons": people})])
    companies = sorted({row["company_id"] for row in past.rows.values() if row.get("company_id") is not None})
    past.add(
        "company",
        [row._mapping for row in real.rows(select(company).where(in_set(company.c.id, "ids")), {"ids": companies})],
    )
    ids = sorted({id_ for kind, id_ in past.rows if kind not in ("person", "task")})
    for row in real.rows(select(record_tag).where(in_set(record_tag.c.record_id, "ids")), {"ids": ids}):
        place = (SUBJECT_KINDS[row.record_kind], row.record_id)
        if place in past.rows:
            past.tags[place].add(row.tag_id)
    deals = [id_ for kind, id_ in past.rows if kind == "deal"]
    rows = real.rows(select(deal_product).where(in_set(deal_product.c.deal_id, "deals")), {"deals": deals})
    return [row._mapping for row in rows]


def _earlier(real: Work, people: Sequence[int], funnel_id: int, start: datetime) -> list[Mapping[str, Any]]:
    query = select(run).where(
        in_set(run.c.person_id, "persons"), run.c.funnel_id == funnel_id, run.c.started_at < start
    )
    return [row._mapping for row in real.rows(query, {"persons": people})]


def _latest(real: Work, people: Sequence[int], start: datetime) -> list[tuple[int, int, datetime]]:
    query = (
        select(event.c.person_id, event.c.kind, func.max(event.c.occurred_at))
        .where(in_set(event.c.person_id, "persons"), event.c.occurred_at < start)
        .group_by(event.c.person_id, event.c.kind)
    )
    return [(row[0], row[1], row[2]) for row in real.rows(query, {"persons": people})]
