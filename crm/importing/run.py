"""Import a file: read it, write it by batches, remember how far it got."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from crm.access.actor import Actor, ActorKind
from crm.importing.answers import Answer, Target
from crm.importing.deals import write_deals
from crm.importing.errors import FileChangedError
from crm.importing.job import Job, begin_job, find_job, hold, rejected_numbers, save, save_rejected
from crm.importing.leads import write_leads
from crm.importing.made import note_records
from crm.importing.mapping import Mapping
from crm.importing.reader import Table, fingerprint, open_table
from crm.importing.records import read_deals, read_leads
from crm.importing.rows import DealRow, LeadRow
from crm.importing.setting_up import Setup, make_fields, set_up_import
from crm.importing.table import Column, Row, RowProblem
from crm.importing.targets import Kind
from crm.importing.trial import Trial
from db.database import Database, rollback
from db.work import Work
from engine.text import LazyText

BATCH: Final = 1_000
"""Rows of one transaction."""
_BATCH_BYTES: Final = 16_000_000

Record = LeadRow | DealRow


@dataclass(frozen=True, slots=True)
class Import:
    """A file to import.

    Attributes:
        kind: what its rows are.
        path: the file.
        mapping: where its columns go; ``None`` lets them be recognised.
        target: where the records go.
        is_trial: only look what would happen.
    """

    kind: Kind
    path: Path
    mapping: Mapping | None = None
    target: Target = field(default_factory=Target)
    is_trial: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, from its beginning: what was in before a kill counts too.

    Attributes:
        job: what is stored of it.
        read: rows with data.
        created: records that are new.
        updated: records that were there and changed.
        rejected: rows that could not be used.
        is_repeat: the very same import had finished before, and nothing was left to try again; then nothing was done now.
        resumed_at: rows that were in already when an import that was cut off went on; else 0.
        is_retry: it had finished before, and only rejected rows were tried again.
        columns: the columns of the file.
        unmapped: columns that go nowhere.
        problems: the rejected rows of a trial; those of a real import are stored with its job.
    """

    job: Job
    read: int
    created: int
    updated: int
    rejected: int
    is_repeat: bool
    resumed_at: int
    is_retry: bool
    columns: tuple[Column, ...]
    unmapped: tuple[Column, ...]
    problems: tuple[RowProblem, ...] = ()


Progress = Callable[[int, int, Job], None]
"""Is told the bytes read, the size of the file, and what is committed so far."""


def run_import(database: Database, wanted: Import, *, by: Actor, on_progress: Progress | None = None) -> Report:
    """Import a file, or go on with an import that was cut off.

    Each batch of rows is one transaction with the import's progress.  A row that was rejected is tried again when the import
    is repeated; all others stay as they are.

    Raises:
        ImportFileError: the file cannot be read.
        MappingError: the map does not fit.
        NotAllowedError: the actor may not import, or not make users or fields.
        ImportRunningError: another process is at it.
        FileChangedError: the file changed meanwhile.
        DatabaseFullError: no room; what was committed stays, and a repeated import goes on there.
    """
    by.require("records.import")
    if wanted.target.makes_users:
        by.require("users.edit")
    digest = fingerprint(wanted.path)
    mapping = wanted.mapping
    with (
        open_table(wanted.path, header=mapping.header, encoding=mapping.encoding, separator=mapping.separator)
        if mapping is not None
        else open_table(wanted.path)
    ) as table:
        with database.reading() as work:
            setup = set_up_import(work, wanted.kind, table, mapping, fingerprint=digest, target=wanted.target)
            stored = find_job(work, setup.key)
        run = _Run(database, wanted, table, setup, digest, by)
        return run.trial(stored, on_progress) if wanted.is_trial else run.go_on(stored, on_progress)


