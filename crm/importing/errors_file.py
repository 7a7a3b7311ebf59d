"""The file of rejected rows: line, reason, and the row as it stood, to be corrected and imported again."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from crm.importing.table import Column, RowProblem
from engine.text import LazyText, _l

# A spreadsheet computes cells that begin so: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not compute: an apostrophe goes before a formula's first sign."""
    return f"'{cell}" if cell.lstrip(" \u00a0").startswith(_FORMULA_STARTS) else cell


def heading_of(columns: Sequence[str], translate: Callable[[LazyText], str]) -> list[str]:
    """Return the heading of a table of rejected rows."""
    return [*map(translate, (_l("Line"), _l("Reason"))), *map(harmless, columns)]


def row_of(problem: RowProblem, translate: Callable[[LazyText], str]) -> list[str]:
    """Return a rejected row: its line, the reason, its cells, or what could be read of it where they could not be told apart."""
    cells = problem.cells or (problem.excerpt,)
    plain = (cell.replace("\v", "\n") for cell in cells)
    return [str(problem.line), harmless(translate(problem.reason)), *map(harmless, plain)]


class RejectedRows:
    """Writes rejected rows as they come; the file appears whole at the end of a ``with``, or not at all.

    No file appears where no row was rejected or the ``with`` ended by an error; an older file at its path goes with
    the first case, so that it does not tell of another import.  Holds no rows in memory.

    Attributes:
        path: where the file will be: CSV in UTF-8 with a byte order mark, for spreadsheets.
        count: how many rows were written.
    """

    def __init__(self, path: Path, columns: Sequence[Column], *, translate: Callable[[LazyText], str] = str) -> None:
        self.path = path
        self.count = 0
        self._translate = translate
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        self._part = Path(name)
        self._file = os.fdopen(handle, "w", encoding="utf-8-sig", newline="", errors="replace")
        self._rows = csv.writer(self._file)
        self._rows.writerow(heading_of([column.name for column in columns], translate))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if error is None and self.count:
                self._part.replace(self.path)
            elif error is None:
                self.path.unlink(missing_ok=True)
        finally:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def add(self, problem: RowProblem) -> None:
        """Write one row."""
        self._rows.writerow(row_of(problem, self._translate))
        self.count += 1
