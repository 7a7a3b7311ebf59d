"""What a report is made of: tables of cells, each cell with the list that holds exactly what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal

from crm.reports.narrowing import Narrowing

Tone = Literal["", "ok", "bad", "accent", "warn", "1", "2", "3", "4", "5", "6", "7", "8"]
"""How a column is drawn in the chart; empty: it is not drawn."""

Kind = Literal["count", "share", "sums", "span", "number"]
"""What a cell holds: a number of records, a part of 1, sums in minor units by currency, a length of time, another number."""

Value = int | float | timedelta | Mapping[str, int] | None

NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures.  ``tone`` is set where the chart shows it."""

    key: str
    title: str
    kind: Kind = "count"
    tone: Tone = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure; ``leads_to`` is the list with exactly the records it counts, ``None`` where it counts none."""

    value: Value
    leads_to: Narrowing | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row: the names of its groups, one for each head of the table, and its figures in the order of the columns."""

    names: tuple[str, ...]
    cells: tuple[Cell, ...]
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A part of a report.

    ``heads`` are the titles of what lines are grouped by.  ``total`` is of all records, each once: where a record stands in
    several lines (a deal of two products), the lines add up to more, and ``is_overlapping`` says so.
    """

    key: str
    title: str
    heads: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: Line | None = None
    is_overlapping: bool = False

    def column(self, key: str) -> int:
        """Return the place of a column."""
        return next(place for place, one in enumerate(self.columns) if one.key == key)


@dataclass(frozen=True, slots=True)
class Report:
    """An answered question: its tables, and what a reader must know about them, in sentences."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """True where nothing at all was counted."""
        return not any(cell.value for table in self.tables for line in table.lines for cell in line.cells)


def share(part: int, whole: int) -> float | None:
    """Return a part of 1; nothing of nothing is no share at all."""
    return part / whole if whole else None
