"""Rows of lists of deals: a cell is changed where it stands, and what is refused is said there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.conditions.fields import SubjectFields
from crm.deals.card import deal_card
from crm.deals.moving import Move, move_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.finding.columns import columns_of
from crm.finding.deals import DealRow, deal_rows
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l
from web.access import SIGNED_IN, allowed
from web.deal_columns import EDITED, LIST, columns_shown
from web.deal_rows import RowsInHtml
from web.finding import choices_of
from web.forms import FormModel, sent
from web.money import in_field, minor_units
from web.pages.deals.move_window import ASKED_STILL
from web.pages.deals.refusals import move_refused
from web.pages.records import FORM_ERRORS, RefusedError, Undo, done, is_htmx, people, require_done, require_there
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer

blueprint = Blueprint("deal_rows", __name__)

_EDIT = "deals.edit"


class ToStage(FormModel):
    """Where the deal goes."""

    version: int | None = None
    stage: str = Field("", max_length=200)


class ToOwner(FormModel):
    """Who gets the deal."""

    version: int | None = None
    owner: str = Field("", max_length=200)


class ToAmount(FormModel):
    """What the deal is worth, as typed."""

    version: int | None = None
    amount: str = Field("", max_length=40)


@dataclass(frozen=True, slots=True)
class _Editing:
    """A cell that is being changed: what stands in it, and what was wrong."""

    path: str
    value: str = ""
    problem: str = ""


@blueprint.get("/deals/<int:deal_id>/row")
@allowed(SIGNED_IN)
def row(deal_id: int) -> ResponseReturnValue:
    """Show a deal as a row of a list; ``edit`` names a cell to change, ``focus`` the one that is to have the focus."""
    edit = f"deal.{request.args.get('edit', '')}"
    focus = f"deal.{request.args.get('focus', '')}"
    return _row(deal_id, _Editing(edit) if edit in EDITED else None, focus=focus)


@blueprint.post("/deals/<int:deal_id>/row/stage")
@allowed(_EDIT)
def stage(deal_id: int) -> ResponseReturnValue:
    """Move the deal to another stage; where that asks for something, the window of moves asks for it."""
    new = sent(ToStage).value or ToStage()
    try:
        with writing() as work:
            before = _seen(work, deal_id)
            here = directory(work).stages[before.card.stage_id]
            target = directory(work).plans[before.card.plan_id].by_key.get(new.stage)
            [result] = move_deals(work, [Move(deal_id, new.stage, version=new.version)], by=actor())
            require_there(result)
            if result.code not in (DONE, *ASKED_STILL):
                card = deal_card(work, deal_id, viewer=viewer())
                raise RefusedError(result._replace(detail=move_refused(work, card, new.stage, result)))
    except FORM_ERRORS as error:
        return _row(deal_id, _Editing("deal.stage", new.stage, _words(error)), status=422)
    if result.code in ASKED_STILL:
        return _asked(deal_id, new.stage, here.key)
    assert target is not None
    undo = Undo(translated(_l("Undo")), url_for("deal_changes.stage", deal_id=deal_id), {"stage": here.key})
    words = translated(_l("Moved to “{stage}”.", stage=target.name))
    takes_back = here.id != target.id and not here.asks_reason
    return _changed(deal_id, "deal.stage", done(words, undo if takes_back else None, _EVENTS))


@blueprint.post("/deals/<int:deal_id>/row/owner")
@allowed(_EDIT)
def owner(deal_id: int) -> ResponseReturnValue:
    """Hand the deal over."""
    new = sent(ToOwner).value or ToOwner()
    try:
        with writing() as work:
            before = _seen(work, deal_id)
            item = NewOwner("deal", deal_id, None if new.owner == "?" else new.owner, version=new.version)
            [result] = assign_owners(work, [item], by=actor())
            require_done(result)
            settings = directory(work)
            name = settings.users[int(str(result.records["deal"]["owner_id"]))].name
            old = settings.users.get(before.card.owner_id or 0)
    except FORM_ERRORS as error:
        return _row(deal_id, _Editing("deal.owner", new.owner, problem=_words(error)), status=422)
    undo = None
    if old is not None and old.is_active and old.name != name:
        address = url_for("deal_changes.owner", deal_id=deal_id)
        undo = Undo(translated(_l("Undo")), address, {"owner": old.login})
    return _changed(deal_id, "deal.owner", done(translated(_l("Given to {name}.", name=name)), undo, _EVENTS))


@blueprint.post("/deals/<int:deal_id>/row/amount")
@allowed(_EDIT)
def amount(deal_id: int) -> ResponseReturnValue:
    """Change what the deal is worth."""
    new = sent(ToAmount).value or ToAmount()
    try:
        with writing() as work:
            card = _seen(work, deal_id).card
            found = minor_units(new.amount, card.currency)
            if found is None:
                words = _l("“{value}” is no amount: write it as 1234.50", value=new.amount)
                raise RefusedError(Result("invalid", (deal_id,), detail=words))
            [result] = set_fields(work, [FieldChange("deal", deal_id, {"amount": found}, new.version)], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        return _row(deal_id, _Editing("deal.amount", new.amount, problem=_words(error)), status=422)
    return _changed(deal_id, "deal.amount", done(translated(_l("Saved.")), None, _EVENTS))


def _asked(deal_id: int, stage: str, stood: str) -> ResponseReturnValue:
    """Lead to the window of moves: a script opens it over the list, where the row stands as before."""
    if not is_htmx():
        return redirect(url_for("move_window.ask", deal_id=deal_id, goes_to=stage, stood_on=stood), code=303)
    answer = make_response(_row(deal_id, None, focus="deal.stage"))
    answer.headers["HX-Trigger"] = json.dumps({"ask-move": {"id": deal_id, "stage": stage, "stood": stood}})
    return answer


_EVENTS: Mapping[str, object] = {"list-changed": True}


def _seen(work: Work, deal_id: int) -> DealRow:
    """Return the deal as a row; 404 where the visitor may not see it."""
    found = deal_rows(work, [deal_id], viewer=viewer())
    return found[0] if found else abort(404)


def _words(error: Exception) -> str:
    return " ".join(translated(one) if isinstance(one, str) else str(one) for one in error.args)


def _changed(deal_id: int, path: str, header: str) -> ResponseReturnValue:
    """Draw the row again; it goes where the visitor may see the deal no more."""
    if not is_htmx():
        return redirect(url_for("deals.card", deal_id=deal_id), code=303)
    with reading() as work:
        is_gone = not deal_rows(work, [deal_id], viewer=viewer())
    answer = make_response("") if is_gone else make_response(_row(deal_id, None, focus=path))
    answer.headers["HX-Trigger"] = header
    return answer


def _row(deal_id: int, editing: _Editing | None, *, focus: str = "", status: int = 200) -> ResponseReturnValue:
    with reading() as work:
        found = _seen(work, deal_id)
        settings = directory(work)
        chosen = columns_of(work, LIST, viewer=viewer())
        columns = columns_shown(settings, chosen, all_plans=request.args.get("all") == "1")
        reasons = choices_of(work, "deal.lost_reason", SubjectFields(settings, "deal"))
        html = RowsInHtml(settings, work.now, columns, reasons)
    instead = {}
    if editing is not None:
        plan = settings.plans[found.card.plan_id]
        here = settings.users.get(found.card.owner_id or 0)
        members, others = people(settings, plan)
        values = {
            "deal.stage": settings.stages[found.card.stage_id].key,
            "deal.owner": here.login if here is not None else "",
            "deal.amount": in_field(found.card.amount, found.card.currency),
        }
        instead[editing.path] = render_template(
            "boards/cell.html",
            card=found.card,
            name=editing.path.removeprefix("deal."),
            value=editing.value or values[editing.path],
            editing=editing,
            plan=plan,
            members=members,
            others=others,
            all_plans=request.args.get("all", ""),
        )
    return html.list_row(found, instead, focus=focus), status
