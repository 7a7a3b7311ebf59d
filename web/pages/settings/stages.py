"""The stages of a plan: their names, colours, order, and what they ask for."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import Directory, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.errors import InUseError
from crm.settings.stage_rules import NewStage
from crm.settings.stages import StageChange, add_stage, change_stage, remove_stage, reorder_stages
from db.errors import StaleError
from engine.text import _l, _ln
from funnels.refers import FunnelReferences
from web.access import allowed
from web.forms import FormModel, sent
from web.site import reading, writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("stages", __name__, url_prefix="/plans/<plan>/stages")

PALETTE = (
    ("#3b82f6", _l("Blue")), ("#06b6d4", _l("Cyan")), ("#14b8a6", _l("Teal")), ("#22c55e", _l("Green")),
    ("#84cc16", _l("Lime")), ("#eab308", _l("Yellow")), ("#f59e0b", _l("Amber")), ("#ef4444", _l("Red")),
    ("#ec4899", _l("Pink")), ("#a855f7", _l("Violet")), ("#6366f1", _l("Indigo")), ("#9ca3af", _l("Grey")),
)  # fmt: skip
"""Colours that a form offers; a stage may have another one."""

_REQUIRED = {
    "title": _l("Title"),
    "amount": _l("Amount"),
    "owner": _l("Owner"),
    "contact": _l("Contact"),
    "company": _l("Company"),
}


class StageForm(FormModel):
    """What the form of a stage sends."""

    name: str = Field(max_length=80)
    colour: str = Field(pattern="^#[0-9a-fA-F]{6}$")
    required: list[str] = Field(default_factory=list)
    asks_reason: Literal["yes"] | None = None
    probability: int | None = Field(None, ge=0, le=100)
    version: int = 0


class NewStageForm(FormModel):
    """What the form of a new stage sends."""

    name: str = Field(max_length=80)
    colour: str = Field(pattern="^#[0-9a-fA-F]{6}$")


class Step(FormModel):
    """Which way a stage goes."""

    to: Literal["up", "down"]


class Confirmed(FormModel):
    """Whether to remove although funnels name the stage."""

    confirmed: Literal["yes"] | None = None


def required_choices(settings: Directory) -> list[tuple[str, str]]:
    """Return what a stage may require of a deal: its own fields and the custom ones."""
    own = [(f"field.{one.key}", one.name) for one in settings.fields.values() if one.record_kind == "deal"]
    return [*((key, translated(words)) for key, words in _REQUIRED.items()), *own]


@blueprint.post("")
@allowed("plans.edit")
def add(plan: str) -> ResponseReturnValue:
    """Add a stage before the closed ones."""
    form = sent(NewStageForm)
    if form.value is None:
        return _back(plan, " ".join(form.errors.values()) or form.problem, "bad")
    try:
        with writing() as work:
            add_stage(work, plan, NewStage(form.value.name, colour=form.value.colour), by=actor())
    except InvalidError as error:
        return _back(plan, translated(error.args[0]), "bad")
    return _back(plan, translated(_l("The stage is added.")))


@blueprint.post("/<stage>")
@allowed("plans.edit")
def change(plan: str, stage: str) -> ResponseReturnValue:
    """Change a stage."""
    with reading() as work:
        known = directory(work).plan(plan).by_key.get(stage)
    if known is None:
        raise NotFoundError("stage", stage)
    form = sent(StageForm, lists=frozenset({"required"}))
    if form.value is None:
        return _back(plan, " ".join(form.errors.values()) or form.problem, "bad")
    given = form.value
    wanted = StageChange(
        given.name,
        given.colour,
        asks_reason=given.asks_reason == "yes" and known.kind == "lost",
        required_fields=given.required,
        probability=given.probability,
    )
    try:
        with writing() as work:
            change_stage(work, plan, stage, wanted, by=actor(), version=given.version)
    except StaleError:
        return _back(plan, translated(_l("Somebody else changed this stage meanwhile: here is what holds now.")), "bad")
    except InvalidError as error:
        return _back(plan, translated(error.args[0]), "bad")
    return _back(plan, translated(_l("Saved.")))


@blueprint.post("/<stage>/move")
@allowed("plans.edit")
def move(plan: str, stage: str) -> ResponseReturnValue:
    """Let a stage change places with its neighbour."""
    form = sent(Step)
    with writing() as work:
        order = [one.key for one in directory(work).plan(plan).stages if one.kind != "undefined"]
        if stage not in order:
            raise NotFoundError("stage", stage)
        place = order.index(stage)
        other = place + (-1 if form.value is not None and form.value.to == "up" else 1)
        if form.value is not None and 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
            reorder_stages(work, plan, order, by=actor())
    return redirect(url_for("settings.plans.show", plan=plan, _anchor=f"stage-{stage}"), code=303)


@blueprint.post("/<stage>/remove")
@allowed("plans.edit")
def remove(plan: str, stage: str) -> ResponseReturnValue:
    """Remove a stage; its deals go to "Undefined"; where funnels name it, that is said first."""
    form = sent(Confirmed)
    try:
        with writing() as work:
            is_sure = form.value is not None and form.value.confirmed == "yes"
            went = remove_stage(work, plan, stage, by=actor(), refers=FunnelReferences(work), confirmed=is_sure)
    except InUseError as error:
        with reading() as work:
            found = directory(work).plan(plan)
        return (
            render_template("settings/stage_in_use.html", plan=found, stage=found.by_key[stage], places=error.places),
            422,
        )
    except InvalidError as error:
        return _back(plan, translated(error.args[0]), "bad")
    words = translated(_l("The stage is removed."))
    if went:
        words += " " + translated(_ln('{count} deal went to "Undefined".', '{count} deals went to "Undefined".', went))
    return _back(plan, words)


def _back(plan: str, words: str, kind: str = "ok") -> ResponseReturnValue:
    flash(words, kind)
    return redirect(url_for("settings.plans.show", plan=plan, _anchor="stages"), code=303)
