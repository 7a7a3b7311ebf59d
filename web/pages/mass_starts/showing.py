"""The mass starts there are, and one: its progress, what became of those who are in, and what a person says to it."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from funnels.jobs import RIGHT
from funnels.mass.start_listing import STATES, find_mass_start, mass_starts, outcome
from funnels.mass_starts import abort, go_on
from funnels.starting import open_buttons
from web.access import allowed
from web.job_pages import change
from web.pages.mass_starts.part import BECAME, CHIPS, blueprint
from web.pages.records import is_htmx
from web.site import reading
from web.visit import viewer


@blueprint.get("")
@allowed(RIGHT)
def every() -> ResponseReturnValue:
    """Show the mass starts there are, the newest first."""
    before = request.args.get("before", 0, type=int)
    with reading() as work:
        found, more = mass_starts(work, viewer=viewer(), before=before)
        has_buttons = bool(open_buttons(work))
    part = "mass_starts/list.html" if is_htmx() else "mass_starts/all.html"
    return render_template(
        part, found=found, more=more, before=before, chips=CHIPS, has_buttons=has_buttons,
        is_busy=any(one.is_busy for one in found),
    )  # fmt: skip


@blueprint.get("/<int:mass_start_id>")
@allowed(RIGHT)
def show(mass_start_id: int) -> ResponseReturnValue:
    """Show one; htmx gets the part that changes."""
    return _page(mass_start_id)


@blueprint.post("/<int:mass_start_id>/go")
@allowed(RIGHT)
def go(mass_start_id: int) -> ResponseReturnValue:
    """Let the others in."""
    return change("mass_starts", go_on, mass_start_id, _page)


@blueprint.post("/<int:mass_start_id>/abort")
@allowed(RIGHT)
def break_off(mass_start_id: int) -> ResponseReturnValue:
    """Let nobody in any more."""
    return change("mass_starts", abort, mass_start_id, _page)


def _page(mass_start_id: int, problem: str = "") -> str:
    state = request.args.get("became", "")
    state = state if state in STATES else ""
    before = request.args.get("before", 0, type=int)
    with reading() as work:
        one = find_mass_start(work, mass_start_id, viewer=viewer())
        became = outcome(work, one, viewer=viewer(), state=state, before=before)
        may_go_on = one.start.may_go_on(work.now)
    is_live = not before and (one.is_busy or bool(became.counts.get("waiting")))
    return render_template(
        "mass_starts/state.html" if is_htmx() else "mass_starts/show.html",
        one=one,
        start=one.start,
        became=became,
        state=state,
        may_go_on=may_go_on,
        is_live=is_live,
        chips=CHIPS,
        signs=BECAME,
        problem=problem,
    )
