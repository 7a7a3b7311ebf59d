"""Mass starts as pages and programs see them: whom each is for in words, who asked, how far it is, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, select

from crm.access.actor import Viewer
from crm.conditions.fields import TABLES
from crm.directory import directory
from crm.tables.journal import event
from db.sets import in_set
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES
from funnels.audiences import audience_words
from funnels.job_list import PAGE, find_job, names_of_askers, page_of_jobs
from funnels.jobs import MASS_START
from funnels.mass_starts import MassStart, told
from funnels.refusals import REASONS
from funnels.subjects import Whom, whom
from funnels.tables import funnel, mass_start_record, refusal, run

LOOKED_AT: Final = 1000
"""What became of so many, the last that were let in, is counted."""
SHOWN: Final = 20
"""So many of them are named."""
_PARKED, _ENDED = 2, 10
_BECAME: Final[Mapping[str, ColumnElement[bool]]] = {
    "inside": and_(run.c.status < _ENDED, run.c.status != _PARKED),
    "parked": run.c.status == _PARKED,
    "ended": run.c.status >= _ENDED,
}
STATES: Final = frozenset({*_BECAME, "refused", "waiting"})
"""What may have become of one who was let in."""
_PRESSED: Final = EVENT_KINDS["manual.start"].code


@dataclass(frozen=True, slots=True)
class ListedMassStart:
    """A mass start with its words: the funnel's name, for whom it is, and who asked (empty: the command line)."""

    start: MassStart
    funnel_id: int
    funnel_name: str
    audience: str
    asked_by: str
    caused_by: int

    @property
    def is_busy(self) -> bool:
        """True while some are let in by themselves."""
        return self.start.state in ("sampling", "running")


