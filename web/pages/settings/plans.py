"""Sales plans: their settings, who works on them and takes new deals, and how these are given out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from pydantic import Field

from crm.directory import Plan, directory
from crm.errors import InvalidError
from crm.settings.errors import InUseError
from crm.settings.plans import (
    LONGEST_CHAT_LABEL,
    Distribution,
    FirstRule,
    NewPlan,
    PlanChange,
    SecondRule,
    archive_plan,
    change_plan,
    create_plan,
    plan_form,
    restore_plan,
)
from crm.settings.pool import HEAVIEST, Share, set_managers, set_shares, set_taking
from crm.settings.stage_rules import NewStage
from crm.settings.stages import stage_forms
from db.errors import StaleError
from engine.template import TemplateError, parse
from engine.text import _l
from funnels.feeding import unfed_plans
from funnels.refers import FunnelReferences
from voronka_error import VoronkaError
from web.access import allowed
from web.choices import currencies
from web.forms import Form, FormModel, sent
from web.money import in_field, read_amount
from web.pages.settings.stages import PALETTE, required_choices
from web.pages.settings.stages import blueprint as stages
from web.site import reading, writing
from web.texts import language, translated
from web.visit import actor, visit

blueprint = Blueprint("plans", __name__, url_prefix="/settings")
blueprint.register_blueprint(stages)

SAMPLE = {
    "lead.title": _l("Oak kitchen, 3 m"),
    "lead.name": _l("Iryna Petrenko"),
    "lead.phone": "+380 67 123 45 67",
    "lead.email": "iryna@example.com",
    "lead.source": "instagram",
    "lead.company_name": _l("Petrenko & Co"),
}
"""The lead that previews of titles are filled from."""


class PlanForm(FormModel):
    """What the form of a plan sends; ``average_check`` is money as people write it."""

    name: str = Field(max_length=120)
    average_check: str = "0"
    currency: str
    chat_label: str = Field("", max_length=LONGEST_CHAT_LABEL)
    description: str = ""
    deal_title: str = Field("", max_length=500)
    distribution: Distribution = "manual"
    first_rule: FirstRule = "none"
    second_rule: SecondRule = "evenly"
    version: int = 0


class PoolForm(FormModel):
    """Who works on a plan, and who of them takes new deals: logins.

    Beside it come the weight and the capacity of each, ``weight.LOGIN`` and ``capacity.LOGIN``.
    """

    managers: list[str] = Field(default_factory=list)
    taking: list[str] = Field(default_factory=list)


class TitleForm(FormModel):
    """A template of titles, to be tried."""

    deal_title: str = ""


class ArchiveForm(FormModel):
    """Whether to archive although funnels feed the plan."""

    confirmed: Literal["yes"] | None = None


@blueprint.get("/plans")
@allowed("plans.edit")
def all_plans() -> str:
    """Show all plans, those archived last."""
    with reading() as work:
        settings = directory(work)
        unfed = unfed_plans(work)
        now = work.now
    plans = sorted(settings.plans.values(), key=lambda plan: (plan.is_archived, plan.name.casefold()))
    return render_template(
        "settings/plans.html",
        plans=plans,
        users=settings.users,
        unfed=unfed,
        takers={plan.key: settings.takers(plan, now) for plan in plans},
    )


@blueprint.get("/new-plan")
@allowed("plans.edit")
def new() -> str:
    """Show an empty form."""
    settings = visit().settings
    assert settings is not None
    return _plan_page(None, Form({"currency": settings.organization["currency"], "distribution": "even"}))


@blueprint.post("/new-plan")
@allowed("plans.edit")
def add() -> ResponseReturnValue:
    """Add a plan with four stages to begin with; they are changed on its page."""
    form = sent(PlanForm)
    if (amount := _amount(form)) is not None and form.value is not None:
        given = form.value
        stages = (
            NewStage(translated(_l("New"))),
            NewStage(translated(_l("In work"))),
            NewStage(translated(_l("Won")), "won", key="won"),
            NewStage(translated(_l("Lost")), "lost", asks_reason=True, key="lost"),
        )
        plan = NewPlan(
            given.name,
            stages,
            average_check=amount,
            currency=given.currency,
            chat_label=given.chat_label,
            description=given.description,
            deal_title=given.deal_title,
            distribution=given.distribution,
            first_rule=given.first_rule,
            second_rule=given.second_rule,
        )
        try:
            with writing() as work:
                made = create_plan(work, plan, by=actor())
        except VoronkaError as error:
            form.refuse(error)
        else:
            flash(translated(_l("The plan is there. Now its people and stages.")), "ok")
            return redirect(url_for(".show", plan=made.key, _anchor="pool"), code=303)
    return _plan_page(None, form), 422


@blueprint.get("/plans/<plan>")
@allowed("plans.edit")
def show(plan: str) -> str:
    """Show a plan."""
    with reading() as work:
        found = directory(work).plan(plan)
        more = plan_form(work, plan)
    values = {
        "name": found.name,
        "average_check": in_field(found.average_check, found.currency),
        "currency": found.currency,
        "chat_label": found.chat_label,
        "description": more.description,
        "deal_title": found.deal_title,
        "distribution": found.distribution,
        "first_rule": found.first_rule,
        "second_rule": found.second_rule,
        "version": more.version,
    }
    return _plan_page(found, Form(values))


@blueprint.post("/plans/<plan>")
@allowed("plans.edit")
def change(plan: str) -> ResponseReturnValue:
    """Change a plan's settings; distribution holds for the next lead."""
    with reading() as work:
        found = directory(work).plan(plan)
    form = sent(PlanForm)
    status = 422
    if (amount := _amount(form)) is not None and form.value is not None:
        given = form.value.model_dump(exclude={"version"})
        try:
            with writing() as work:
                change_plan(
                    work, plan, PlanChange(**{**given, "average_check": amount}), by=actor(), version=form.value.version
                )
        except StaleError:
            status = 409
            form.problem = translated(_l("Somebody else changed this plan meanwhile. Reload to see what holds now."))
        except InvalidError as error:
            form.refuse(error)
        else:
            rules = ("distribution", "first_rule", "second_rule")
            if any(given[rule] != getattr(found, rule) for rule in rules):
                flash(
                    translated(
                        _l("Saved. The next lead goes by the new rule; deals that are given stay where they are.")
                    ),
                    "ok",
                )
            else:
                flash(translated(_l("Saved.")), "ok")
            return redirect(url_for(".show", plan=plan), code=303)
    return _plan_page(found, form), status


