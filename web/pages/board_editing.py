"""The board in edit mode: its columns are added, named, coloured, put in order, and told what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from crm.deals.board import Tally, board
from crm.deals.chances import Chance, chances
from crm.directory import Directory, Plan, Stage, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.errors import InUseError
from crm.settings.stage_rules import COLOURS, UNDEFINED, NewStage
from crm.settings.stages import (
    StageChange,
    StageForm,
    add_stage,
    change_stage,
    remove_stage,
    reorder_stages,
    stage_forms,
)
from db.errors import StaleError
from db.work import Work
from engine.text import _l, _ln
from funnels.archiving import archived_on
from funnels.refers import FunnelReferences
from funnels.restaging import Restaged, name_another_stage
from funnels.robot_lines import robots_of
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.pages.boards import plan_seen, team_said
from web.pages.records import is_htmx, loss_reasons
from web.pages.settings.stages import PALETTE, required_choices
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, may, viewer

blueprint = Blueprint("board_editing", __name__)


class NewColumn(FormModel):
    """A new column: its title, and the one it stands before."""

    name: str = Field(max_length=80)
    before: str = Field("", max_length=200)


class Changed(FormModel):
    """What the form of a column sends."""

    name: str = Field(max_length=80)
    colour: str = Field(pattern="^#[0-9a-fA-F]{6}$")
    chance: Literal["automatic", "fixed"] = "fixed"
    probability: int | None = Field(None, ge=0, le=100)
    team: str = Field("", max_length=200)
    is_folded: Literal["yes"] | None = None
    only_forward: Literal["yes"] | None = None
    dwell_days: int | None = Field(None, ge=1, le=3650)
    exit_fact: str = Field("", max_length=120)
    required: list[str] = Field(default_factory=list)
    asks_reason: Literal["yes"] | None = None
    version: int = 0


class Step(FormModel):
    """Which way a column goes."""

    to: Literal["left", "right"]


class Order(FormModel):
    """The columns in their new order, by key."""

    stages: list[str] = Field(max_length=200)


class Removal(FormModel):
    """Whether to remove a column although funnels name it, and where its deals go."""

    confirmed: Literal["yes"] | None = None
    replacement: str = Field(UNDEFINED, max_length=200)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is edited."""

    stage: Stage
    form: StageForm
    tally: Tally
    robots: tuple[Any, ...]
    chance: Chance | None
    team: str
    required: list[str]
    archived: int


@blueprint.get("/boards/<plan>/edit")
@allowed("plans.edit")
def edit(plan: str) -> ResponseReturnValue:
    """Show the columns with what they are told."""
    with reading() as work:
        found = plan_seen(directory(work), plan)
        columns = _columns(work, found)
        settings, reasons = directory(work), loss_reasons(work)
    return render_template("boards/edit.html", plan=found, columns=columns, settings=settings, reasons=reasons)


@blueprint.post("/boards/<plan>/edit")
@allowed("plans.edit")
def add(plan: str) -> ResponseReturnValue:
    """Add a column before the closing ones."""
    form = sent(NewColumn)
    if form.value is None:
        return _back(plan, " ".join(form.errors.values()) or form.problem, "bad")
    try:
        with writing() as work:
            found = plan_seen(directory(work), plan)
            colour = COLOURS[sum(one.kind == "open" for one in found.stages) % len(COLOURS)]
            new = NewStage(form.value.name, colour=colour)
            key = add_stage(work, plan, new, by=actor(), before=form.value.before or None)
    except InvalidError as error:
        return _back(plan, translated(error.args[0]), "bad")
    return _back(plan, translated(_l("The column “{name}” is added.", name=form.value.name)), stage=key)


@blueprint.get("/boards/<plan>/edit/<stage>")
@allowed("plans.edit")
def column(plan: str, stage: str) -> ResponseReturnValue:
    """Show the form of a column: its inside for a script, else a page of its own."""
    return _form(plan, stage, Form())


@blueprint.post("/boards/<plan>/edit/<stage>")
@allowed("plans.edit")
def change(plan: str, stage: str) -> ResponseReturnValue:
    """Change a column."""
    form = sent(Changed, lists=frozenset({"required"}))
    new = form.value
    if new is None:
        return _form(plan, stage, form, 422)
    try:
        with writing() as work:
            known = _stage(plan_seen(directory(work), plan), stage)
            change_stage(work, plan, stage, _change(known, new), by=actor(), version=new.version)
    except StaleError:
        form.problem = translated(_l("Somebody else changed this stage meanwhile: here is what holds now."))
        form.sent = {}
        return _form(plan, stage, form, 409)
    except (InvalidError, NotFoundError) as error:
        form.refuse(error)
        return _form(plan, stage, form, 422)
    return _back(plan, translated(_l("Saved.")), stage=stage)


def _change(known: Stage, new: Changed) -> StageChange:
    """Return what a form changes; what the form of a closing stage does not ask for stays."""
    common = StageChange(
        new.name,
        new.colour,
        required_fields=new.required,
        is_folded=new.is_folded == "yes",
        exit_fact=new.exit_fact,
        asks_reason=new.asks_reason == "yes" and known.kind == "lost",
    )
    if known.kind != "open":
        return common
    return StageChange(
        common.name,
        common.colour,
        required_fields=common.required_fields,
        probability=new.probability,
        is_folded=common.is_folded,
        is_automatic=new.chance == "automatic",
        only_forward=new.only_forward == "yes",
        dwell_days=new.dwell_days,
        team=new.team or None,
        exit_fact=common.exit_fact,
    )