@dataclass(frozen=True, slots=True)
class LetIn:
    """One who was let in: his run, ``None`` where none began; ``state`` is inside, parked, ended, refused or waiting.

    ``words`` say why he was refused.
    """

    about: Whom
    run_id: int | None
    state: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the last that were let in: ``counts`` by state; and the newest of them.

    ``following`` is what to give as ``before`` for those after these (0: none).
    """

    looked_at: int
    counts: Mapping[str, int]
    newest: tuple[LetIn, ...]
    following: int


def mass_starts(
    work: Work, *, viewer: Viewer, before: int = 0, limit: int = PAGE
) -> tuple[tuple[ListedMassStart, ...], int]:
    """Return a page of those that the viewer sees, the newest first, and what to give as ``before`` for the next (0: none).

    Three queries at most.

    Raises:
        NotAllowedError: the viewer may not start many at once.
    """
    rows, following = page_of_jobs(work, MASS_START, viewer=viewer, before=before, limit=limit)
    return _listed(work, rows), following


def find_mass_start(work: Work, id_: int, *, viewer: Viewer) -> ListedMassStart:
    """Return one.  Three queries at most.

    Raises:
        NotAllowedError: the viewer may not start many at once.
        NotFoundError: there is none with this number, or he may not see it.
    """
    return _listed(work, [find_job(work, MASS_START, id_, viewer=viewer)])[0]


def outcome(work: Work, one: ListedMassStart, *, viewer: Viewer, state: str = "", before: int = 0) -> Outcome:
    """Return what became of the last who were let in, and the newest of them, below the id ``before`` where that is given.

    With a ``state`` only those of whom that became are named.  Five queries, and those for their names.
    """
    many = (
        select(mass_start_record.c.record_id)
        .where(mass_start_record.c.mass_start_id == one.start.id)
        .order_by(mass_start_record.c.record_id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    looked_at = int(work.scalar(select(func.count()).select_from(many)) or 0)
    if not looked_at:
        return Outcome(0, {}, (), 0)
    counts = dict.fromkeys(("inside", "parked", "ended", "refused"), 0)
    began = _began(one, many, func.count().label("count"), run.c.status).group_by(run.c.status)
    for row in work.rows(began):
        counts[_state(row.status)] += row.count
    counts["refused"] = int(work.scalar(_refused(one, many, func.count())) or 0)
    counts["waiting"] = max(looked_at - sum(counts.values()), 0)
    return Outcome(looked_at, counts, *_newest(work, one, _few(one, many, state, before), viewer))


def _few(one: ListedMassStart, many: Any, state: str, before: int) -> Any:
    """Return the newest of the last who were let in, of whom a state became; one more than are shown."""
    query = select(many.c.record_id).order_by(many.c.record_id.desc()).limit(SHOWN + 1)
    if before:
        query = query.where(many.c.record_id < before)
    if state in _BECAME:
        query = query.where(many.c.record_id.in_(_began(one, many, many.c.record_id).where(_BECAME[state])))
    elif state == "refused":
        query = query.where(many.c.record_id.in_(_refused(one, many, many.c.record_id)))
    elif state == "waiting":
        known = [_began(one, many, many.c.record_id), _refused(one, many, many.c.record_id)]
        query = query.where(*(many.c.record_id.not_in(those) for those in known))
    return query.subquery()


def _newest(work: Work, one: ListedMassStart, few: Any, viewer: Viewer) -> tuple[tuple[LetIn, ...], int]:
    table = TABLES[one.start.kind]  # type: ignore[index]  # a lead or a deal
    people = work.rows(
        select(table.c.id, table.c.person_id).join(few, few.c.record_id == table.c.id).order_by(table.c.id.desc())
    )
    following = people[SHOWN - 1].id if len(people) > SHOWN else 0
    people = people[:SHOWN]
    runs = {row.record_id: row for row in work.rows(_began(one, few, few.c.record_id, run.c.id, run.c.status))}
    refused = {row.record_id: row.code for row in work.rows(_refused(one, few, few.c.record_id, refusal.c.code))}
    code = SUBJECT_CODES[one.start.kind]  # type: ignore[index]  # a lead or a deal
    names = whom(work, [(code, row.id, row.person_id) for row in people], viewer=viewer)
    found = []
    for row in people:
        about = names[code, row.id, row.person_id]
        if row.id in runs:
            found.append(LetIn(about, runs[row.id].id, _state(runs[row.id].status)))
        elif row.id in refused:
            found.append(LetIn(about, None, "refused", REASONS.get(refused[row.id], refused[row.id])))
        else:
            found.append(LetIn(about, None, "waiting"))
    return tuple(found), following


def _began(one: ListedMassStart, records: Any, *columns: Any) -> Select[Any]:
    """Return the statement for the runs that it started of some records."""
    return _followed(one, records, run, *columns)


def _refused(one: ListedMassStart, records: Any, *columns: Any) -> Select[Any]:
    """Return the statement for the refusals of some records."""
    return _followed(one, records, refusal, *columns)


def _followed(one: ListedMassStart, records: Any, what: Table, *columns: Any) -> Select[Any]:
    """Return the statement for rows of ``what`` that it led to: found by the person, known by the event."""
    table = TABLES[one.start.kind]  # type: ignore[index]  # a lead or a deal
    is_its = and_(what.c.person_id == table.c.person_id, what.c.funnel_id == one.funnel_id)
    return (
        select(*columns)
        .select_from(records)
        .join(table, table.c.id == records.c.record_id)
        .join(what, is_its)
        .join(event, _is_press(one, records, what.c.event_id))
    )


def _is_press(one: ListedMassStart, records: Any, event_id: Any) -> Any:
    return and_(
        event.c.id == event_id,
        event.c.kind == _PRESSED,
        event.c.subject_id == records.c.record_id,
        event.c.caused_by == one.caused_by,
        event.c.recorded_at >= one.start.asked_at,
    )


def _state(status: int) -> str:
    return "parked" if status == _PARKED else "ended" if status >= _ENDED else "inside"


def _listed(work: Work, rows: Sequence[Row[Any]]) -> tuple[ListedMassStart, ...]:
    if not rows:
        return ()
    settings = directory(work)
    query = select(funnel.c.id, funnel.c.key, funnel.c.name).where(in_set(funnel.c.key, "keys"))
    known = {row.key: row for row in work.rows(query, {"keys": sorted({row.funnel for row in rows})})}
    name = names_of_askers(work, (row.caused_by for row in rows))
    found = []
    for row in rows:
        of = known.get(row.funnel)
        id_, called = (of.id, of.name) if of is not None else (0, row.funnel)
        words = audience_words(row.kind, row.condition, settings, is_chosen=row.chosen is not None)
        found.append(ListedMassStart(told(row), id_, called, words, name(row.caused_by), row.caused_by))
    return tuple(found)
