"""Change a deal: its fields, stage, owner."""

from __future__ import annotations

import json

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.deals.card import DealCard, deal_card
from crm.deals.moving import RECALL_RIGHTS, Move, move_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.deals.recalling import LONGEST_REASON, Recall, recall_deals
from crm.deals.visible import visible_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from db.work import Work
from engine.request import DONE
from engine.text import _l
from web.access import allowed
from web.custom_fields import PREFIX, fields_sent, typed_again
from web.files import with_files
from web.forms import FormModel, sent
from web.money import minor_units
from web.pages.deals.move_window import ASKED_STILL
from web.pages.deals.refusals import move_refused
from web.pages.deals.showing import show
from web.pages.records import FORM_ERRORS, RefusedError, Undo, done, is_htmx, nothing, require_done, require_there
from web.reasons import field_name
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer, visit

blueprint = Blueprint("deal_changes", __name__)


class Fields(FormModel):
    """The card's own fields; custom ones come beside them."""

    version: int
    title: str = Field(max_length=255)
    amount: str = "0"
    company: str = Field("", max_length=255)
    name: str = Field("", max_length=255)
    phone: str = ""
    email: str = ""


class ToStage(FormModel):
    """Where the deal goes, and why where the stage asks."""

    version: int | None = None
    stage: str
    stood: str | None = None
    reason: str | None = None


class ToRecall(FormModel):
    """Why a closed deal is taken up again."""

    version: int | None = None
    why: str = Field(max_length=LONGEST_REASON)


class ToOwner(FormModel):
    """Who gets the deal."""

    version: int | None = None
    owner: str


_EDIT = "deals.edit"


