"""The memory of an import: how far it got, what it counted, which rows it rejected.

A batch of rows and the job's progress are one transaction, so a repeated import goes on exactly behind the last row that is in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Actor
from crm.importing.errors import ImportRunningError
from crm.importing.table import RowProblem
from crm.tables.importing import import_job, import_rejected
from db.insert_new import insert_new
from db.types import dumps
from db.work import Work
from engine.text import LazyText

KEEP_REJECTED: Final = timedelta(days=30)
"""How long rejected rows are kept after their import finished: they may hold names and phones."""

_COLUMNS: Final = (
    "id", "key", "fingerprint", "kind", "file_name", "state", "position", "bytes", "created", "updated", "rejected",
    "caused_by", "started_at", "changed_at", "version",
)  # fmt: skip
_REJECTED: Final = ("job_id", "number", "line", "reason", "column", "excerpt", "cells")


@dataclass(frozen=True, slots=True)
class Job:
    """An import as it was committed last.

    Attributes:
        id: 0 for one that is not stored, as in a trial.
        position: how many rows with data were dealt with.
        version: grows with every batch; another process at the same import is seen by it.
        is_finished: the file's end was reached.
    """

    id: int = 0
    position: int = 0
    bytes: int = 0
    created: int = 0
    updated: int = 0
    rejected: int = 0
    version: int = 0
    is_finished: bool = False


def find_job(work: Work, key: str) -> Job | None:
    """Return the import with this key, ``None`` for one that never began.  One query."""
    rows = work.rows(select(import_job).where(import_job.c.key == key))
    if not rows:
        return None
    row = rows[0]
    return Job(
        row.id, row.position, row.bytes, row.created, row.updated, row.rejected, row.version, row.state == "finished"
    )


def begin_job(work: Work, key: str, *, fingerprint: str, kind: str, file_name: str, by: Actor) -> Job:
    """Return the import with this key, begun now where it is new; forget rejected rows of old imports."""
    old = select(import_job.c.id).where(import_job.c.finished_at < work.now - KEEP_REJECTED, import_job.c.key != key)
    work.execute(import_rejected.delete().where(import_rejected.c.job_id.in_(old)))
    found = find_job(work, key)
    if found is not None:
        return found
    [id_] = work.ids("import_job", 1)
    now = work.now
    row = (id_, key, fingerprint, kind, file_name, "running", 0, 0, 0, 0, 0, by.packed, now, now, 1)
    if not insert_new(work, import_job, _COLUMNS, [row]):
        return begin_job(work, key, fingerprint=fingerprint, kind=kind, file_name=file_name, by=by)
    return Job(id_, version=1)


def hold(work: Work, job: Job) -> None:
    """Make sure that nobody else goes on with this import meanwhile.

    Raises:
        ImportRunningError: another process has.
    """
    query = select(import_job.c.version).where(import_job.c.id == job.id).with_for_update()
    if work.scalar(query) != job.version:
        raise ImportRunningError


def save(work: Work, job: Job) -> Job:
    """Store how far an import got; returns it with its new version."""
    values: dict[str, Any] = {
        "state": "finished" if job.is_finished else "running",
        "position": job.position,
        "bytes": job.bytes,
        "created": job.created,
        "updated": job.updated,
        "rejected": job.rejected,
        "version": job.version + 1,
        "changed_at": work.now,
    }
    if job.is_finished:
        values["finished_at"] = work.now
    work.execute(import_job.update().where(import_job.c.id == job.id).values(**values))
    return replace(job, version=job.version + 1)


def rejected_numbers(work: Work, job: Job) -> frozenset[int]:
    """Return which rows of an import are rejected so far.  One query."""
    if not job.rejected:
        return frozenset()
    query = select(import_rejected.c.number).where(import_rejected.c.job_id == job.id)
    return frozenset(row.number for row in work.rows(query))


def save_rejected(
    work: Work, job: Job, problems: Mapping[int, RowProblem], tried: Sequence[int], before: frozenset[int]
) -> None:
    """Store the problems of rows by number; of the rows ``tried``, those rejected ``before`` are forgotten first."""
    again = [(job.id, number) for number in tried if number in before]
    work.delete(import_rejected, ("job_id", "number"), again)
    rows = [
        (
            job.id,
            number,
            one.line,
            dumps(packed_text(one.reason)),
            _clean(one.column),
            _clean(one.excerpt),
            dumps([_clean(cell) for cell in one.cells]),
        )
        for number, one in problems.items()
    ]
    work.insert(import_rejected, _REJECTED, rows)


def rejected_rows(work: Work, job: Job, *, after: int = 0, limit: int = 1_000) -> list[tuple[int, RowProblem]]:
    """Return rejected rows behind the row ``after`` with their numbers, in order, at most ``limit``.  One query."""
    query = (
        select(import_rejected)
        .where(import_rejected.c.job_id == job.id, import_rejected.c.number > after)
        .order_by(import_rejected.c.number)
        .limit(limit)
    )
    return [
        (row.number, RowProblem(row.line, unpacked_text(row.reason), row.excerpt, tuple(row.cells), row.column))
        for row in work.rows(query)
    ]


def _clean(text: str) -> str:
    """Return a text as both databases take it: without NUL and half characters."""
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")


def packed_text(text: LazyText) -> list[Any]:
    """Return a text as JSON that keeps its parts, so that it can be translated later."""
    params = {
        name: {"text": packed_text(value)} if isinstance(value, LazyText) else _clean(str(value))
        for name, value in text.params.items()
    }
    return [text.msgid, text.plural, text.number, params]


def unpacked_text(packed: list[Any]) -> LazyText:
    """Return the text of ``packed_text``."""
    msgid, plural, number, params = packed
    return LazyText(
        msgid,
        plural,
        number,
        {name: unpacked_text(value["text"]) if isinstance(value, dict) else value for name, value in params.items()},
    )
