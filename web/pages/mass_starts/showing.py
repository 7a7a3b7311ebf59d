"""The mass starts there are, and one: its progress, what became of those who are in, and what a person says to it."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.errors import InvalidError
from engine.text import _l
from funnels.errors import FunnelNotFoundError
from funnels.mass_start_list import find_mass_start, mass_starts, outcome
from funnels.mass_starts import RIGHT, MassStart, abort, go_on
from funnels.starting import open_buttons
from web.access import allowed
from web.pages.mass_starts.part import BECAME, CHIPS, blueprint
from web.pages.records import is_htmx
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer


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
    return _change(mass_start_id, go_on)


@blueprint.post("/<int:mass_start_id>/abort")
@allowed(RIGHT)
def break_off(mass_start_id: int) -> ResponseReturnValue:
    """Let nobody in any more."""
    return _change(mass_start_id, abort)


def _change(mass_start_id: int, command: Callable[..., MassStart]) -> ResponseReturnValue:
    try:
        with writing() as work:
            command(work, mass_start_id, by=actor())
    except (InvalidError, FunnelNotFoundError) as error:
        words = translated(error.args[0])
        return _page(mass_start_id, translated(_l("Nothing was changed: {problem}.", problem=words))), 422
    return redirect(url_for("mass_starts.show", mass_start_id=mass_start_id), code=303)


def _page(mass_start_id: int, problem: str = "") -> str:
    with reading() as work:
        one = find_mass_start(work, mass_start_id, viewer=viewer())
        became = outcome(work, one, viewer=viewer())
    is_live = one.is_busy or bool(became.counts.get("waiting"))
    return render_template(
        "mass_starts/state.html" if is_htmx() else "mass_starts/show.html",
        one=one,
        start=one.start,
        became=became,
        is_live=is_live,
        chips=CHIPS,
        signs=BECAME,
        problem=problem,
    )
