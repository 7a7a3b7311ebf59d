"""The one window of a move: what the target stage asks for is asked at once, checked, and then the deal is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.deals.card import DealCard, deal_card
from crm.deals.filling import Filling, fill_and_move
from crm.deals.moving import Move, would_answer
from crm.directory import Stage, User, directory
from crm.people.contacts import NewContact
from crm.settings.directories import LossReason, loss_reasons
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l
from web.access import allowed
from web.custom_fields import PREFIX, FieldView, field_views, fields_sent, typed_again
from web.forms import Form, FormModel, sent
from web.money import in_field, minor_units
from web.pages.boards import board_update
from web.pages.deals.refusals import move_refused
from web.pages.records import FORM_ERRORS, RefusedError, is_htmx, people, require_there
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer, wants_json

blueprint = Blueprint("move_window", __name__)

ASKED_STILL = frozenset({"required_missing", "no_reason"})
"""The refusals that the window itself can heal."""


class Given(FormModel):
    """What the window sends; custom fields come beside."""

    stage: str = Field(max_length=200)
    stood: str = Field("", max_length=200)
    reason: str = Field("", max_length=200)
    comment: str = Field("", max_length=2000)
    title: str = Field("", max_length=255)
    amount: str = Field("", max_length=40)
    owner: str = Field("", max_length=200)
    company: str = Field("", max_length=255)
    name: str = Field("", max_length=255)
    phone: str = Field("", max_length=100)
    email: str = Field("", max_length=255)


@dataclass(slots=True)
class Window:
    """What stands in the window: the deal, where it goes, the empty fields that are asked for, and the reasons to choose from."""

    card: DealCard
    target: Stage
    stood: str
    missing: tuple[str, ...]
    fields: list[FieldView]
    reasons: list[LossReason]
    members: list[User] = field(default_factory=list)
    others: list[User] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """True where anything is asked."""
        return bool(self.missing) or self.target.asks_reason

    @property
    def amount(self) -> str:
        """The amount as it stands in its field; nothing for 0, which is asked for."""
        return in_field(self.card.amount, self.card.currency) if self.card.amount else ""


@blueprint.get("/deals/<int:deal_id>/move")
@allowed("deals.edit")
def ask(deal_id: int) -> ResponseReturnValue:
    """Show the window; 204 where nothing is asked, so that a script moves at once; 409 where somebody was faster."""
    stage, stood = request.args.get("goes_to", ""), request.args.get("stood_on", "")
    with reading() as work:
        window = _window(work, deal_id, stage, stood)
        refusal = would_answer(work, Move(deal_id, stage, stood=stood or None), by=actor())
        if refusal is not None and refusal.code not in ASKED_STILL:
            require_there(refusal)
            words = move_refused(work, window.card, stage, refusal)
            return _refused(deal_id, refusal, words, window, Form())
    if is_htmx() and not window.asks:
        return "", 204
    return _drawn(window, Form())


@blueprint.post("/deals/<int:deal_id>/move")
@allowed("deals.edit")
def give(deal_id: int) -> ResponseReturnValue:
    """Fill in what was asked for and move the deal; what is wrong is said beside its field, and nothing typed is lost."""
    form = sent(Given, beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    with reading() as work:
        window = _window(work, deal_id, str(form.get("stage")), str(form.get("stood")))
        values, wrong = fields_sent(directory(work), "deal", window.card.currency)
    form.errors.update(wrong)
    new = form.value
    if new is None:
        return _drawn(window, form, 422)
    filling = _filling(deal_id, new, values, window, form)
    if form.errors:
        return _drawn(window, form, 422)
    try:
        with writing() as work:
            [result] = fill_and_move(work, [filling], by=actor())
            require_there(result)
            if result.code != DONE:
                words = move_refused(work, deal_card(work, deal_id, viewer=viewer()), new.stage, result)
                raise RefusedError(result._replace(detail=words), _WHERE.get(result.code, ""))
    except FORM_ERRORS as error:
        form.refuse(error, error.name if isinstance(error, RefusedError) else "")
        if isinstance(error, RefusedError) and error.result.code == "stale":
            return _refused(deal_id, error.result, error.result.detail, window, form)
        return _drawn(window, form, 422)
    if wants_json():
        return jsonify(board_update(deal_id))
    flash(translated(_l("Moved to “{stage}”.", stage=window.target.name)), "ok")
    return redirect(url_for("deals.card", deal_id=deal_id), code=303)


_WHERE = {"invalid_contact": "phone", "no_user": "owner", "no_reason": "reason"}


def _window(work: Work, deal_id: int, stage: str, stood: str) -> Window:
    """Return what is asked; 404 where the deal is not there for the visitor, or there is no such stage."""
    settings = directory(work)
    card = deal_card(work, deal_id, viewer=viewer())
    target = card.plan.by_key.get(stage)
    if target is None:
        abort(404)
    missing = card.missing.get(stage, ())
    own = [one for one in card.fields if f"field.{one.definition.key}" in missing]
    reasons = [one for one in loss_reasons(work) if one.is_active and one.for_deals] if target.asks_reason else []
    members, others = people(settings, card.plan)
    return Window(card, target, stood, missing, field_views(settings, own, card.currency), reasons, members, others)


def _filling(deal_id: int, new: Given, values: Mapping[str, object], window: Window, form: Form[Given]) -> Filling:
    """Return what was given; what is missing still is said in the form."""
    filled = {key: value for key, value in values.items() if value not in (None, "", [])}
    if new.title:
        filled["title"] = new.title
    if new.amount:
        amount = minor_units(new.amount, window.card.currency)
        if amount is None:
            form.errors["amount"] = translated(_l("“{value}” is no amount: write it as 1234.50", value=new.amount))
        else:
            filled["amount"] = amount
    given = {
        "title": new.title,
        "amount": filled.get("amount"),
        "owner": new.owner,
        "company": new.company,
        "contact": new.name or new.phone or new.email,
        **{path: filled.get(path) for path in window.missing if path.startswith(PREFIX)},
    }
    for path in window.missing:
        if not given[path] and given[path] is not False:
            form.errors.setdefault(_CONTROL.get(path, path), translated(_l("Fill this in.")))
    reason = next((one for one in window.reasons if one.key == new.reason), None)
    if window.target.asks_reason and reason is None:
        form.errors["reason"] = translated(_l("Choose a reason."))
    if reason is not None and reason.asks_comment and not new.comment:
        form.errors["comment"] = translated(_l("Say more: “{reason}” asks for a comment.", reason=reason.name))
    contact = NewContact(
        new.name or new.phone or new.email,
        (new.phone,) if new.phone else (),
        (new.email,) if new.email else (),
    )
    return Filling(
        deal_id,
        new.stage,
        filled,
        new.owner or None,
        new.company,
        contact if new.name or new.phone or new.email else None,
        new.comment,
        new.reason or None,
        new.stood or None,
    )


_CONTROL = {"contact": "name"}


def _drawn(window: Window, form: Form[Any], status: int = 200) -> ResponseReturnValue:
    """Draw the window: its inside for a script, else a page of its own."""
    template = "deals/move_form.html" if is_htmx() else "deals/move.html"
    return make_response(render_template(template, window=window, card=window.card, form=form), status)


def _refused(deal_id: int, result: Result, words: str, window: Window, form: Form[Any]) -> ResponseReturnValue:
    """Tell why, and where the deal stands now."""
    status = 409 if result.code == "stale" else 422
    if not is_htmx() and not wants_json():
        form.problem = words
        return _drawn(window, form, status)
    answer = {"error": {"code": result.code, "message": words}, "update": board_update(deal_id)}
    return make_response(jsonify(answer), status)
