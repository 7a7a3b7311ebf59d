"""Moving and adding deals from the board: commands of its script."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from crm.access.actor import Actor
from crm.deals.card import deal_card
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import InvalidError
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.people.persons import persons_of
from db.work import Work
from engine.request import DONE, Result
from web.access import allowed
from web.forms import FormModel
from web.money import read_amount
from web.pages.boards import board_update, plan_seen
from web.pages.deals.refusals import move_refused
from web.pages.records import words_of
from web.site import writing
from web.texts import translated
from web.visit import actor, viewer

blueprint = Blueprint("deal_moves", __name__)

STATUS = {"no_deal": 404, "stale": 409}


class Moved(FormModel):
    """Where a deal shall go.  ``stood`` is the stage that its card stood on, ``version`` that of the card."""

    stage: str = Field(max_length=200)
    version: int | None = None
    stood: str | None = Field(None, max_length=200)
    loss_reason: str | None = Field(None, max_length=200)


class Added(FormModel):
    """A new deal.  ``amount`` is in whole units of the plan's currency; without it the plan's average check."""

    stage: str = Field(max_length=200)
    title: str = Field("", max_length=300)
    name: str = Field("", max_length=300)
    phone: str = Field("", max_length=100)
    email: str = Field("", max_length=300)
    amount: str = Field("", max_length=40)


def _body(model: type[Any]) -> Any:
    try:
        return model.model_validate(request.get_json())
    except ValidationError:
        abort(422)


@blueprint.post("/api/deals/<int:deal_id>/move")
@allowed("deals.edit")
def move(deal_id: int) -> ResponseReturnValue:
    """Move a deal to a stage; answers with the card and the columns as they are now, also where somebody was faster.

    Where the stage asks for something, the answer says so (``required_missing``): ``/deals/ID/move`` is the window that asks.
    """
    asked: Moved = _body(Moved)
    with writing() as work:
        item = Move(deal_id, asked.stage, loss_reason=asked.loss_reason, version=asked.version, stood=asked.stood)
        [result] = move_deals(work, [item], by=actor())
        if result.code in ("no_deal", "no_stage"):
            return _refused(result)
        words = ""
        if result.code != DONE:
            words = move_refused(work, deal_card(work, deal_id, viewer=viewer()), asked.stage, result)
    if words:
        answer = {"error": {"code": result.code, "message": words}, "update": board_update(deal_id)}
        return jsonify(answer), STATUS.get(result.code, 422)
    return jsonify(board_update(deal_id))


def _refused(result: Result) -> ResponseReturnValue:
    answer = {"error": {"code": result.code, "message": translated(words_of(result))}}
    return jsonify(answer), STATUS.get(result.code, 422)


@blueprint.post("/api/boards/<plan>/deals")
@allowed("deals.create")
def add(plan: str) -> ResponseReturnValue:
    """Open a deal on a stage, with its contact; answers with the card and the columns as they are now."""
    asked: Added = _body(Added)
    with writing() as work:
        found = plan_seen(directory(work), plan)
        person_id, contact_id = _person(work, asked, actor())
        item = NewDeal(
            person_id,
            found.key,
            asked.stage,
            asked.title or asked.name or None,
            read_amount(asked.amount, found.currency) if asked.amount else None,
            owner_id=actor().id if any(one.user_id == actor().id for one in found.managers) else None,
            contact_id=contact_id,
        )
        [result] = open_deals(work, [item], by=actor())
        if result.code != DONE:
            return _refused(result)
    return jsonify(board_update(result.ids[0])), 201


def _person(work: Work, asked: Added, by: Actor) -> tuple[int, int | None]:
    """Return the person and the contact behind a new deal; nobody known is a new person."""
    if not (asked.name or asked.phone or asked.email):
        return persons_of(work, [()])[0], None
    new = NewContact(
        asked.name or asked.phone or asked.email,
        phones=[asked.phone] if asked.phone else (),
        emails=[asked.email] if asked.email else (),
    )
    [result] = find_or_create_contacts(work, [new], by=by)
    if result.code not in (DONE, "exists"):
        raise InvalidError(result.detail)
    return result.ids[1], result.ids[0]
