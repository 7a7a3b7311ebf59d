"""Imports asked for in the browser, carried out: tried or written, and taken back again.

One process is at an import at a time: it holds the row for a minute, and longer with every batch.  If it ends, another goes on
where the last batch was committed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from pydantic import ValidationError
from sqlalchemy import Select, Table, and_, or_, select

from crm.access.viewers import actor_of
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError
from crm.files import file_at_hand
from crm.importing.answers import Target
from crm.importing.choices import mapping_of
from crm.importing.errors import ImportRunningError
from crm.importing.job import Job, packed_text
from crm.importing.orders import BUSY, Order, order_of
from crm.importing.reader import open_table
from crm.importing.run import Import, Report, run_import
from crm.importing.table import RowProblem
from crm.tables.importing import import_order, import_undo
from db.database import Database
from db.errors import DatabaseFullError
from db.work import Work
from engine.setting_errors import problem_of
from engine.text import LazyText, _l
from funnels.import_start import start_in
from funnels.undoing import undo_batch
from voronka_error import VoronkaError
from workers.giving_way import GivingWay

log = structlog.get_logger(__name__)

HELD: Final = timedelta(minutes=1)
ATTEMPTS: Final = 5
"""An import that ended its process so often without getting any further is not tried again."""
_SHOWN: Final = 20
_CELL: Final = 200


class _StoppedError(Exception):
    """Somebody wants the import to end."""


class _LaterError(Exception):
    """Others are to have a turn."""


def imports_wait(database: Database) -> bool:
    """True where an import or an undoing is to be done and nobody is at it.  Two look-ups by index."""
    with database.reading() as work:
        return any(bool(work.rows(_waiting(work, table))) for table in (import_order, import_undo))


def imports_due(database: Database) -> timedelta:
    """Return how long until an import is to be done: now, or nothing is in sight for an hour."""
    return timedelta(0) if imports_wait(database) else timedelta(hours=1)


def do_imports(database: Database, *, worker: str, until: Callable[[], bool] = lambda: False) -> int:
    """Carry out what is asked for until nothing waits or ``until`` says so; returns how many it was at.

    ``until`` is asked after every batch; what is under way then goes on where it was the next time.
    """
    done = 0
    while not until():
        row = _claim(database, import_order, worker)
        if row is not None:
            if not _carry_out(database, order_of(row), worker, until):
                break
        elif (undo := _claim(database, import_undo, worker)) is not None:
            _undo(database, undo.job_id, worker, until)
        else:
            break
        done += 1
    return done


def do_undoing(database: Database, job_id: int, *, worker: str) -> bool:
    """Carry out the undoing of one import; false where another process is at it, or nobody asked for it."""
    if _claim(database, import_undo, worker, job_id) is None:
        return False
    _undo(database, job_id, worker, lambda: False)
    return True


def _key(table: Table) -> Any:
    return next(iter(table.primary_key.columns))


def _waiting(work: Work, table: Table, only: int | None = None) -> Select[Any]:
    """Return the query of the first that nobody is at.  SQLite has one process that works: who held it there is dead."""
    is_busy = table.c.state.in_(BUSY) if table is import_order else table.c.state == "undoing"
    query = select(table).where(is_busy).order_by(_key(table)).limit(1)
    if only is not None:
        query = query.where(_key(table) == only)
    if work.is_sqlite:
        return query
    held = table.c.held_until  # beyond what is taken now: from before the clock was set back
    return query.where(or_(held.is_(None), held < work.now, held > work.now + HELD))


def _claim(database: Database, table: Table, worker: str, only: int | None = None) -> Any:
    with database.work() as work:
        rows = work.rows(_waiting(work, table, only).with_for_update(skip_locked=True))
        if not rows:
            return None
        row, key = rows[0], _key(table)
        held = {"holder": worker, "held_until": work.now + HELD, "attempts": row.attempts + 1}
        if row.attempts >= ATTEMPTS:
            held["state"] = "failed"
            if table is import_order:
                held |= {"problem": packed_text(_KILLS), "finished_at": work.now}
        work.execute(table.update().where(key == row._mapping[key.name]).values(**held))
        return None if "state" in held else row


def _carry_out(database: Database, order: Order, worker: str, until: Callable[[], bool]) -> bool:
    """Carry an import out; false where it could not be brought to its end now."""
    is_trial = order.state == "checking"
    log.info("import_begun", import_id=order.id, trial=is_trial)
    try:
        if order.is_stopping:
            raise _StoppedError
        report = _run(database, order, worker, until)
    except _StoppedError:
        _end(database, order, "stopped" if order.job_id or not is_trial else "draft")
    except (_LaterError, ImportRunningError):
        _let_go(database, order)
        return False
    except DatabaseFullError as error:
        _end(database, order, "failed", problem=_words(error))
    except ValidationError as error:
        _end(database, order, "failed", problem=problem_of(error.errors()[0])[1])
    except VoronkaError as error:
        _end(database, order, "failed", problem=_words(error))
    else:
        if is_trial:
            _end(database, order, "draft", checked=_found(report))
        else:
            _end(database, order, "finished", **_counts(report.job, report), is_repeat=report.is_repeat)
    log.info("import_left", import_id=order.id)
    return True


def _run(database: Database, order: Order, worker: str, until: Callable[[], bool]) -> Report:
    choices = order.choices
    with database.reading() as work:
        user = directory(work).users.get(order.asked_by)
        if user is None or not user.is_active:
            raise NotAllowedError("records.import")
        actor = actor_of(directory(work), user)
        funnel = None if choices.funnels == "all" else start_in(work, _funnel(order), _kind(order))
    with file_at_hand(database, order.content, order.file_name) as path:
        with open_table(
            path,
            header=choices.header,
            encoding=choices.encoding or None,
            separator=choices.separator or None,
        ) as table:
            mapping = mapping_of(order.kind, choices, table.columns, table.sample)
        wanted = Import(
            order.kind,
            path,
            mapping,
            Target(choices.plan or None, funnel, choices.makes_users),
            is_trial=order.state == "checking",
        )
        progress = _progress(database, order, worker, until)
        return run_import(database, wanted, by=actor, on_progress=progress)


def _funnel(order: Order) -> str:
    return order.choices.funnel if order.choices.funnels == "one" else ""


def _kind(order: Order) -> Any:
    if order.kind == "users":
        raise InvalidError(_l("users are not imported here"))
    return order.kind


def _progress(
    database: Database, order: Order, worker: str, until: Callable[[], bool]
) -> Callable[[int, int, Job], None]:
    """Return what is called after every batch: it stores how far the import got, and ends it where somebody wants that."""
    way = GivingWay(database)

    def tell(read: int, total: int, job: Job) -> None:
        with database.work() as work:
            new = {
                "bytes_read": read,
                "total_bytes": total,
                "held_until": work.now + HELD,
                "attempts": 0,
                **_counts(job),
            }
            statement = (
                import_order.update()
                .where(import_order.c.id == order.id, import_order.c.holder == worker)
                .values(**new)
                .returning(import_order.c.is_stopping)
            )
            found = work.rows(statement)
        if not found:
            raise ImportRunningError
        if found[0].is_stopping and not job.is_finished:
            raise _StoppedError
        if until() and not job.is_finished:
            raise _LaterError
        way.between_batches()

    return tell


def _counts(job: Job, report: Report | None = None) -> dict[str, Any]:
    of = report or job
    read = report.read if report is not None else job.position
    counts: dict[str, Any] = {"read": read, "created": of.created, "updated": of.updated, "rejected": of.rejected}
    return {**counts, "job_id": job.id} if job.id else counts


def _found(report: Report) -> dict[str, object]:
    return {
        "read": report.read,
        "created": report.created,
        "updated": report.updated,
        "rejected": report.rejected,
        "is_repeat": report.is_repeat,
        "problems": [_shown(one, report) for one in report.problems[:_SHOWN]],
    }


def _shown(problem: RowProblem, report: Report) -> list[object]:
    """Return line, column, value and reason of a rejected row, short enough to be stored."""
    at = next((column.position - 1 for column in report.columns if column.name == problem.column), None)
    cell = problem.cells[at] if at is not None and at < len(problem.cells) else problem.excerpt
    clean = cell[:_CELL].replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
    return [problem.line, problem.column, clean, packed_text(problem.reason)]


def _end(database: Database, order: Order, state: str, *, problem: LazyText | None = None, **new: Any) -> None:
    with database.work() as work:
        values: dict[str, Any] = {**new, "state": state, "holder": None, "held_until": None, "is_stopping": False}
        values["problem"] = packed_text(problem) if problem is not None else None
        if state == "draft":  # what a trial counted is not what happened
            values |= dict.fromkeys(("bytes_read", "read", "created", "updated", "rejected"), 0)
        elif state not in BUSY:
            values["finished_at"] = work.now
        work.execute(
            import_order.update()
            .where(import_order.c.id == order.id)
            .values(**values, changed_at=work.now, version=import_order.c.version + 1)
        )


def _let_go(database: Database, order: Order) -> None:
    with database.work() as work:
        work.execute(
            import_order.update()
            .where(and_(import_order.c.id == order.id, import_order.c.state.in_(BUSY)))
            .values(holder=None, held_until=None)
        )


def _undo(database: Database, job_id: int, worker: str, until: Callable[[], bool]) -> None:
    log.info("undoing_begun", job_id=job_id)
    way = GivingWay(database)
    while not until():
        with database.work() as work:
            held: datetime = work.now + HELD
            if not undo_batch(work, job_id, holder=worker, held_until=held):
                break
        way.between_batches()
    else:
        with database.work() as work:
            work.execute(
                import_undo.update().where(import_undo.c.job_id == job_id).values(holder=None, held_until=None)
            )
    log.info("undoing_left", job_id=job_id)


def _words(error: VoronkaError) -> LazyText:
    told = error.args[0] if error.args else error.message
    return told if isinstance(told, LazyText) else LazyText("{reason}", params={"reason": told})


_KILLS = _l("The import ended its process {times} times: something in the file cannot be worked on", times=ATTEMPTS)
