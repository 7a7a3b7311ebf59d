"""How an import looks in the terminal: its progress, its report, the file of rejected rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crm.errors import InvalidError
from crm.importing.errors_file import RejectedRows
from crm.importing.job import Job
from crm.importing.table import Column, RowProblem
from engine.text import LazyText, _l, _ln
from voronka.i18n import LANGUAGES, translate
from voronka.terminal import done, err, note, print_json, said, warn

if TYPE_CHECKING:
    from crm.importing.run import Report

_COLUMNS_SHOWN: Final = 12
KINDS: Final = {"leads": _l("leads"), "deals": _l("deals"), "users": _l("users")}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the report says."""

    kind: str
    is_trial: bool
    read: int
    created: int
    updated: int
    rejected: int
    unmapped: tuple[str, ...] = ()
    is_repeat: bool = False
    is_retry: bool = False
    resumed_at: int = 0


def shown(report: Report, *, kind: str, is_trial: bool) -> Shown:
    """Return what to say of an import."""
    return Shown(
        kind,
        is_trial,
        report.read,
        report.created,
        report.updated,
        report.rejected,
        tuple(column.name for column in report.unmapped),
        report.is_repeat,
        report.is_retry,
        report.resumed_at,
    )


def show(result: Shown, *, as_json: bool, errors: Path) -> None:
    """Print the counts, on standard output only where they are JSON; the rest goes to standard error."""
    if result.unmapped:
        names = ", ".join(result.unmapped[:_COLUMNS_SHOWN])
        rest = len(result.unmapped) - _COLUMNS_SHOWN
        if rest > 0:
            names += str(_ln(" and {count} more", " and {count} more", rest))
        note(_l("columns that go nowhere: {names} (a map for --map says where they go)", names=names))
    if result.is_repeat:
        note(_l("this file was imported before, with the same map to the same place: nothing to do"))
    elif result.is_retry:
        note(_l("this file was imported before: only its rejected rows were tried again"))
    elif result.resumed_at and not result.is_trial:
        note(_ln("went on behind row {count}", "went on behind row {count}", result.resumed_at))
    counts = {name: getattr(result, name) for name in ("read", "created", "updated", "rejected")}
    if result.rejected:
        warn(
            _ln(
                "{count} row was rejected: {path} says why; correct what is wrong and import it",
                "{count} rows were rejected: {path} says why; correct what is wrong and import it",
                result.rejected,
                path=errors,
            )
        )
    if as_json:
        print_json(counts)
        return
    line = (
        _l("{kind}, a trial: read {read}, would create {created}, update {updated}, reject {rejected}",
           kind=KINDS[result.kind], **counts)
        if result.is_trial
        else _l("{kind}: read {read}, created {created}, updated {updated}, rejected {rejected}",
                kind=KINDS[result.kind], **counts)
    )  # fmt: skip
    (warn if result.rejected else done)(line)


@contextmanager
def progress(name: str, *, is_quiet: bool) -> Iterator[Callable[[int, int, Job], None] | None]:
    """Show a bar of the bytes read on standard error, in a terminal only."""
    console = err()
    if is_quiet or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TextColumn("{task.fields[rows]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(name, total=None, rows="")

        def on_progress(read: int, total: int, job: Job) -> None:
            rows = said(_ln("{count} row", "{count} rows", job.position))
            bar.update(task, completed=read, total=total, rows=rows)

        yield on_progress


def write_errors(path: Path, columns: Sequence[Column], problems: Iterator[RowProblem], *, has_any: bool) -> None:
    """Write the file of rejected rows; where none was rejected, an older one goes.

    Raises:
        InvalidError: it cannot be written.
    """
    try:
        if not has_any:
            if path.is_file():  # and no device
                path.unlink()
            return
        with RejectedRows(path, columns, translate=_translated) as rejected:
            for problem in problems:
                rejected.add(problem)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidError(
            _l("the rejected rows cannot be written to {path} ({reason}): name another file by --errors and repeat",
               path=path, reason=reason)
        ) from error  # fmt: skip


def is_of_rejected_rows(path: Path) -> bool:
    """True for a file that an import of ours has written, in whatever language, and for an empty one."""
    with path.open("rb") as file:
        heading = file.readline(1000).decode("utf-8-sig", errors="replace")
    written = {",".join(translate(word, one) for word in (_l("Line"), _l("Reason"))) for one in LANGUAGES}
    return not heading.strip() or any(heading.rstrip("\r\n").startswith(one) for one in written)


def _translated(text: LazyText) -> str:
    return said(text)