@blueprint.post("/plans/<plan>/people")
@allowed("plans.edit")
def change_pool(plan: str) -> ResponseReturnValue:
    """Let these people work on the plan, and these of them take new deals."""
    form = sent(PoolForm, lists=frozenset({"managers", "taking"}), beside=("weight.", "capacity."))
    with reading() as work:
        settings = directory(work)
        found = settings.plan(plan)
    if form.value is None:
        return _plan_page(found, Form()), 422
    order = [settings.users[one.user_id].login for one in found.managers]
    wanted = sorted(
        form.value.managers, key=lambda login: (order.index(login) if login in order else len(order), login)
    )
    try:
        with writing() as work:
            set_managers(work, plan, wanted, by=actor())
            working = {settings.users[one.user_id].login: one.is_taking for one in directory(work).plan(plan).managers}
            active = [login for login in wanted if settings.user(login).is_active]
            taking = [login for login in active if login in form.value.taking]
            absent = [login for login in active if login not in form.value.taking and working.get(login)]
            set_taking(work, plan, taking, is_taking=True, by=actor())
            set_taking(work, plan, absent, is_taking=False, by=actor())
            set_shares(work, plan, _shares(wanted), by=actor())
    except InvalidError as error:
        flash(translated(error.args[0]), "bad")
        return redirect(url_for(".show", plan=plan, _anchor="pool"), code=303)
    flash(translated(_l("Saved. It holds for the next lead; who joins or returns starts level with the others.")), "ok")
    return redirect(url_for(".show", plan=plan, _anchor="pool"), code=303)


