"""A report as a file: CSV, or an Excel workbook with a sheet for each table."""

from __future__ import annotations

from flask import Response, abort
from flask.typing import ResponseReturnValue

from crm.access.audit import note_export
from crm.reports.reporting import report
from crm.reports.sheets import csv_of, sheets_of, workbook_of
from web.access import allowed
from web.pages.reports.part import asked_here, blueprint, in_words
from web.pages.reports.showing import type_named
from web.site import reading, writing
from web.visit import actor, viewer, visit

EXPORT = "records.export"
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@blueprint.get("/of/<type_>/file.<ending>")
@allowed(EXPORT)
def file(type_: str, ending: str) -> ResponseReturnValue:
    """Give a report with the settings of the address as a file."""
    asked, problem = asked_here(type_named(type_))
    if ending not in _TYPES or problem:
        abort(404)
    with reading() as work:
        sheets = sheets_of(report(work, asked, viewer=viewer()), in_words)
    with writing() as work:
        note_export(work, "report", sum(len(sheet.rows) for sheet in sheets), by=actor())
    mark = "," if visit().language == "en" else ";"  # as spreadsheets expect it where commas stand before cents
    body = csv_of(sheets, mark=mark) if ending == "csv" else workbook_of(sheets)
    name = f"{asked.type}-{asked.period}.{ending}"
    return Response(body, mimetype=_TYPES[ending], headers={"Content-Disposition": f'attachment; filename="{name}"'})
