"""Deals that are wanted, as a file: CSV as it is read, or a workbook."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from typing import Final

from flask import Response, request, send_file, stream_with_context
from flask.typing import ResponseReturnValue

from crm.access.audit import note_export
from crm.conditions.fields import SubjectFields
from crm.directory import Directory, Plan, directory
from crm.errors import InvalidError
from crm.finding.columns import columns_of
from crm.finding.deals import DealRow, deal_page
from crm.finding.orders import Place
from crm.finding.tallies import deal_tally
from crm.finding.wanted import Wanted
from db.work import Work
from engine.text import _l
from web.access import allowed
from web.deal_columns import LIST, columns_shown
from web.deal_values import Values, as_cell, as_text
from web.finding import choices_of, read_wanted
from web.pages.deals.listing import EXPORT, plan_asked
from web.pages.deals.listing import blueprint as blueprint
from web.site import reading, writing
from web.visit import actor, viewer, visit

BATCH: Final = 1000
MOST_IN_WORKBOOK: Final = 1_000_000
"""Rows; a sheet holds hardly more."""
_BOM: Final = "\ufeff"


@blueprint.get("/deals/export.csv")
@allowed(EXPORT)
def as_csv() -> ResponseReturnValue:
    """Write the deals that are wanted as CSV while they are read: one view of the database, whatever happens meanwhile."""
    wanted = read_wanted(request.args, "deal")
    mark = "," if visit().language == "en" else ";"  # as spreadsheets expect it where commas stand before cents

    def lines() -> Iterator[str]:
        written = 0
        with reading() as work:
            plan = plan_asked(work)
            values = _values(work, plan)
            yield _BOM + _line(values.headings, mark)
            after: Place | None = None
            while True:
                rows, after = _batch(work, wanted, plan, after)
                yield "".join(_line([as_text(value) for value in values.of(row)], mark) for row in rows)
                written += len(rows)
                if after is None:
                    break
        _note(written)

    with reading() as work:  # what cannot be asked is refused before the file begins
        plan = plan_asked(work)
        deal_page(work, wanted, viewer=viewer(), plan=plan, limit=1)
    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(plan)}.csv"'
    return answer


@blueprint.get("/deals/export.xlsx")
@allowed(EXPORT)
def as_workbook() -> ResponseReturnValue:
    """Write the deals that are wanted as a workbook.

    Raises:
        InvalidError: they are more than a sheet holds.
    """
    from openpyxl import Workbook  # late: it is slow to load
    from openpyxl.cell import WriteOnlyCell

    wanted = read_wanted(request.args, "deal")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Deals")
    with reading() as work:
        plan = plan_asked(work)
        if deal_tally(work, wanted, viewer=viewer(), plan=plan).deals > MOST_IN_WORKBOOK:
            raise InvalidError(
                _l("a workbook holds {limit} deals at most: narrow the filter, or take CSV", limit=MOST_IN_WORKBOOK)
            )
        values = _values(work, plan)
        sheet.append(values.headings)
        after: Place | None = None
        written = 0
        while True:
            rows, after = _batch(work, wanted, plan, after)
            written += len(rows)
            for row in rows:
                cells = []
                for value in values.of(row):
                    cell = WriteOnlyCell(sheet, as_cell(value))
                    if isinstance(value, str):
                        cell.data_type = "s"  # a text, also where it begins like a formula
                    cells.append(cell)
                sheet.append(cells)
            if after is None:
                break
    _note(written)
    file = tempfile.TemporaryFile()  # noqa: SIM115  sent, and closed with the answer
    book.save(file)
    file.seek(0)
    return send_file(
        file,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=f"{_name(plan)}.xlsx",
    )


def _note(rows: int) -> None:
    """Let the audit know who took how many deals along."""
    with writing() as work:
        note_export(work, "deals", rows, by=actor(), right=EXPORT)


def _batch(work: Work, wanted: Wanted, plan: Plan | None, after: Place | None) -> tuple[list[DealRow], Place | None]:
    page = deal_page(work, wanted, viewer=viewer(), plan=plan, after=after, limit=BATCH)
    return page.rows, page.next


def _values(work: Work, plan: Plan | None) -> Values:
    settings: Directory = directory(work)
    columns = columns_shown(settings, columns_of(work, LIST, viewer=viewer()), all_plans=plan is None)
    reasons = choices_of(work, "deal.lost_reason", SubjectFields(settings, "deal"))
    return Values(settings, columns, reasons, visit().zone)


def _line(cells: list[str], mark: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=mark).writerow(cells)
    return text.getvalue()


def _name(plan: Plan | None) -> str:
    return f"deals-{plan.key}" if plan is not None else "deals"
