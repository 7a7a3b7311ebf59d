"""Undo an import: what it made is removed again, unless somebody has worked on it meanwhile.

Deals go first, then leads, contacts, companies, and persons whom nothing names any more.  What the import changed stays as it is,
and so do users, fields, tags and products that it made.  Counters of distribution go on counting: the next deals do not care.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, case, false, func, literal, or_, select

from crm.access.actor import Actor, ActorKind, Viewer
from crm.errors import InvalidError, NotFoundError
from crm.importing.orders import BUSY
from crm.settings.change import note_only
from crm.tables.importing import import_job, import_order, import_record, import_undo
from crm.tables.journal import event
from crm.tables.records import company, contact, deal, lead, person
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES, SubjectKind
from engine.text import _l
from funnels.removing import LOCKED, REMOVE, about, named_elsewhere, runs_about, tasks_of

BATCH: Final = 500
"""Records of one transaction."""

PHASES: Final[tuple[SubjectKind, ...]] = ("deal", "lead", "contact", "company", "person")
TABLES: Final[dict[SubjectKind, Table]] = {
    "deal": deal,
    "lead": lead,
    "contact": contact,
    "company": company,
    "person": person,
}
_RUN: Final = ActorKind.RUN.value


@dataclass(frozen=True, slots=True)
class Worked:
    """Records that an import made and that are still there: how many, and on how many of them others have worked since.

    ``people``, ``funnels`` and ``tasks`` say by whom: changed or commented by people, programs or another import; walked through
    by a funnel; with a task.  A record may count under several.
    """

    kind: SubjectKind
    there: int
    worked_on: int
    people: int
    funnels: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Undoing:
    """How far an undoing got: ``state`` is ``undoing``, ``undone`` or ``failed``; counts by kind of record."""

    job_id: int
    state: str
    total: int
    removed: dict[str, int]
    kept: dict[str, int]
    asked_at: datetime
    finished_at: datetime | None


def look_before_undoing(work: Work, job_id: int, *, viewer: Viewer) -> tuple[Worked, ...]:
    """Return what is there of an import and who has worked on it, kind by kind.  A query per kind.

    Raises:
        NotFoundError: there is no such import, or the viewer may not import.
    """
    _job(work, job_id, viewer)
    found = []
    for kind in PHASES[:-1]:
        flags = _flags(kind, _by(job_id))
        table = TABLES[kind]
        mine = (
            select(table.c.id, *flags)
            .join(import_record, import_record.c.record_id == table.c.id)
            .where(
                import_record.c.job_id == job_id,
                import_record.c.record_kind == SUBJECT_CODES[kind],
                import_record.c.is_new,
            )
            .subquery()
        )
        people, funnels, tasks = (func.coalesce(func.sum(_one(mine.c[name])), 0) for name in _REASONS)
        any_of = or_(*(mine.c[name] for name in _REASONS))
        [row] = work.rows(
            select(func.count(), func.coalesce(func.sum(_one(any_of)), 0), people, funnels, tasks).select_from(mine)
        )
        found.append(Worked(kind, *map(int, row)))
    return tuple(found)


def ask_to_undo(work: Work, job_id: int, *, leaves_worked_on: bool, by: Actor, viewer: Viewer) -> None:
    """Let a worker undo an import.

    Args:
        work: the transaction.
        job_id: the import.
        leaves_worked_on: records that others worked on stay; without it an import with such records is refused.
        by: who wants it.
        viewer: the same, as the one who looks.

    Raises:
        NotFoundError: there is no such import.
        InvalidError: it is under way, undone already, or others have worked on some of its records.
    """
    by.require("records.import")
    job = _job(work, job_id, viewer, lock=True)
    if work.rows(select(import_order.c.id).where(import_order.c.job_id == job_id, import_order.c.state.in_(BUSY))):
        raise InvalidError(_l("this import is under way: stop it first"))
    if work.rows(select(import_undo.c.job_id).where(import_undo.c.job_id == job_id)):
        raise InvalidError(_l("this import is undone already, or is being undone"))
    found = look_before_undoing(work, job_id, viewer=viewer)
    worked = sum(one.worked_on for one in found)
    if worked and not leaves_worked_on:
        raise InvalidError(
            _l("{count} of its records were worked on since: confirm that these stay as they are", count=worked)
        )
    total = select(func.count()).where(import_record.c.job_id == job_id, import_record.c.is_new)
    row = {
        "job_id": job_id, "state": "undoing", "phase": 0, "after": 0, "total": work.scalar(total), "removed": {}, "kept": {},
        "asked_by": by.id, "asked_at": work.now, "attempts": 0,
    }  # fmt: skip
    work.execute(import_undo.insert().values(**row))
    # Whoever might be at this import still sees that somebody else was, and ends.
    work.execute(import_job.update().where(import_job.c.id == job_id).values(version=job.version + 1))
    note_only(work, "import", job.file_name, "undone", job_id, by)


def find_undoing(work: Work, job_id: int) -> Undoing | None:
    """Return how far an undoing got, ``None`` where nobody asked for one.  One query."""
    for row in work.rows(select(import_undo).where(import_undo.c.job_id == job_id)):
        return Undoing(row.job_id, row.state, row.total, row.removed, row.kept, row.asked_at, row.finished_at)
    return None


def undo_batch(work: Work, job_id: int, *, holder: str, held_until: datetime) -> bool:
    """Undo the next records of an import; false where nothing is left, or another process is at it.

    A fixed number of statements, whatever the number of records.
    """
    rows = work.rows(select(import_undo).where(import_undo.c.job_id == job_id).with_for_update())
    if not rows or rows[0].state != "undoing" or rows[0].holder != holder:
        return False
    row = rows[0]
    kind = PHASES[row.phase]
    query = (
        select(import_record.c.record_id)
        .where(
            import_record.c.job_id == job_id,
            import_record.c.record_kind == SUBJECT_CODES[kind],
            import_record.c.is_new,
            import_record.c.record_id > row.after,
        )
        .order_by(import_record.c.record_id)
        .limit(BATCH)
    )
    ids = [one.record_id for one in work.rows(query)]
    new: dict[str, Any] = {"held_until": held_until, "attempts": 0}
    if ids:
        removed, kept = _undo(work, kind, ids, job_id)
        new |= {"after": ids[-1], "removed": _plus(row.removed, kind, removed), "kept": _plus(row.kept, kind, kept)}
    elif row.phase + 1 < len(PHASES):
        new |= {"phase": row.phase + 1, "after": 0}
    else:
        new |= {"state": "undone", "finished_at": work.now, "holder": None, "held_until": None}
        # The same file may be imported again: it is another import then.
        again = literal(f"undone {job_id} ") + import_job.c.key
        work.execute(import_job.update().where(import_job.c.id == job_id).values(state="undone", key=again))
    work.execute(import_undo.update().where(import_undo.c.job_id == job_id).values(**new))
    return "state" not in new


def _undo(work: Work, kind: SubjectKind, ids: Sequence[int], job_id: int) -> tuple[int, int]:
    """Remove those of these records that nobody worked on or names; returns how many went, and how many stay."""
    table = TABLES[kind]
    LOCKED[kind](work, ids)
    flags = _flags(kind, _by(job_id))
    query = select(table.c.id, *flags).where(in_set(table.c.id, "ids"))
    there = {row.id: any(row[1:]) for row in work.rows(query, {"ids": ids})}
    free = [id_ for id_, is_worked_on in there.items() if not is_worked_on]
    named = named_elsewhere(work, kind, free)
    going = [id_ for id_ in free if id_ not in named]
    if going:
        REMOVE[kind](work, going)
    code = SUBJECT_CODES[kind]
    work.delete(import_record, ("job_id", "record_kind", "record_id"), [(job_id, code, id_) for id_ in going])
    return len(going), len(there) - len(going)


_REASONS: Final = ("people", "funnels", "tasks")


def _flags(kind: SubjectKind, mine: int) -> tuple[ColumnElement[bool], ...]:
    """Return for a record of a kind whether people, funnels, or tasks were at it, as three columns."""
    table = TABLES[kind]
    if kind == "person":
        return ()
    by_people = and_(event.c.caused_by != mine, event.c.caused_by % 16 != _RUN)
    if kind == "company":
        return _flags_of_companies(by_people)
    on_it = and_(event.c.person_id == table.c.person_id, event.c.subject_id == table.c.id, about(kind))
    people = select(event.c.id).where(on_it, by_people).exists()
    by_run = select(event.c.id).where(on_it, event.c.caused_by % 16 == _RUN).exists()
    return (
        people.label("people"),
        or_(by_run, *runs_about(kind, table, on_it)).label("funnels"),
        tasks_of(kind, table).label("tasks"),
    )


def _flags_of_companies(by_people: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Return the same for companies, whose events are those of nobody: read once, and not again for each company."""
    on_some = select(event.c.subject_id).where(event.c.person_id == 0, about("company"))
    return (
        company.c.id.in_(on_some.where(by_people)).label("people"),
        company.c.id.in_(on_some.where(event.c.caused_by % 16 == _RUN)).label("funnels"),
        false().label("tasks"),
    )


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _by(job_id: int) -> int:
    return Actor(ActorKind.IMPORT, job_id).packed


def _plus(counts: dict[str, int], kind: str, more: int) -> dict[str, int]:
    return dict(Counter(counts) + Counter({kind: more}))


def _job(work: Work, job_id: int, viewer: Viewer, *, lock: bool = False) -> Any:
    query = select(import_job).where(import_job.c.id == job_id)
    rows = work.rows(query.with_for_update() if lock else query) if "records.import" in viewer.rights else ()
    if not rows:
        raise NotFoundError("import", job_id)
    return rows[0]
