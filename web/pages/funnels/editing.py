"""The page on which a funnel is drawn, and where a new one begins."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from engine.text import _l
from funnels.drafts import draft_of, new_funnels
from web.access import allowed
from web.forms import FormModel, sent
from web.pages.funnels.blueprint import blueprint
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer


class NewFunnelForm(FormModel):
    """What a new funnel is called."""

    name: str = Field(min_length=1, max_length=120)


@blueprint.post("/funnels/new")
@allowed("funnels.edit")
def begin() -> ResponseReturnValue:
    """Make an empty funnel and open it."""
    form = sent(NewFunnelForm)
    if form.value is None:
        flash(translated(_l("Nothing was made: give the funnel a name of at most 120 characters.")), "bad")
        return redirect(url_for("funnels.all_funnels"), code=303)
    with writing() as work:
        [key] = new_funnels(work, [form.value.name], by=actor())
    return redirect(url_for("funnels.edit", key=key), code=303)


@blueprint.get("/funnels/<key>/edit")
@allowed("funnels.edit")
def edit(key: str) -> ResponseReturnValue:
    """Show the canvas on which a funnel is drawn."""
    with reading() as work:
        found = draft_of(work, key, viewer=viewer())
    return render_template("funnels/edit.html", draft=found)
