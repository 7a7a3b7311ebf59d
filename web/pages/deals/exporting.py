"""Deals that are wanted, as a file: CSV as it is read, or a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from crm.access.audit import note_export
from crm.directory import Plan
from crm.errors import InvalidError
from crm.finding.deals import deal_page
from crm.finding.orders import Place
from crm.finding.tallies import deal_tally
from crm.finding.wanted import Wanted
from engine.text import _l
from web.access import allowed
from web.deal_values import values_of
from web.finding import read_wanted
from web.pages.deals.listing import EXPORT, plan_asked
from web.pages.deals.listing import blueprint as blueprint
from web.sheets import MOST_IN_WORKBOOK, Value, csv_answer, workbook_answer
from web.site import reading, writing
from web.visit import actor, viewer

BATCH: Final = 1000


@blueprint.get("/deals/export.csv")
@allowed(EXPORT)
def as_csv() -> ResponseReturnValue:
    """Write the deals that are wanted as CSV while they are read: one view of the database, whatever happens meanwhile."""
    wanted = read_wanted(request.args, "deal")
    with reading() as work:  # what cannot be asked is refused before the file begins
        plan = plan_asked(work)
        deal_page(work, wanted, viewer=viewer(), plan=plan, limit=1)
    return csv_answer(wanted_deals(wanted, plan), name_of(plan))


@blueprint.get("/deals/export.xlsx")
@allowed(EXPORT)
def as_workbook() -> ResponseReturnValue:
    """Write the deals that are wanted as a workbook.

    Raises:
        InvalidError: they are more than a sheet holds.
    """
    wanted = read_wanted(request.args, "deal")
    with reading() as work:
        plan = plan_asked(work)
        if deal_tally(work, wanted, viewer=viewer(), plan=plan).deals > MOST_IN_WORKBOOK:
            raise InvalidError(
                _l("a workbook holds {limit} deals at most: narrow the filter, or take CSV", limit=MOST_IN_WORKBOOK)
            )
    return workbook_answer(wanted_deals(wanted, plan), name_of(plan), "Deals")


def wanted_deals(wanted: Wanted, plan: Plan | None) -> Iterator[list[list[Value]]]:
    """Give the headings, then the deals, and let the audit know at the end how many somebody took along."""
    written = 0
    with reading() as work:
        values = values_of(work, all_plans=plan is None)
        yield [list(values.headings)]
        after: Place | None = None
        while True:
            page = deal_page(work, wanted, viewer=viewer(), plan=plan, after=after, limit=BATCH)
            yield [values.of(row) for row in page.rows]
            written += len(page.rows)
            after = page.next
            if after is None:
                break
    with writing() as work:
        note_export(work, "deals", written, by=actor(), right=EXPORT)


def name_of(plan: Plan | None) -> str:
    """Return the name of the file of a plan's deals, or of all."""
    return f"deals-{plan.key}" if plan is not None else "deals"
