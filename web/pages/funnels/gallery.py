"""The gallery: templates of funnels and of plans with pictures, what each does and makes, and the button that uses one."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.errors import InvalidError
from crm.settings.errors import InUseError
from engine.text import LazyText, _l
from funnels.gallery.mapping import stages_named
from funnels.gallery.models import FunnelTemplate
from funnels.gallery.offering import as_if_made, offer
from funnels.gallery.picture import picture
from funnels.gallery.taking_back import take_back_uses
from funnels.gallery.templates import funnel_template, funnel_templates, plan_template, plan_templates
from funnels.gallery.using import Used, Wish, proposed_stage, use_funnels, use_plans
from funnels.words.reading import reading as told
from voronka_error import VoronkaError
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.pages.funnels.blueprint import SIGHT, blueprint, said
from web.pages.records import Undo, done_before_leaving
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, may, viewer

REQUIRED: Final = {"amount": _l("Amount"), "contact": _l("Contact"), "company": _l("Company"), "owner": _l("Manager")}
GROUPS: Final = {"leads": _l("New leads"), "clients": _l("Clients you have")}


class UseForm(FormModel):
    """What somebody decides who uses a template; beside it come ``plan.ROLE``, ``stage.ROLE.KEY`` and ``date.KEY``."""

    token: str = Field(min_length=1, max_length=60)
    name: str = Field("", max_length=120)


class UndoForm(FormModel):
    """Which use shall be taken back."""

    id: int


@blueprint.get("/funnels/gallery")
@allowed(*SIGHT, "plans.edit")
def gallery() -> str:
    """Show all templates, those of funnels by what they are for, then those of plans."""
    templates = funnel_templates(translated)
    groups = [(translated(words), [one for one in templates if one.group == group]) for group, words in GROUPS.items()]
    pictures = {one.key: picture(one.document, said) for one in templates}
    return render_template("funnels/gallery.html", groups=groups, pictures=pictures, boards=plan_templates(translated))


@blueprint.get("/funnels/gallery/<template>")
@allowed(*SIGHT)
def gallery_funnel(template: str) -> str:
    """Show one template of a funnel: its picture, what it does in words, what it makes, and the form to use it."""
    return _page(funnel_template(template, translated), Form())


@blueprint.post("/funnels/gallery/<template>")
@allowed("funnels.edit")
def use_template(template: str) -> ResponseReturnValue:
    """Make the funnel as a draft, with what it needs and is missing, and open it."""
    found = funnel_template(template, translated)
    form = sent(UseForm, beside=("plan.", "stage.", "date."))
    wish = _wish(found, form)
    if form.value is None or wish is None:
        return _page(found, form), 422
    try:
        with writing() as work:
            [used] = use_funnels(work, [wish], say=translated, by=actor())
            work.after_commit(work.database.poke)
    except InvalidError as error:
        form.refuse(error)
        return _page(found, form), 422
    if not used.again:
        words = translated(_l("“{name}” is there as a draft. Look at it, then publish it.", name=found.name))
        done_before_leaving(words, _undo(used))
    return redirect(url_for("funnels.edit", key=used.opens), code=303)


@blueprint.get("/funnels/gallery/plans/<template>")
@allowed(*SIGHT, "plans.edit")
def gallery_plan(template: str) -> str:
    """Show one template of a plan: its stages with what they require, its robots, and the button to use it."""
    return _plan_page(template, Form())


@blueprint.post("/funnels/gallery/plans/<template>")
@allowed("plans.edit")
def use_plan_template(template: str) -> ResponseReturnValue:
    """Make the plan with all that belongs to it, and open its settings."""
    form = sent(UseForm)
    if form.value is None:
        return _plan_page(template, form), 422
    try:
        with writing() as work:
            [used] = use_plans(work, [Wish(template, form.value.token, form.value.name)], say=translated, by=actor())
            work.after_commit(work.database.poke)
    except InvalidError as error:
        form.refuse(error)
        return _plan_page(template, form), 422
    if not used.again:
        words = translated(_l("The plan is there. Look who works on it."))
        if may("funnels.edit"):
            done_before_leaving(words, _undo(used))
        else:
            flash(words, "ok")
    return redirect(url_for("settings.plans.show", plan=used.opens), code=303)


@blueprint.post("/funnels/gallery/undo")
@allowed("funnels.edit")
def undo_template() -> ResponseReturnValue:
    """Take the use of a template back."""
    form = sent(UndoForm)
    if form.value is None:
        return redirect(url_for("funnels.gallery"), code=303)
    try:
        with writing() as work:
            [back] = take_back_uses(work, [form.value.id], by=actor())
    except (InvalidError, InUseError) as error:
        flash(_why_not(error), "bad")
    else:
        words = _l("It is taken back.") if not back.kept else _l("It is taken back; what is used elsewhere stays.")
        flash(translated(words), "ok")
    return redirect(url_for("funnels.gallery"), code=303)


def _why_not(error: VoronkaError) -> str:
    parts = [translated(one) if isinstance(one, LazyText) else str(one) for one in error.args] or [error.message]
    return translated(_l("Nothing was taken back: {why}", why=" ".join(parts)))


def _undo(used: Used) -> Undo:
    return Undo(translated(_l("Undo")), url_for("funnels.undo_template"), {"id": str(used.id)})


def _wish(template: FunnelTemplate, form: Form[UseForm]) -> Wish | None:
    """Return what was decided; ``None`` where a date is none, which stands beside its field then."""
    values = request.form
    dates = {}
    for asked in template.asks:
        text = values.get(f"date.{asked.key}", "").strip()
        try:
            if text:
                dates[asked.key] = date.fromisoformat(text)
        except ValueError:
            form.errors[f"date.{asked.key}"] = translated(_l("this is no date"))
    if form.errors or form.value is None:
        return None
    plans = {role: values.get(f"plan.{role}", "") for role in template.plans}
    stages = {
        place: chosen for place in stages_named(template.document) if (chosen := values.get(f"stage.{'.'.join(place)}"))
    }
    return Wish(template.key, form.value.token, form.value.name, plans, stages, dates)


def _page(template: FunnelTemplate, form: Form[UseForm]) -> str:
    with reading() as work:
        settings = directory(work)
        made = offer(work, template, say=translated, viewer=viewer())
        now = work.now
    return render_template(
        "funnels/gallery_funnel.html",
        template=template,
        picture=picture(template.document, said),
        lines=told(template.document, as_if_made(settings, template, say=translated)),
        offer=made,
        form=form,
        given=request.values,
        proposed=proposed_stage,
        plan_keys=settings.plan_keys,
        days={one.key: _day(now, one.days_from_now) for one in template.asks},
    )


def _day(now: datetime, later: int) -> str:
    return (now + timedelta(days=later)).date().isoformat()


def _plan_page(key: str, form: Form[UseForm]) -> str:
    template = plan_template(key, translated)
    with reading() as work:
        settings = directory(work)
    names = {
        **{key: translated(words) for key, words in REQUIRED.items()},
        **{f"field.{one.key}": one.name for one in template.fields},
    }
    required = {one.key: ", ".join(names.get(path, path) for path in one.required) for one in template.stages}
    return render_template(
        "funnels/gallery_plan.html",
        template=template,
        required=required,
        form=form,
        there=settings.plan_keys.get(key),
        may_make={"plans.edit", "settings.edit"} <= viewer().rights,
        token=form.get("token") or secrets.token_urlsafe(12),
    )
