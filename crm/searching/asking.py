"""Which records hold some words: answered by the index where it knows, in two statements whatever the number of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, Table, bindparam, func, literal, select, true, union_all

from crm.tables.journal import event
from crm.tables.searching import search_text, searched
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES, SubjectKind

MOST: Final = 5000
"""Words that more records hold than so many are common: a list finds the next record with them soon by reading on."""
SAMPLE: Final = 1000
COMMON: Final = 5
"""Words that so many of the newest ``SAMPLE`` records hold are common too, and not asked for."""
MOST_FRESH: Final = 50_000
"""So many of the newest events are looked at for records that the index does not know yet."""

# Each name: what changes the texts that ``looks`` compares.
FOLLOWED: Final[Mapping[SubjectKind, tuple[str, ...]]] = {
    "person": ("lead.created", "lead.changed", "contact.created", "contact.changed", "person.merged", "person.parted"),
    "lead": ("lead.created", "lead.changed", "lead.parted"),
    "contact": ("contact.created", "contact.changed", "contact.parted"),
    "company": ("company.created", "company.changed", "company.parted"),
    "deal": ("deal.created", "deal.changed", "deal.parted"),
}
"""What changes the texts of each kind of record."""


@dataclass(frozen=True, slots=True)
class Look:
    """Which records of a table shall be looked for: those that ``fits`` holds for, all of which have the ``grams``.

    ``fits`` is asked of the few that the index names; ``person_id`` is the table's column with their persons.
    """

    kind: SubjectKind
    grams: tuple[int, ...]
    table: Table
    id: ColumnElement[int]
    person_id: ColumnElement[int]
    fits: ColumnElement[bool]


Found = tuple[tuple[int, int], ...] | Literal["common"] | None
"""Ids of records and of their persons, newest first; ``None`` where the records have to be read through.

Where so many have the words that the newest of them are soon found by reading on, they are ``"common"``.
"""


def look_up(work: Work, looks: Sequence[Look]) -> list[Found]:
    """Return what each look finds.

    ``None`` where the words are too short, while the index is made, and on SQLite.  Two statements at most.
    """
    grams = [one.grams for one in looks]
    found: list[Found] = [None] * len(looks)
    if work.is_sqlite or not any(grams):
        return found
    state = work.rows(_state(looks), _values(grams))
    if not state:
        return found
    common = state[0]._mapping
    after = common["after"]
    asked = [number for number, parts in enumerate(grams) if parts]
    known = [number for number in asked if common[f"common{number}"] < COMMON]
    for number in asked:
        found[number] = "common"
    if not known:
        return found
    queries = [query for number in known for query in _queries(number, looks[number], after)]
    rows: dict[int, dict[int, int]] = {number: {} for number in known}
    for number, record_id, person_id in work.rows(union_all(*queries), _values(grams)):
        rows[number][record_id] = person_id
    for number in known:
        if len(rows[number]) <= MOST:
            found[number] = tuple(sorted(rows[number].items(), reverse=True))
    return found


def follows(kind: SubjectKind) -> list[int]:
    """Return the codes of the events that change the texts of a kind of record."""
    return [EVENT_KINDS[name].code for name in FOLLOWED[kind]]


def subject_of(kind: SubjectKind) -> ColumnElement[int]:
    """Return the column of ``event`` that has the record whose texts changed."""
    return event.c.person_id if kind == "person" else event.c.subject_id


def fresh(kind: SubjectKind, after: int) -> Select[Any]:
    """Return the query of the records that have changed since an event."""
    return select(subject_of(kind)).where(event.c.id > after, event.c.kind.in_(follows(kind)))


def followed() -> ColumnElement[int]:
    """Return the number of the last event that the index knows, or of a later one where it is far behind."""
    newest = select(func.max(event.c.id)).scalar_subquery()
    return func.greatest(searched.c.event_id, newest - MOST_FRESH)


def _state(looks: Sequence[Look]) -> Select[Any]:
    """Return the query of what the index knows, and of how many of its newest records have what is looked for."""
    columns: list[Any] = [func.coalesce(followed(), searched.c.event_id).label("after")]
    query = searched
    for kind in dict.fromkeys(one.kind for one in looks if one.grams):
        newest = (
            select(search_text.c.grams)
            .where(search_text.c.record_kind == SUBJECT_CODES[kind])
            .order_by(search_text.c.record_id.desc())
            .limit(SAMPLE)
            .subquery()
        )
        asked = [number for number, one in enumerate(looks) if one.kind == kind and one.grams]
        counts = [
            func.count().filter(newest.c.grams.op("@>")(_parts(number))).label(f"common{number}") for number in asked
        ]
        counted = select(*counts).subquery()
        query = query.join(counted, true())  # type: ignore[assignment]  # a table, then joins
        columns += counted.c
    return select(*columns).select_from(query).where(searched.c.filling.is_(None))


def _queries(number: int, one: Look, after: int) -> tuple[Select[Any], Select[Any]]:
    named = (
        select(search_text.c.record_id)
        .where(search_text.c.grams.op("@>")(_parts(number)), search_text.c.record_kind == SUBJECT_CODES[one.kind])
        .cte(f"named{number}")
        .prefix_with("materialized", dialect="postgresql")
    )
    columns = (literal(number).label("look"), one.id.label("id"), one.person_id.label("person_id"))
    by_index = select(*columns).join_from(named, one.table, one.id == named.c.record_id).where(one.fits).limit(MOST + 1)
    since = select(*columns).where(one.id.in_(fresh(one.kind, after)), one.fits).limit(MOST + 1)
    return select(by_index.subquery()), select(since.subquery())


def _parts(number: int) -> ColumnElement[Any]:
    return bindparam(f"grams{number}", type_=ARRAY(Integer))


def _values(grams: Sequence[tuple[int, ...]]) -> dict[str, list[int]]:
    return {f"grams{number}": list(parts) for number, parts in enumerate(grams) if parts}