@blueprint.post("/boards/<plan>/edit/<stage>/move")
@allowed("plans.edit")
def move(plan: str, stage: str) -> ResponseReturnValue:
    """Let a column change places with its neighbour."""
    form = sent(Step)
    with writing() as work:
        found = plan_seen(directory(work), plan)
        _stage(found, stage)
        order = [one.key for one in found.stages if one.kind != UNDEFINED]
        place = order.index(stage)
        other = place + (-1 if form.value is not None and form.value.to == "left" else 1)
        if form.value is not None and 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
            reorder_stages(work, plan, order, by=actor())
    return redirect(url_for(".edit", plan=plan, _anchor=f"edit-{stage}"), code=303)


@blueprint.put("/api/boards/<plan>/order")
@allowed("plans.edit")
def reorder(plan: str) -> ResponseReturnValue:
    """Put the columns in the order in which they were dragged."""
    with writing() as work:
        found = plan_seen(directory(work), plan)
        try:
            asked = Order.model_validate(request.get_json())
        except ValidationError:
            abort(422)
        reorder_stages(work, found.key, asked.stages, by=actor())
    return "", 204


@blueprint.post("/boards/<plan>/edit/<stage>/remove")
@allowed("plans.edit")
def remove(plan: str, stage: str) -> ResponseReturnValue:
    """Remove a column; where funnels name it, that is said first, and where its deals shall go is asked."""
    form = sent(Removal)
    given = form.value or Removal()
    restaged: Restaged | None = None
    with reading() as work:
        found = plan_seen(directory(work), plan)
        gone, instead = _stage(found, stage), found.by_key.get(given.replacement)
    if instead is None:
        abort(404)
    try:
        with writing() as work:
            if given.confirmed and instead.kind == "open" and may("funnels.edit") and may("funnels.publish"):
                restaged = name_another_stage(work, plan, stage, instead.key, by=actor())
            went = remove_stage(
                work, plan, stage, by=actor(), refers=FunnelReferences(work), confirmed=given.confirmed == "yes",
                replacement=instead.key,
            )  # fmt: skip
    except InUseError as error:
        others = [one for one in found.stages if one.key != stage and one.kind in ("open", UNDEFINED)]
        page = render_template("boards/stage_in_use.html", plan=found, stage=gone, places=error.places, others=others)
        return make_response(page, 422)
    except InvalidError as error:
        return _back(plan, translated(error.args[0]), "bad")
    words = translated(_l("The column “{name}” is removed.", name=gone.name))
    if went:
        went_there = _ln(
            "{count} deal went to “{stage}”.", "{count} deals went to “{stage}”.", went, stage=instead.name
        )
        words += " " + translated(went_there)
    if restaged is not None and restaged.left:
        still = _l("These funnels still name it, see to them: {funnels}.", funnels=", ".join(restaged.left))
        words += " " + translated(still)
    return _back(plan, words)


def _columns(work: Work, plan: Plan) -> list[Column]:
    """Return the columns in order, "Undefined" where something is in it.  A fixed number of statements."""
    settings, forms = directory(work), stage_forms(work, plan.key)
    tallies = {one.stage_id: one.tally for one in board(work, plan.key, viewer=viewer()).columns}
    robots, known = robots_of(work, plan), chances(work, plan, viewer=viewer())
    names = dict(required_choices(settings))
    archived = archived_on(work, plan.key, viewer=viewer()) if may("deals.mass_edit") else {}
    return [
        Column(
            one,
            forms[one.key],
            tallies[one.id],
            robots.get(one.key, ()),
            known.get(one.key),
            team_said(settings, one),
            [names.get(path, path) for path in one.required_fields],
            archived.get(one.key, 0),
        )
        for one in plan.stages
        if one.kind != UNDEFINED or tallies[one.id].deals or one.key in archived
    ]


def _form(plan: str, stage: str, form: Form[Any], status: int = 200) -> ResponseReturnValue:
    with reading() as work:
        settings = directory(work)
        found = plan_seen(settings, plan)
        known = _stage(found, stage)
        more = stage_forms(work, plan)[stage]
        chance = chances(work, found, viewer=viewer()).get(stage)
        reasons = loss_reasons(work) if known.kind == "lost" else []
    template = "boards/stage_form.html" if is_htmx() and status == 200 else "boards/stage.html"
    page = render_template(
        template, plan=found, stage=known, more=more, chance=chance, form=form, colours=PALETTE, reasons=reasons,
        required=required_choices(settings), teams=_teams(settings), team=settings.users.get(known.team_id or 0),
    )  # fmt: skip
    return make_response(page, status)


def _teams(settings: Directory) -> list[tuple[str, str]]:
    """Return who leads somebody: logins and names."""
    leaders = {one.supervisor_id for one in settings.users.values() if one.supervisor_id is not None}
    found = [(one.login, one.name) for one in settings.users.values() if one.id in leaders and one.is_active]
    return sorted(found, key=lambda one: one[1].casefold())


def _stage(plan: Plan, key: str) -> Stage:
    known = plan.by_key.get(key)
    if known is None or known.kind == UNDEFINED:
        abort(404)
    return known


def _back(plan: str, words: str, kind: str = "ok", stage: str = "") -> ResponseReturnValue:
    flash(words, kind)
    return redirect(url_for(".edit", plan=plan, _anchor=f"edit-{stage}" if stage else None), code=303)
