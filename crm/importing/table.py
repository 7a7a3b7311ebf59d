"""What reading a table gives: its columns, its rows, and the rows that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from engine.text import LazyText

_EXCERPT: Final = 200


class Row(NamedTuple):
    """One row of cells, as text.

    Attributes:
        number: position among the rows with data, from 1; rejected rows count too.
        line: the physical line of the file on which the row begins, from 1.
        values: as many cells as the table has columns.
    """

    number: int
    line: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row that was rejected.

    Attributes:
        line: the physical line on which it begins, from 1.
        reason: what is wrong, and what to do.
        excerpt: the beginning of the row as it stands in the file, at most 200 characters, printable.
        cells: the row's cells where they could be told apart, else empty.
        column: the name of the column at fault, where there is one.
    """

    line: int
    reason: LazyText
    excerpt: str = ""
    cells: tuple[str, ...] = ()
    column: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        position: counted from 1.
        name: unique in its table: a repeated heading gets `` (2)`` by position, a missing one is ``column 5``.
        heading: as it stands in the file; empty in a table without headings.
    """

    position: int
    name: str
    heading: str


def excerpt_of(text: str) -> str:
    """Return the beginning of a text with control characters and undecodable bytes shown as ``�``."""
    shown = "".join(c if c.isprintable() else " " if c in "\t\n\r" else "�" for c in text[: _EXCERPT + 1])
    return shown if len(text) <= _EXCERPT else shown[:_EXCERPT] + "…"