@blueprint.post("/deals/<int:deal_id>/fields")
@allowed(_EDIT)
def fields(deal_id: int) -> ResponseReturnValue:
    """Save the fields; 409 where somebody changed the deal meanwhile: what was typed stays, and can be saved again."""
    form = sent(Fields, beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    new = form.value
    status = 422
    with reading() as work:
        before = deal_card(work, deal_id, viewer=viewer())
        values, wrong = fields_sent(directory(work), "deal", before.currency)
    form.errors.update(wrong)
    amount = minor_units(new.amount, before.currency) if new is not None else None
    if new is not None and amount is None:
        form.errors["amount"] = translated(_l("“{value}” is no amount: write it as 1234.50", value=new.amount))
    if new is not None and amount is not None and not wrong:
        try:
            with writing() as work:
                _save(work, before, new, {"title": new.title, "amount": amount, **values})
        except FORM_ERRORS as error:
            if isinstance(error, RefusedError) and error.result.code == "stale":
                status = 409
                form.problem = _conflict(before, new, amount)
            else:
                form.refuse(error, error.name if isinstance(error, RefusedError) else "")
        else:
            return changed_deal(deal_id, done(translated(_l("Saved.")), events=event_of(deal_id)))
    return show(deal_id, forms={"fields": form}, status=status)


def _save(work: Work, card: DealCard, new: Fields, values: dict[str, object]) -> None:
    """Write the deal, its company and its contact; all or nothing."""
    by = actor()
    if new.company != (card.who.company or ""):
        company_id = None
        if new.company:
            [found] = find_or_create_companies(work, [NewCompany(new.company)], by=by)
            require_done(found, "company")
            company_id = found.ids[0]
        values = {**values, "company_id": company_id}
    values = with_files(work, values, card.fields)
    [result] = set_fields(work, [FieldChange("deal", card.id, values, new.version)], by=by)
    require_done(result)
    person = {"name": new.name, "phone": new.phone, "email": new.email}
    known = {"name": card.who.name or "", "phone": card.who.phone or "", "email": card.who.email or ""}
    changed = {key: value for key, value in person.items() if value != known[key]}
    if not changed:
        return
    if card.who.contact_id is not None:
        [result] = set_fields(work, [FieldChange("contact", card.who.contact_id, changed)], by=by)
    else:
        item = NewContact(
            new.name or new.phone or new.email or card.title,
            (new.phone,) if new.phone else (),
            (new.email,) if new.email else (),
            person_id=card.person_id,
        )
        [result] = find_or_create_contacts(work, [item], by=by)
    require_done(result, next(iter(changed)))


def _conflict(now: DealCard, new: Fields, amount: int) -> str:
    """Say which of the values that were typed differ from those that somebody else has saved meanwhile."""
    settings = visit().settings
    assert settings is not None
    there = {"title": (now.title, new.title), "amount": (now.amount, amount)}
    names = [translated(field_name(settings, f"deal.{key}")) for key, (old, typed) in there.items() if old != typed]
    words = translated(
        _l("Somebody else has changed this deal meanwhile. What you typed is kept: look at it, and save again.")
    )
    if not names:
        return words
    return words + " " + translated(_l("It differs in: {fields}.", fields=", ".join(names)))


@blueprint.post("/deals/<int:deal_id>/stage")
@allowed(_EDIT)
def stage(deal_id: int) -> ResponseReturnValue:
    """Move the deal to another stage; where that asks for something, the window of moves asks for it."""
    form = sent(ToStage)
    new = form.value
    if new is None:
        return show(deal_id, forms={"stage": form}, status=422)
    try:
        with writing() as work:
            card = deal_card(work, deal_id, viewer=viewer())
            item = Move(deal_id, new.stage, loss_reason=new.reason, version=new.version, stood=new.stood)
            [result] = move_deals(work, [item], by=actor())
            require_there(result)
            if result.code in ASKED_STILL:
                return _asked(card, new.stage)
            if result.code != DONE:
                raise RefusedError(result._replace(detail=move_refused(work, card, new.stage, result)))
    except FORM_ERRORS as error:
        form.refuse(error)
        stale = isinstance(error, RefusedError) and error.result.code == "stale"
        return show(deal_id, forms={"stage": form}, status=409 if stale else 422)
    target = card.plan.by_key[new.stage]
    undo = Undo(translated(_l("Undo")), url_for(".stage", deal_id=deal_id), {"stage": card.stage.key})
    words = translated(_l("Moved to “{stage}”.", stage=target.name))
    takes_back = card.stage.id != target.id and not card.stage.asks_reason
    return changed_deal(deal_id, done(words, undo if takes_back else None, event_of(deal_id)))


def _asked(card: DealCard, stage: str) -> ResponseReturnValue:
    """Lead to the window that asks for what is missing: a script opens it over the page, a browser without goes there."""
    if is_htmx():
        return nothing(json.dumps({"ask-move": {"id": card.id, "stage": stage, "stood": card.stage.key}}))
    return redirect(url_for("move_window.ask", deal_id=card.id, goes_to=stage, stood_on=card.stage.key), code=303)


@blueprint.post("/deals/<int:deal_id>/recall")
@allowed(*RECALL_RIGHTS)
def recall(deal_id: int) -> ResponseReturnValue:
    """Take a closed deal up again."""
    form = sent(ToRecall)
    new = form.value
    if new is None:
        return show(deal_id, forms={"recall": form}, status=422)
    try:
        with writing() as work:
            deal_card(work, deal_id, viewer=viewer())
            [result] = recall_deals(work, [Recall(deal_id, new.why, new.version)], by=actor())
            require_done(result, "why")
    except FORM_ERRORS as error:
        form.refuse(error)
        stale = isinstance(error, RefusedError) and error.result.code == "stale"
        return show(deal_id, forms={"recall": form}, status=409 if stale else 422)
    return changed_deal(deal_id, done(translated(_l("Taken up again.")), events=event_of(deal_id)))


@blueprint.post("/deals/<int:deal_id>/owner")
@allowed(_EDIT)
def owner(deal_id: int) -> ResponseReturnValue:
    """Hand the deal over; whoever may see it no more is led away from it."""
    form = sent(ToOwner)
    new = form.value
    if new is None:
        return show(deal_id, forms={"owner": form}, status=422)
    try:
        with writing() as work:
            card = deal_card(work, deal_id, viewer=viewer())
            by_plan = new.owner == "?"
            item = NewOwner("deal", deal_id, None if by_plan else new.owner, version=new.version)
            [result] = assign_owners(work, [item], by=actor())
            require_done(result)
            still_seen = bool(visible_deals(work, [deal_id], viewer()))
            name = directory(work).users[int(str(result.records["deal"]["owner_id"]))].name
    except FORM_ERRORS as error:
        form.refuse(error)
        return show(deal_id, forms={"owner": form}, status=422)
    words = translated(_l("Given to {name}.", name=name))
    if not still_seen:
        header = done(words, events={**event_of(deal_id), "drawer-closes": True})
        return nothing(header) if is_htmx() else redirect(f"/boards/{card.plan.key}", code=303)
    undo = None
    if card.owner is not None and card.owner.is_active and card.owner.name != name:
        undo = Undo(translated(_l("Undo")), url_for(".owner", deal_id=deal_id), {"owner": card.owner.login})
    return changed_deal(deal_id, done(words, undo, event_of(deal_id)))


def event_of(deal_id: int) -> dict[str, object]:
    """Return the event that boards listen to, so that they draw the deal again."""
    return {"deal-changed": {"id": deal_id}}


def changed_deal(deal_id: int, header: str) -> ResponseReturnValue:
    """Draw the card again, or lead a browser without scripts back to it."""
    if is_htmx():
        return show(deal_id, header=header)
    return redirect(url_for("deals.card", deal_id=deal_id), code=303)
