"""One report, saved or not yet: its settings above, then its charts, and the same figures as tables."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from crm.reports.asked import TYPES, Asked, Type
from crm.reports.periods import PERIODS
from crm.reports.reporting import report
from crm.reports.saved import SavedReport, saved_report
from crm.reports.scope import RIGHT
from web.access import allowed
from web.addresses import url_for
from web.forms import Form
from web.pages.reports.charts import charts_of
from web.pages.reports.part import NameForm, asked_here, blueprint, choices, figure, in_words, link, parameters
from web.pages.reports.sorting import in_order, sorting_in
from web.site import reading
from web.visit import viewer


def type_named(name: str) -> Type:
    """Return a type by its name in an address; 404 for any other."""
    found = next((known for known in TYPES if known == name), None)
    if found is None:
        abort(404)
    return found


@blueprint.get("/of/<type_>")
@allowed(RIGHT)
def preview(type_: str) -> ResponseReturnValue:
    """Show a report that nobody saved, with the settings of the address."""
    asked, problem = asked_here(type_named(type_))
    return page(asked, problem=problem)


@blueprint.get("/<int:report_id>")
@allowed(RIGHT)
def show(report_id: int) -> ResponseReturnValue:
    """Show a saved report; with settings in the address, as it would be with these."""
    with reading() as work:
        saved = saved_report(work, report_id, viewer=viewer())
    asked, problem = asked_here(saved.asked.type, saved.asked)
    return page(asked, saved, problem=problem)


def page(
    asked: Asked, saved: SavedReport | None = None, form: Form[NameForm] | None = None, *, problem: str = ""
) -> str:
    """Return the page of a report."""
    sorting = sorting_in(request.args.get("sort", ""))
    given = parameters(asked)

    def here(**instead: str | None) -> str:
        """Return the address of this page with other settings."""
        if saved is not None:
            return url_for("reports.show", report_id=saved.id, **{**given, **instead})
        return url_for("reports.preview", type_=asked.type, **{**given, **instead})

    with reading() as work:
        found = in_order(report(work, asked, viewer=viewer()), sorting)
        offered = choices(work, asked.type)
    kept = {"name": saved.name, "is_shared": "yes" if saved.is_shared else ""} if saved is not None else {}
    return render_template(
        "reports/show.html",
        report=found,
        asked=asked,
        saved=saved,
        is_changed=saved is not None and asked != saved.asked,
        form=form or Form(kept),
        problem=problem,
        words=TYPES[asked.type],
        periods=PERIODS,
        given=given,
        charts={one.key: charts_of(one) for one in found.tables},
        sorting=sorting,
        here=here,
        figure=figure,
        in_words=in_words,
        link=link,
        **offered,
    )
