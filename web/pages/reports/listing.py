"""The list of reports: saved ones, and the types a new one can be of."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from crm.reports.asked import TYPES
from crm.reports.saved import saved_reports
from crm.reports.scope import RIGHT
from web.access import allowed
from web.pages.reports.part import blueprint
from web.site import reading
from web.visit import viewer


@blueprint.get("")
@allowed(RIGHT)
def every() -> ResponseReturnValue:
    """Show the reports that the visitor has saved, and those that others share."""
    with reading() as work:
        found = saved_reports(work, viewer=viewer())
    mine = [one for one in found if one.is_mine]
    return render_template("reports/all.html", mine=mine, shared=[one for one in found if not one.is_mine], types=TYPES)


@blueprint.get("/new")
@allowed(RIGHT)
def new() -> ResponseReturnValue:
    """Show the types to choose from."""
    return render_template("reports/new.html", types=TYPES)
