"""Who was refused lately by a funnel's triggers, and why."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from crm.errors import InvalidError
from engine.text import _l, _ln
from funnels.errors import NotPublishableError
from funnels.jobs import RIGHT
from funnels.listing import ROBOTS
from funnels.mass_starts import MOST_IN_SAMPLE, MOST_PER_MINUTE
from funnels.publication.turned_away import let_in, turned_away
from funnels.refusals import REASONS, refusals
from funnels.seeing import find_funnel
from web.access import allowed
from web.forms import FormModel, sent
from web.pages.funnels.blueprint import SIGHT, blueprint
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, may, viewer


class Query(FormModel):
    """What the address bar holds."""

    node: str = Field("", max_length=64)
    code: str = Field("", max_length=40)
    before: int = 0


@blueprint.get("/funnels/<key>/refused")
@allowed(*SIGHT)
def refused(key: str) -> ResponseReturnValue:
    """Show counts by trigger and reason, and the newest refusals."""
    try:
        query = Query.model_validate(request.args.to_dict())
    except ValidationError:
        query = Query()
    with reading() as work:
        row = find_funnel(work, key, viewer())
        found = refusals(work, key, viewer=viewer(), node=query.node, code=query.code, before=query.before)
        away = turned_away(work, key, viewer=viewer()) if _may_let_in() and not key.startswith(ROBOTS) else ()
        now = work.now
    return render_template(
        "funnels/refused.html",
        key=key,
        name=row.name,
        state=row.state,
        found=found,
        query=query,
        reasons=REASONS,
        now=now,
        away=len({(one.kind, id_) for one in away for id_ in one.ids}),
    )


class LetInForm(FormModel):
    """How those are let in who were turned away."""

    per_minute: int = Field(60, ge=1, le=MOST_PER_MINUTE)
    sample: int = Field(0, ge=0, le=MOST_IN_SAMPLE)


@blueprint.post("/funnels/<key>/turned-away")
@allowed("funnels.publish")
def let_in_turned_away(key: str) -> ResponseReturnValue:
    """Let those in who were turned away while the funnel was paused or draining."""
    form = sent(LetInForm)
    try:
        if form.value is None:
            raise InvalidError(" ".join(form.errors.values()) or form.problem)
        with writing() as work:
            starts = let_in(
                work,
                key,
                per_minute=form.value.per_minute,
                sample=form.value.sample,
                label=translated(_l("turned away")),
                by=actor(),
            )
            work.after_commit(work.database.poke)
    except (InvalidError, NotPublishableError) as error:
        flash(translated(_l("Nobody was let in: {reason}", reason=error.args[0])), "bad")
        return redirect(url_for("funnels.refused", key=key), code=303)
    if not starts:
        words = _l("nobody was turned away who could come in now")
        flash(translated(_l("Nobody was let in: {reason}", reason=words)), "bad")
        return redirect(url_for("funnels.refused", key=key), code=303)
    flash(translated(_ln("{count} mass start lets them in.", "{count} mass starts let them in.", len(starts))), "ok")
    where = (
        url_for("mass_starts.show", mass_start_id=starts[0].id) if len(starts) == 1 else url_for("mass_starts.every")
    )
    return redirect(where, code=303)


def _may_let_in() -> bool:
    return may("funnels.publish") and may("funnels.edit") and may(RIGHT)