@blueprint.post("/plan-title")
@allowed("plans.edit")
def title_preview() -> str:
    """Show what a template of titles makes of a sample lead."""
    form = sent(TitleForm)
    return _title(form.value.deal_title if form.value else "")


@blueprint.post("/plans/<plan>/archive")
@allowed("plans.edit")
def archive(plan: str) -> ResponseReturnValue:
    """Put a plan away; where funnels feed it, that is said first."""
    form = sent(ArchiveForm)
    try:
        with writing() as work:
            is_sure = form.value is not None and form.value.confirmed == "yes"
            archive_plan(work, plan, by=actor(), refers=FunnelReferences(work), confirmed=is_sure)
    except InUseError as error:
        with reading() as work:
            found = directory(work).plan(plan)
        return render_template("settings/plan_in_use.html", plan=found, places=error.places), 422
    flash(translated(_l("The plan is archived. Its deals remain; it can be brought back.")), "ok")
    return redirect(url_for(".all_plans"), code=303)


@blueprint.post("/plans/<plan>/restore")
@allowed("plans.edit")
def restore(plan: str) -> ResponseReturnValue:
    """Bring an archived plan back."""
    with writing() as work:
        restore_plan(work, plan, by=actor())
    flash(translated(_l("The plan is back.")), "ok")
    return redirect(url_for(".show", plan=plan), code=303)


def _shares(logins: Sequence[str]) -> list[Share]:
    """Return the weights and capacities that were sent, of these people; who has no field keeps his.

    Raises:
        InvalidError: one is no whole number.
    """
    shares = []
    for login in logins:
        if f"weight.{login}" in request.form or f"capacity.{login}" in request.form:
            weight, capacity = (_number(request.form.get(f"{name}.{login}", "")) for name in ("weight", "capacity"))
            shares.append(Share(login, 1 if weight is None else weight, capacity))
    return shares


def _number(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text) > _DIGITS:
        raise InvalidError(_l("“{value}” is no whole number", value=text.strip()[:40]))
    return int(text)


_DIGITS: Final = 9


def _title(source: str) -> Markup:
    try:
        words = parse(source).render(lambda path: translated(SAMPLE[path]) if path in SAMPLE else None)
    except TemplateError as error:
        return Markup(render_template("settings/_title.html", problem=translated(error.message), words=""))  # noqa: S704  escaped there
    return Markup(render_template("settings/_title.html", problem="", words=words))  # noqa: S704


def _amount(form: Form[PlanForm]) -> int | None:
    """Return the average check in minor units; what is wrong stands in the form then."""
    if form.value is None:
        return None
    try:
        return read_amount(form.value.average_check, form.value.currency)
    except InvalidError as error:
        form.refuse(error, "average_check")
        return None


def _plan_page(plan: Plan | None, form: Form[PlanForm]) -> str:
    with reading() as work:
        settings = directory(work)
        stage_more = stage_forms(work, plan.key) if plan is not None else {}
        is_unfed = plan is not None and plan.key in unfed_plans(work)
        now = work.now
    users = settings.users
    managers = [(users[one.user_id], one, settings.away(one.user_id, now)) for one in plan.managers] if plan else []
    members = {user.id for user, _, _ in managers}
    others = sorted(
        (one for one in users.values() if one.is_active and one.id not in members), key=lambda one: one.name.casefold()
    )
    return render_template(
        "settings/plan.html",
        plan=plan,
        form=form,
        managers=managers,
        others=others,
        is_unfed=is_unfed,
        heaviest=HEAVIEST,
        title=_title(str(form.get("deal_title"))),
        currencies=currencies(language(), also=str(form.get("currency"))),
        longest_label=LONGEST_CHAT_LABEL,
        stage_more=stage_more,
        required=required_choices(settings),
        colours=PALETTE,
    )
