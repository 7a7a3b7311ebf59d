"""The versions of a funnel: who published what and when, any two compared, an older one restored, the last taken back."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from engine.text import LazyText, _l, _ln
from funnels.listing import ROBOTS, robots_name, stage_of
from funnels.publication.comparison import compared
from funnels.publication.unpublishing import CannotTakeBackError, restore, take_back, why_not_taken_back
from funnels.seeing import find_funnel
from funnels.versions import Version, versions
from funnels.words.changes import changes
from web.access import allowed
from web.forms import FormModel, sent
from web.pages.funnels.blueprint import SIGHT, blueprint, funnel_link, said
from web.pages.funnels.comparing import asked_version, documents_asked
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer


class RestoreForm(FormModel):
    """Which version shall be the draft again."""

    version: int = Field(ge=1)


@blueprint.get("/funnels/<key>/versions")
@allowed(*SIGHT)
def history(key: str) -> ResponseReturnValue:
    """Show the versions, and what changed from one to another: ``from`` and ``to``, else from the last but one to the last."""
    before, after = asked_version("from"), asked_version("to")
    with reading() as work:
        row = find_funnel(work, key, viewer())
        known = versions(work, key, viewer=viewer())
        why = why_not_taken_back(work, key, viewer=viewer())
        before, after = _pair(known, before, after)
        old, new = documents_asked(work, key, before, after)
        settings = directory(work)
        found = compared(old, new, settings)
        lines = changes(old, new, settings)
    return render_template(
        "funnels/versions.html",
        key=key,
        name=said(robots_name(key, row.name)),
        stage=stage_of(settings, key, row.name),
        versions=known,
        is_drawn=not key.startswith(ROBOTS),
        why_not=translated(why) if why is not None else "",
        before=before,
        after=after,
        found=found,
        lines=lines,
    )


def _pair(known: tuple[Version, ...], before: int | None, after: int | None) -> tuple[int, int]:
    """Return which two are compared; 0 before: nothing was there, 0 after: the draft."""
    numbers = [one.number for one in known]
    later = after if after is not None else numbers[0]
    if before is not None:
        return before, later
    older = [one for one in numbers if one and (one < later or not later)]
    return (older[0] if older else 0), later


@blueprint.post("/funnels/<key>/versions/restore")
@allowed("funnels.edit")
def restore_as_draft(key: str) -> ResponseReturnValue:
    """Make an older version the draft again, and show the plan of publishing it."""
    form = sent(RestoreForm)
    if form.value is None:
        return redirect(url_for("funnels.history", key=key), code=303)
    with writing() as work:
        restore(work, key, form.value.version, by=actor())
    flash(translated(_l("Version {version} is the draft again. Publish it when you like.", version=form.value.version)))
    return redirect(url_for("funnels.show_plan", key=key), code=303)


@blueprint.post("/funnels/<key>/take-back")
@allowed("funnels.publish")
def take_back_last(key: str) -> ResponseReturnValue:
    """Take the last publication back, or say why that is not possible any more."""
    try:
        with writing() as work:
            count = take_back(work, key, by=actor())
            work.after_commit(work.database.poke)
    except CannotTakeBackError as error:
        words = " ".join(translated(one) for one in error.args)
        flash(translated(_l("Nothing was taken back: {reason}.", reason=words)), "bad")
        return redirect(url_for("funnels.history", key=key), code=303)
    flash(translated(_taken_back(count)), "ok")
    return redirect(funnel_link(key), code=303)


def _taken_back(count: int) -> LazyText:
    if not count:
        return _l("The publication was taken back: what was in use before is in use again.")
    return _ln(
        "The publication was taken back. {count} run stands where it stood.",
        "The publication was taken back. {count} runs stand where they stood.",
        count,
    )
