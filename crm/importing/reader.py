"""Open a table of any usual encoding and separator and stream its rows: CSV, TSV, exports of other CRMs.

Formula cells (``=cmd|...``, ``+1``, ``@name``) are read as the plain text they are: they do harm in a spreadsheet, not
here, and a phone may well begin with ``+``.  Whatever writes a file for spreadsheets makes them harmless
(`crm.importing.errors_file`).
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from crm.importing.errors import ImportFileError
from crm.importing.lines import BROKEN, Block, LineBlocks, Overlong
from crm.importing.quoted import MAX_CELL, QuotedRecords, broken_reason, too_long
from crm.importing.shape import Shape, shape_of
from crm.importing.table import Column, Row, RowProblem, excerpt_of
from engine.text import _l

MAX_RECORD: Final = 1_000_000

_SAMPLE_BYTES: Final = 262_144


class Table:
    """An open table: iterate once over its rows and the rows that could not be read, in the order of the file.

    Blank rows are left out.  A row may have empty cells too many at its end; any other difference from the heading's
    width is a problem.  Close it, or use it in a ``with``.

    Attributes:
        path: the file.
        columns: the columns from left to right.
        sample: the cells of the first rows, at most fifty, for recognising what the columns hold.
        has_header: the first row names the columns.
        separator: what separates the cells.
        total_bytes: the size of the file when it was opened.
        blank_rows: how many rows without any data were passed so far.
    """

    def __init__(self, path: Path, file: BufferedReader, shape: Shape, *, total_bytes: int, max_record: int) -> None:
        self.path = path
        self.columns: tuple[Column, ...] = shape.columns
        self.sample: tuple[tuple[str, ...], ...] = shape.sample
        self.has_header: bool = shape.has_header
        self.separator: str = shape.separator
        self.total_bytes = total_bytes
        self.blank_rows = 0
        self._file = file
        self._max_record = max_record
        self._number = 0
        self._leading = shape.leading_records
        # Cells of unnamed columns at the end may be missing: the heading ended with separators.
        self._least = len(shape.columns) if not shape.has_header else shape.named_width
        self._lines = LineBlocks(file, encoding=shape.encoding, skip=shape.skip, max_line=max_record)

    @property
    def encoding(self) -> str:
        """What the text is read as; ``utf-8`` while only ASCII was met."""
        return self._lines.encoding or "utf-8"

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file have been read."""
        return self._lines.bytes_read

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the bytes read so far: of the whole file after the last row."""
        return self._lines.fingerprint

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; twice does no harm."""
        self._file.close()

    def __iter__(self) -> Iterator[Row | RowProblem]:
        """Read on.

        Raises:
            ImportFileError: the disk failed while reading.
        """
        blocks = iter(self._lines)
        quoted = QuotedRecords(blocks, separator=self.separator, width=len(self.columns), max_record=self._max_record)
        try:
            while True:
                if not quoted.is_idle:
                    record = quoted.take()
                    if isinstance(record, RowProblem):
                        yield self._problem(record)
                    else:
                        yield from self._row(*record)
                    continue
                match next(blocks, None):
                    case None:
                        return
                    case Overlong() as line:
                        yield self._problem(RowProblem(line.line, too_long(self._max_record), excerpt_of(line.excerpt)))
                    case Block() as block if block.has_quotes:
                        quoted.put(block)
                    case Block() as block:
                        yield from self._plain(block)
        except OSError as error:
            raise ImportFileError(self.path, _l("Reading failed: {error}", error=error.strerror or error)) from error

    def _plain(self, block: Block) -> Iterator[Row | RowProblem]:
        separator, width = self.separator, len(self.columns)
        for line, text in enumerate(block.lines, start=block.first_line):
            values = text.split(separator)
            if block.is_broken and BROKEN.search(text):
                yield self._problem(RowProblem(line, broken_reason(text), excerpt_of(text)))
            elif len(text) > MAX_CELL and max(map(len, values)) > MAX_CELL:
                reason = _l("A cell is longer than {limit} characters", limit=MAX_CELL)
                yield self._problem(RowProblem(line, reason, excerpt_of(text)))
            elif len(values) == width and values[0] and not self._leading:
                self._number += 1
                yield Row(self._number, line, tuple(values))
            else:
                yield from self._row(line, values)

    def _row(self, line: int, values: list[str]) -> Iterator[Row | RowProblem]:
        """Give the row; nothing for a blank row, the heading, or a line that declares the separator."""
        if not any(map(str.strip, values)):
            self.blank_rows += 1
            return
        if self._leading:
            self._leading -= 1
            return
        width = len(self.columns)
        if len(values) > width and not any(map(str.strip, values[width:])):
            values = values[:width]
        elif self._least <= len(values) < width:
            values = values + [""] * (width - len(values))
        if len(values) == width:
            self._number += 1
            yield Row(self._number, line, tuple(values))
            return
        reason = (
            _l("{found} columns where {expected} are expected: is a separator inside a cell not quoted?",
               found=len(values), expected=width)
            if len(values) > width
            else _l("{found} columns where {expected} are expected: is the row cut off?",
                    found=len(values), expected=width)
        )  # fmt: skip
        yield self._problem(RowProblem(line, reason, excerpt_of(self.separator.join(values)), tuple(values)))

    def _problem(self, problem: RowProblem) -> RowProblem:
        self._number += 1
        return problem


def open_table(
    path: Path,
    *,
    header: bool | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    max_record: int = MAX_RECORD,
) -> Table:
    """Open a file as a table, finding out what is not told.

    Args:
        path: the file.
        header: whether the first row names the columns; by default judged by whether its cells look like data.
        encoding: a name Python knows; by default judged from the bytes.
        separator: one character; by default the comma, semicolon, tab or bar that fits the first rows.
        max_record: longest row in characters; what is longer is rejected, not held in memory.

    Raises:
        ImportFileError: missing, not a file, unreadable, empty, or not a table of text at all.
    """
    file, total_bytes = _open(path)
    try:
        sample = file.read(_SAMPLE_BYTES)
        if b"\n" not in sample and b"\r" not in sample:
            sample += file.read(max_record)
        file.seek(0)
        shape = shape_of(
            path,
            sample,
            is_whole=len(sample) >= total_bytes,
            header=header,
            encoding=encoding,
            separator=separator,
        )
    except OSError as error:
        file.close()
        raise ImportFileError(path, _l("Reading failed: {error}", error=error.strerror or error)) from error
    except ImportFileError:
        file.close()
        raise
    return Table(path, file, shape, total_bytes=total_bytes, max_record=max_record)


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, before anything of it is imported.

    Raises:
        ImportFileError: missing, not a file, or unreadable.
    """
    file, _ = _open(path)
    with file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ImportFileError(path, _l("Reading failed: {error}", error=error.strerror or error)) from error


def _open(path: Path) -> tuple[BufferedReader, int]:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImportFileError(path, _l("This is a folder: name the file inside it"))
        if not stat.S_ISREG(status.st_mode):
            raise ImportFileError(path, _l("This is not an ordinary file: save the table to disk first"))
        return path.open("rb"), status.st_size
    except FileNotFoundError:
        raise ImportFileError(path, _l("There is no such file: check the path")) from None
    except PermissionError:
        raise ImportFileError(path, _l("The file may not be read: check its permissions")) from None
    except (OSError, ValueError) as error:
        raise ImportFileError(path, _l("The file cannot be opened: {error}", error=str(error))) from error
