"""The mass actions there are, and one: its progress, what became of each record, and what a person says to it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Response, make_response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from crm.importing.errors_file import harmless
from engine.text import _l
from funnels.jobs import RIGHT
from funnels.mass.asking import abort, go_on
from funnels.mass.at_once import take_back
from funnels.mass.listing import OUTCOMES, every_result, find_mass_action, mass_actions, results
from web.access import allowed
from web.job_pages import change
from web.pages.mass_actions.part import BECAME, CHIPS, blueprint, in_words
from web.pages.records import done, is_htmx, nothing
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor, viewer


@blueprint.get("")
@allowed(RIGHT)
def every() -> ResponseReturnValue:
    """Show the mass actions there are, the newest first."""
    before = request.args.get("before", 0, type=int)
    with reading() as work:
        found, more = mass_actions(work, viewer=viewer(), before=before)
    part = "mass_actions/list.html" if is_htmx() else "mass_actions/all.html"
    is_busy = any(one.one.is_busy for one in found)
    return render_template(part, found=found, more=more, before=before, chips=CHIPS, is_busy=is_busy)


@blueprint.get("/<int:mass_action_id>")
@allowed(RIGHT)
def show(mass_action_id: int) -> ResponseReturnValue:
    """Show one; htmx gets the part that changes."""
    return _page(mass_action_id)


@blueprint.get("/<int:mass_action_id>/records.csv")
@allowed(RIGHT)
def records(mass_action_id: int) -> ResponseReturnValue:
    """Send what became of each record as a table."""
    seen_by, outcome = viewer(), request.args.get("outcome", "")
    with reading() as work:
        listed = find_mass_action(work, mass_action_id, viewer=seen_by)

    def lines() -> Iterator[str]:
        heading = (_l("Number"), _l("Name"), _l("What became of it"), _l("Why"), _l("Link"))
        yield "\ufeff" + _line([translated(one) for one in heading])
        with site().database.reading() as work:
            for one in every_result(work, listed.one, viewer=seen_by, outcome=outcome):
                name: dict[str, Any] = {f"{one.about.kind}_id": one.about.id}
                card = "lead_card.card" if one.about.kind == "lead" else "deals.card"
                where = url_for(card, **name, _external=True)
                words = translated(BECAME[one.outcome][0])
                yield _line([str(one.about.id), one.about.title, words, translated(one.words), where])

    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"mass-action-{mass_action_id}.csv")
    return answer


@blueprint.post("/<int:mass_action_id>/go")
@allowed(RIGHT)
def go(mass_action_id: int) -> ResponseReturnValue:
    """Go on after a trouble, or where it was aborted."""
    return change("mass_actions", go_on, mass_action_id, _page)


@blueprint.post("/<int:mass_action_id>/abort")
@allowed(RIGHT)
def break_off(mass_action_id: int) -> ResponseReturnValue:
    """Do nothing more."""
    return change("mass_actions", abort, mass_action_id, _page)


@blueprint.post("/<int:mass_action_id>/undo")
@allowed(RIGHT)
def take_it_back(mass_action_id: int) -> ResponseReturnValue:
    """Take it back where nothing has changed since."""
    if not is_htmx():
        return change("mass_actions", take_back, mass_action_id, _page)
    with writing() as work:
        one = take_back(work, mass_action_id, by=actor())
    if one.is_busy or one.kept:  # it takes a while, or there is something to read
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = url_for("mass_actions.show", mass_action_id=one.id)
        return answer
    return nothing(done(translated(in_words(one)), None, {"records-changed": {}}))


def _page(mass_action_id: int, problem: str = "") -> str:
    outcome = request.args.get("outcome", "")
    outcome = outcome if outcome in OUTCOMES else ""
    after = request.args.get("after", 0, type=int)
    with reading() as work:
        listed = find_mass_action(work, mass_action_id, viewer=viewer())
        found, following = results(work, listed.one, viewer=viewer(), outcome=outcome, after=after)
        may_undo, may_go_on = listed.one.may_be_undone(work.now), listed.one.may_go_on(work.now)
    return render_template(
        "mass_actions/state.html" if is_htmx() else "mass_actions/show.html",
        listed=listed,
        one=listed.one,
        found=found,
        following=following,
        outcome=outcome,
        may_undo=may_undo,
        may_go_on=may_go_on,
        chips=CHIPS,
        signs=BECAME,
        problem=problem,
    )


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(cell) for cell in cells])
    return text.getvalue()
