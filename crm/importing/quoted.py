"""Records out of lines that hold quotation marks: a cell may run over several lines, or lack its closing mark.

A record that goes wrong never takes the lines after it along.  Only its first line is given up, reading starts again
at the next one.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import Final

from crm.importing.lines import BROKEN, Block, Overlong
from crm.importing.table import RowProblem, excerpt_of
from engine.text import LazyText, _l

MAX_RECORD_LINES: Final = 5_000
# The csv module's own limit, set for the whole process; cells beyond it are refused, so it is not touched here.
MAX_CELL: Final = 131_072
_LEAST_LINES: Final = 20


class QuotedRecords:
    """Takes lines in, gives records or problems out, one at a time.

    A quoted cell without end is noticed at the end of the file, at an overlong line, after ``max_record`` characters or
    after `MAX_RECORD_LINES` lines.  Each such dead end halves how far the next records may run, until the lines it
    looked at are passed: so a file of nothing but dead ends still takes time in proportion to its size.
    """

    def __init__(self, blocks: Iterator[Block | Overlong], *, separator: str, width: int, max_record: int) -> None:
        self._blocks = blocks
        self._reader = csv.reader(_Lines(self), delimiter=separator, strict=True)
        self._whole = _whole_record(separator)
        self._width = width
        self._max_record = max_record
        self._queue: deque[str] = deque()
        self._next_line = 1
        self._overlong: Overlong | None = None
        self._taken: list[str] = []
        self._taken_chars = 0
        self._is_dead_end = False
        self._is_broken = False
        self._allowed_lines = MAX_RECORD_LINES
        self._recovers_at = 0

    @property
    def is_idle(self) -> bool:
        """Nothing is waiting: the next block may be read without this."""
        return not self._queue and self._overlong is None

    def put(self, block: Block) -> None:
        """Take the lines of the next block; only when idle."""
        self._next_line = block.first_line
        self._queue.extend(block.lines)
        self._is_broken = block.is_broken

    def take(self) -> tuple[int, list[str]] | RowProblem:
        """Return the next record with its first line's number; an empty list for a blank line.  Only when not idle."""
        if not self._queue and self._overlong is not None:
            overlong, self._overlong = self._overlong, None
            return RowProblem(overlong.line, too_long(self._max_record), excerpt_of(overlong.excerpt))
        line = self._next_line
        if line >= self._recovers_at:
            self._allowed_lines = MAX_RECORD_LINES
        self._taken, self._taken_chars, self._is_dead_end = [], 0, False
        try:
            values = next(self._reader, [])
        except csv.Error:
            return self._give_up(line, self._reason())
        return self._judge(line, values)

    def next_line(self) -> str | None:
        """Hand the csv reader one more line of the record it is in; ``None`` where the record may not go on."""
        if self._taken and (self._taken_chars > self._max_record or len(self._taken) >= self._allowed_lines):
            self._is_dead_end = True
            return None
        if not self._queue and not self._refill():
            self._is_dead_end = True
            return None
        line = self._queue.popleft()
        self._next_line += 1
        self._taken.append(line)
        self._taken_chars += len(line) + 1
        return line + "\n"

    def _refill(self) -> bool:
        if self._overlong is not None:
            return False
        match next(self._blocks, None):
            case Block() as block:
                self._queue.extend(block.lines)
                self._is_broken = self._is_broken or block.is_broken
                return True
            case Overlong() as overlong:
                self._overlong = overlong
        return False

    def _judge(self, line: int, values: list[str]) -> tuple[int, list[str]] | RowProblem:
        raw = "\n".join(self._taken) if len(self._taken) > 1 else self._taken[0]
        if len(self._taken) > 1 and (
            not self._whole.fullmatch(raw) or (len(values) != self._width and self._second_line_is_a_row())
        ):
            return self._give_up(line, _NOT_CLOSED)
        if self._is_broken and BROKEN.search(raw):
            return RowProblem(line, broken_reason(raw), excerpt_of(raw))
        return line, values

    def _second_line_is_a_row(self) -> bool:
        try:
            rows = list(csv.reader([self._taken[1]], delimiter=self._reader.dialect.delimiter, strict=True))
        except csv.Error:
            return False
        return bool(rows) and len(rows[0]) == self._width

    def _give_up(self, line: int, reason: LazyText) -> RowProblem:
        first, *others = self._taken
        if len(others) >= _LEAST_LINES or self._is_dead_end:
            self._recovers_at = max(self._recovers_at, self._next_line)
            self._allowed_lines = max(_LEAST_LINES, self._allowed_lines // 2)
        self._queue.extendleft(reversed(others))
        self._next_line -= len(others)
        return RowProblem(line, reason, excerpt_of(first))

    def _reason(self) -> LazyText:
        if self._is_dead_end:
            return _NOT_CLOSED
        if self._taken_chars > MAX_CELL:
            return _l("A cell is longer than {limit} characters, or its quotation mark is not closed", limit=MAX_CELL)
        return _l("A quotation mark inside a quoted cell must be written twice")


class _Lines:
    """What the csv reader reads from."""

    def __init__(self, records: QuotedRecords) -> None:
        self._records = records

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._records.next_line()
        if line is None:
            raise StopIteration
        return line


_NOT_CLOSED: Final = _l("The quotation mark that opens a cell here is not closed: close it, or write it twice")


def too_long(limit: int) -> LazyText:
    """Say that a line is longer than a limit in characters."""
    return _l("The line is longer than {limit} characters and was skipped: is a line end missing?", limit=limit)


def broken_reason(raw: str) -> LazyText:
    """Say what is broken in a record that holds a NUL or an undecodable byte, and where."""
    match = BROKEN.search(raw)
    assert match is not None
    character, column = match[0], match.start() + 1
    if character == "\0":
        return _l("A NUL byte at character {column}: save the file anew as CSV UTF-8", column=column)
    return _l(
        "The byte {byte} at character {column} does not belong to the file's encoding: save the file anew as CSV UTF-8",
        byte=f"0x{ord(character) & 0xFF:02X}",
        column=column,
    )


def _whole_record(separator: str) -> re.Pattern[str]:
    """Return what a record over several lines must look like: no quotation mark inside an unquoted cell (RFC 4180)."""
    cell = rf'(?:"(?:[^"]++|"")*+"|[^"\n{re.escape(separator)}]*+)'
    return re.compile(rf"{cell}(?:{re.escape(separator)}{cell})*+")
