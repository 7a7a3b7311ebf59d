"""Moving and adding deals from the board: commands of its script."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError
from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.card_queries import Filter
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import InvalidError
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.people.persons import persons_of
from crm.tables.records import deal
from db.work import Work
from engine.request import DONE, Result
from web.access import allowed
from web.forms import FormModel
from web.money import read_amount
from web.pages.boards import plan_seen, update_of
from web.pages.records import loss_reasons
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer

blueprint = Blueprint("deal_moves", __name__)

STATUS = {"no_deal": 404, "stale": 409}


class Moved(FormModel):
    """Where a deal shall go.  ``version`` is that of the view it was moved on."""

    stage: str = Field(max_length=200)
    version: int | None = None
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
    """Move a deal to a stage; answers with the card and the columns as they are now."""
    asked: Moved = _body(Moved)
    with writing() as work:
        item = Move(deal_id, asked.stage, loss_reason=asked.loss_reason, version=asked.version)
        [result] = move_deals(work, [item], by=actor())
        if result.code != DONE:
            return _refused(work, result, asked.stage)
    return jsonify(_update(deal_id))


def _refused(work: Work, result: Result, stage: str) -> ResponseReturnValue:
    settings = directory(work)
    answer: dict[str, Any] = {"error": {"code": result.code, "message": translated(result.detail)}}
    if result.code == "required_missing":
        answer["reasons"] = [{"key": key, "name": name} for key, name in loss_reasons(work)]
        answer["asks_reason"] = any(
            one.key == stage and one.asks_reason for plan in settings.plans.values() for one in plan.stages
        )
    return jsonify(answer), STATUS.get(result.code, 422)


def _update(deal_id: int) -> dict[str, Any]:
    with reading() as work:
        settings = directory(work)
        plan_id = work.scalar(select(deal.c.plan_id).where(deal.c.id == deal_id))
        return {"id": deal_id, **update_of(work, settings.plans[plan_id], (deal_id,), viewer(), Filter())}


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
            return _refused(work, result, asked.stage)
    return jsonify(_update(result.ids[0])), 201


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