class _Run:
    """One run over a file."""

    def __init__(self, database: Database, wanted: Import, table: Table, setup: Setup, digest: str, by: Actor) -> None:
        self._database = database
        self._wanted = wanted
        self._table = table
        self._setup = setup
        self._digest = digest
        self._by = by
        self._again: frozenset[int] = frozenset()

    def go_on(self, stored: Job | None, on_progress: Progress | None) -> Report:
        if stored is not None and stored.is_finished and not stored.rejected:
            return self._report(replace(stored, created=0, updated=0), is_repeat=True)
        job = self._begin()
        base = job if job.is_finished else Job()
        resumed_at = job.position
        for numbers, rows in self._batches(job.position):
            job = self._write(job, numbers, rows)
            if on_progress is not None:
                on_progress(self._table.bytes_read, self._table.total_bytes, job)
        self._check_unchanged()
        if not job.is_finished:
            with self._database.work() as work:
                hold(work, job)
                job = save(work, replace(job, is_finished=True, bytes=self._table.bytes_read))
        if on_progress is not None:
            on_progress(self._table.total_bytes, self._table.total_bytes, job)
        done = replace(job, created=job.created - base.created, updated=job.updated - base.updated)
        return self._report(done, resumed_at=resumed_at, is_retry=base.is_finished)

    def trial(self, stored: Job | None, on_progress: Progress | None) -> Report:
        """Write each batch and take it back."""
        if stored is not None and stored.is_finished and not stored.rejected:
            return self._report(replace(stored, created=0, updated=0), is_repeat=True)
        job = stored or Job()
        start = job.position
        if stored is not None:
            with self._database.reading() as work:
                self._again = rejected_numbers(work, stored)
        if job.is_finished:
            job = replace(job, created=0, updated=0)
        trial = Trial()
        for numbers, rows in self._batches(job.position):
            with taken_back(self._database) as work:
                answers = trial.corrected(rows, self._answers(work, job, rows))
            job = _counted(job, numbers, answers, self._again)
            trial.problems.extend(self._problems(numbers, rows, answers).values())
            if on_progress is not None:
                on_progress(self._table.bytes_read, self._table.total_bytes, job)
        return replace(self._report(job, resumed_at=start, is_retry=job.is_finished), problems=tuple(trial.problems))

    def _begin(self) -> Job:
        with self._database.work() as work:
            job = begin_job(
                work,
                self._setup.key,
                fingerprint=self._digest,
                kind=self._wanted.kind,
                file_name=self._wanted.path.name,
                by=self._by,
            )
            self._again = rejected_numbers(work, job)
        return job

    def _batches(self, position: int) -> Iterator[tuple[list[int], list[Record | RowProblem]]]:
        """Give the rows behind ``position``, and those before it that were rejected, with their numbers."""
        numbers: deque[int] = deque()

        def rows() -> Iterator[Row | RowProblem]:
            for number, row in enumerate(self._table, start=1):
                if number > position or number in self._again:
                    numbers.append(number)
                    yield row

        mapping, columns = self._setup.mapping, self._table.columns
        records: Iterator[Record | RowProblem] = (
            read_leads(rows(), columns, mapping)
            if self._wanted.kind == "leads"
            else read_deals(rows(), columns, mapping, currency=self._setup.currency)
        )
        batch: tuple[list[int], list[Record | RowProblem]] = ([], [])
        begun_at = self._table.bytes_read
        for record in records:
            batch[0].append(numbers.popleft())
            batch[1].append(record)
            if len(batch[0]) == BATCH or self._table.bytes_read - begun_at > _BATCH_BYTES:
                yield batch
                batch, begun_at = ([], []), self._table.bytes_read
        if batch[0]:
            yield batch

    def _write(self, job: Job, numbers: list[int], rows: Sequence[Record | RowProblem]) -> Job:
        with self._database.work() as work:
            hold(work, job)
            answers = self._answers(work, job, rows)
            note_records(work, job.id)
            save_rejected(work, job, self._problems(numbers, rows, answers), numbers, self._again)
            job = _counted(job, numbers, answers, self._again)
            return save(work, replace(job, bytes=max(job.bytes, self._table.bytes_read)))

    def _answers(self, work: Work, job: Job, rows: Sequence[Record | RowProblem]) -> list[Answer | None]:
        """Write the rows that could be read; ``None`` stands for one that could not."""
        make_fields(work, self._setup.fields, by=self._by)
        by, target = Actor(ActorKind.IMPORT, job.id), self._wanted.target
        if self._wanted.kind == "leads":
            leads = [row for row in rows if isinstance(row, LeadRow)]
            found = iter(write_leads(work, leads, target=target, by=by) if leads else ())
        else:
            deals = [row for row in rows if isinstance(row, DealRow)]
            written = write_deals(work, deals, target=target, currency=self._setup.currency, by=by) if deals else []
            found = iter(written)
        return [None if isinstance(row, RowProblem) else next(found) for row in rows]

    def _problems(
        self, numbers: Sequence[int], rows: Sequence[Record | RowProblem], answers: Sequence[Answer | None]
    ) -> dict[int, RowProblem]:
        """Return what is wrong, by the row's number."""
        columns, mapping = self._table.columns, self._setup.mapping
        names = {
            entry.to: columns[at].name for at, entry in zip(mapping.positions(columns), mapping.columns, strict=True)
        }
        found = {}
        for number, row, answer in zip(numbers, rows, answers, strict=True):
            if isinstance(row, RowProblem):
                found[number] = row
            elif answer is not None and answer.code == "rejected":
                reason, column = answer.reason or LazyText(""), names.get(answer.target, "")
                found[number] = RowProblem(row.line, reason, cells=row.cells, column=column)
        return found

    def _check_unchanged(self) -> None:
        if self._table.bytes_read != self._table.total_bytes or self._table.fingerprint != self._digest:
            raise FileChangedError(self._wanted.path)

    def _report(self, job: Job, *, is_repeat: bool = False, resumed_at: int = 0, is_retry: bool = False) -> Report:
        return Report(
            job,
            job.position,
            job.created,
            job.updated,
            job.rejected,
            is_repeat,
            0 if is_retry else resumed_at,
            is_retry,
            self._table.columns,
            self._setup.unmapped,
        )


def _counted(
    job: Job,
    numbers: Sequence[int],
    answers: Sequence[Answer | None],
    again: frozenset[int],
) -> Job:
    codes = [answer.code if answer is not None else "rejected" for answer in answers]
    return replace(
        job,
        position=max(job.position, numbers[-1]),
        created=job.created + codes.count("created"),
        updated=job.updated + codes.count("updated"),
        rejected=job.rejected + codes.count("rejected") - sum(number in again for number in numbers),
    )


@contextmanager
def taken_back(database: Database) -> Iterator[Work]:
    """Open a transaction whose changes nobody will ever see."""
    with database.engine.connect() as connection:
        try:
            work = database.begin(connection)
            yield work
            work.finish()
        finally:
            rollback(connection)
