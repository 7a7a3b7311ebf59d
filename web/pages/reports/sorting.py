"""The lines of a report's tables in the order that one asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from crm.reports.table import Cell, Report, Table


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column of which table, and which way; nothing for the report's own order.  In an address: ``sales.-won``."""

    table: str = ""
    column: str = ""
    descending: bool = False

    def asked_next(self, table: str, column: str) -> str:
        """Return what the heading of a column asks for: the largest first, then the smallest."""
        is_down = (self.table, self.column, self.descending) == (table, column, True)
        return f"{table}.{'' if is_down else '-'}{column}"

    def said_of(self, table: str, column: str) -> str:
        """Return what a heading says of the order to those who do not see it; nothing where it is by another column."""
        if (self.table, self.column) != (table, column):
            return ""
        return "descending" if self.descending else "ascending"


def sorting_in(text: str) -> Sorting:
    """Return what an address asks for."""
    table, _, column = text.rpartition(".")
    return Sorting(table, column.removeprefix("-"), column.startswith("-")) if table else Sorting()


def in_order(report: Report, sorting: Sorting) -> Report:
    """Return the report with the lines of one table in this order; those without a figure come last."""
    return replace(report, tables=tuple(_ordered(table, sorting) for table in report.tables))


def _ordered(table: Table, sorting: Sorting) -> Table:
    if table.key != sorting.table or sorting.column not in {one.key for one in table.columns}:
        return table
    place = table.column(sorting.column)
    known = [line for line in table.lines if line.cells[place].value not in (None, {})]
    rest = [line for line in table.lines if line.cells[place].value in (None, {})]
    known.sort(key=lambda line: _figure(line.cells[place]), reverse=sorting.descending)
    return replace(table, lines=(*known, *rest))


def _figure(cell: Cell) -> Any:
    value = cell.value
    if isinstance(value, Mapping):
        return max(value.values())
    return value / timedelta(microseconds=1) if isinstance(value, timedelta) else value
