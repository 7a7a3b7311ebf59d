"""Rows of records as a file: CSV while they are read, or a workbook.

Values, not words, so that a spreadsheet can go on with them.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, send_file, stream_with_context

from crm.directory import Directory
from crm.fields.shown import FieldShown
from crm.importing.errors_file import harmless
from crm.importing.values import decimals_of
from web.custom_fields import field_views
from web.visit import visit

Value = str | int | Decimal | datetime | date | None
Batches = Iterable[Sequence[Sequence[Value]]]
"""Rows of values, some at a time; those of the headings come first."""
MOST_IN_WORKBOOK: Final = 1_000_000
"""Rows; a sheet holds hardly more."""
_BOM: Final = "\ufeff"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_answer(batches: Batches, name: str) -> Response:
    """Return rows as CSV, written while they are read."""
    mark = "," if visit().language == "en" else ";"  # as spreadsheets expect it where commas stand before cents

    def lines() -> Iterator[str]:
        start = _BOM
        for rows in batches:
            yield start + "".join(_line([_as_text(value) for value in row], mark) for row in rows)
            start = ""

    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def workbook_answer(batches: Batches, name: str, title: str) -> Response:
    """Return rows as a workbook of one sheet; texts stay texts, also those that begin like a formula."""
    from openpyxl import Workbook  # late: it is slow to load
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for rows in batches:
        for row in rows:
            cells = []
            for value in row:
                # No workbook can hold signs of control.
                cell = WriteOnlyCell(sheet, _CONTROL.sub(" ", value) if isinstance(value, str) else value)
                if isinstance(value, str):
                    cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    file = tempfile.TemporaryFile()  # noqa: SIM115  sent, and closed with the answer
    book.save(file)
    file.seek(0)
    return send_file(file, mimetype=_WORKBOOK, as_attachment=True, download_name=f"{name}.xlsx")


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment as clocks of a zone show it, for a cell."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0) if moment is not None else None


def custom_value(settings: Directory, shown: FieldShown, currency: str, zone: ZoneInfo) -> Value:
    """Return the value of a custom field for a cell; money is in ``currency``."""
    value: Any = shown.value
    if value is None:
        return None
    match shown.definition.type:
        case "number":
            return Decimal(str(value))
        case "money":
            return Decimal(int(value)).scaleb(-decimals_of(currency))
        case "date":
            return date.fromisoformat(value)
        case "datetime":
            return local(datetime.fromisoformat(value), zone)
    [view] = field_views(settings, [shown], currency)
    return view.said


def _as_text(value: Value) -> str:
    """Return a value for a cell of CSV, which a spreadsheet shows and does not compute."""
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case int():
            return str(value)
        case _:
            return harmless(value)


def _line(cells: list[str], mark: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=mark).writerow(cells)
    return text.getvalue()
