"""Reports as files: tables of plain values, written as CSV and as an Excel workbook."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from babel.numbers import get_currency_precision

from crm.reports.table import Cell, Column, Line, Report, Table
from engine.text import _l

Plain = str | int | float | None
"""What a cell of a file holds."""

_DAY: Final = timedelta(days=1)
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that begins so for a formula."""
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
LONGEST_SHEET_NAME: Final = 31


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a file: its name, a row of headings, and rows of values."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Plain, ...], ...]


def sheets_of(report: Report, said: Callable[[str], str]) -> tuple[Sheet, ...]:
    """Return the tables of a report as plain values; ``said`` puts texts into the reader's language.

    Sums have a column for each currency, in its whole units; lengths of time are days; shares are parts of 1.
    """
    return tuple(_sheet(table, said) for table in report.tables)


def _sheet(table: Table, said: Callable[[str], str]) -> Sheet:
    lines = [*table.lines, *([table.total] if table.total is not None else [])]
    headings = [said(head) for head in table.heads] or [""]
    pulls = [_name(place, said) for place, _ in enumerate(headings)]
    for place, column in enumerate(table.columns):
        for heading, pull in _columns(column, [line.cells[place] for line in lines], said):
            headings.append(heading)
            pulls.append(lambda line, place=place, pull=pull: pull(line.cells[place]))  # type: ignore[misc]  # the same
    return Sheet(said(table.title), tuple(headings), tuple(tuple(pull(line) for pull in pulls) for line in lines))


def _name(place: int, said: Callable[[str], str]) -> Callable[[Line], Plain]:
    return lambda line: said(line.names[place]) if place < len(line.names) else None


def _columns(
    column: Column, cells: Sequence[Cell], said: Callable[[str], str]
) -> list[tuple[str, Callable[[Cell], Plain]]]:
    title = said(column.title)
    if column.kind == "sums":
        currencies = sorted({name for cell in cells if isinstance(cell.value, Mapping) for name in cell.value})
        return [(f"{title}, {currency}", lambda cell, of=currency: _money(cell, of)) for currency in currencies]  # type: ignore[misc]  # a default binds the currency
    if column.kind == "span":
        return [(said(_l("{column}, days", column=column.title)), _days)]
    return [(title, _number)]


def _money(cell: Cell, currency: str) -> Plain:
    if not isinstance(cell.value, Mapping) or currency not in cell.value:
        return None
    places: int = get_currency_precision(currency)
    amount = cell.value[currency]
    return round(amount / 10**places, places) if places else amount


def _days(cell: Cell) -> Plain:
    return round(cell.value / _DAY, 3) if isinstance(cell.value, timedelta) else None


def _number(cell: Cell) -> Plain:
    value = cell.value
    if isinstance(value, float):
        return round(value, 6)
    return value if isinstance(value, int) else None


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe before where it would."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def csv_of(sheets: Sequence[Sheet], *, mark: str = ",") -> bytes:
    """Return tables as CSV, one below the other with its name above; a mark at the start tells spreadsheets that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark)
    for place, sheet in enumerate(sheets):
        if place:
            writer.writerow([])
        if len(sheets) > 1:
            writer.writerow([harmless(sheet.name)])
        for row in (sheet.headings, *sheet.rows):
            writer.writerow([harmless(value) if isinstance(value, str) else value for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def workbook_of(sheets: Sequence[Sheet]) -> bytes:
    """Return tables as an Excel workbook, a sheet for each.  Texts are texts there, whatever they begin with."""
    from openpyxl import Workbook  # slow to load, and needed here alone
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book, bold = Workbook(write_only=True), Font(bold=True)
    for name, sheet in zip(_sheet_names([one.name for one in sheets]), sheets, strict=True):
        page = book.create_sheet(name)
        page.freeze_panes = "A2"
        for number, row in enumerate((sheet.headings, *sheet.rows)):
            cells = []
            for value in row:
                cell = WriteOnlyCell(page, _UNWRITABLE.sub("", value) if isinstance(value, str) else value)
                if isinstance(value, str):
                    cell.data_type = "s"  # a text, also where it begins like a formula
                if number == 0:
                    cell.font = bold
                cells.append(cell)
            page.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet_names(names: Sequence[str]) -> list[str]:
    """Return names that a workbook takes: short, without some signs, each once."""
    found: list[str] = []
    for name in names:
        clean = _NOT_IN_NAMES.sub(" ", _UNWRITABLE.sub("", name)).strip(" '")[:LONGEST_SHEET_NAME] or "1"
        number, free = 2, clean
        while free.casefold() in {one.casefold() for one in found}:
            free = f"{clean[: LONGEST_SHEET_NAME - 4]} {number}"
            number += 1
        found.append(free)
    return found
