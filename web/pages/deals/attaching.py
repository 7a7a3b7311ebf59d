"""What hangs on a deal: tags, comments, tasks, products."""

from __future__ import annotations

from datetime import date, datetime, time

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.deals.card import deal_card
from crm.deals.products import Line, set_products
from crm.directory import directory
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.tasks.changes import NewTask, create_tasks
from engine.deadline import Due
from engine.text import _l
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.money import minor_units
from web.pages.deals.changing import changed_deal, event_of
from web.pages.deals.showing import show
from web.pages.records import FORM_ERRORS, RefusedError, Undo, done, require_done
from web.site import writing
from web.texts import translated
from web.visit import actor, me, viewer, visit

blueprint = Blueprint("deal_parts", __name__)


class Tags(FormModel):
    """A tag to put on, or one to take off."""

    add: str = Field("", max_length=60)
    remove: str = ""


class Comment(FormModel):
    """A comment."""

    body: str = Field(max_length=20_000)


class Task(FormModel):
    """A task to set; without a day it has no deadline."""

    title: str = Field(max_length=255)
    type: str = Field("todo", max_length=60)
    day: date | None = None
    at: time | None = None
    responsible: str = ""


class Products(FormModel):
    """The lines of the deal: three lists of equal length."""

    version: int
    product: list[str] = Field(default_factory=list)
    quantity: list[str] = Field(default_factory=list)
    price: list[str] = Field(default_factory=list)


@blueprint.post("/deals/<int:deal_id>/tags")
@allowed("deals.edit")
def tags(deal_id: int) -> ResponseReturnValue:
    """Put tags on (several, with commas between), or take one off."""
    form = sent(Tags)
    if form.value is None:
        return show(deal_id, forms={"tags": form}, status=422)
    add = frozenset(" ".join(name.split()) for name in form.value.add.split(",") if name.strip())
    remove = frozenset({form.value.remove} if form.value.remove else ())
    with writing() as work:
        card = deal_card(work, deal_id, viewer=viewer())
        [result] = change_tags(work, [TagChange("deal", deal_id, card.person_id, add, remove)], by=actor())
        require_done(result)
    words = translated(_l("Tags changed."))
    undo = (
        Undo(translated(_l("Undo")), url_for(".tags", deal_id=deal_id), {"add": ", ".join(remove)}) if remove else None
    )
    return changed_deal(deal_id, done(words, undo, event_of(deal_id)))


@blueprint.post("/deals/<int:deal_id>/comments")
@allowed("deals.edit")
def comments(deal_id: int) -> ResponseReturnValue:
    """Write a comment."""
    form = sent(Comment)
    if form.value is None:
        return show(deal_id, forms={"comment": form}, status=422)
    try:
        with writing() as work:
            card = deal_card(work, deal_id, viewer=viewer())
            [result] = add_comments(work, [NewComment("deal", deal_id, card.person_id, form.value.body)], by=actor())
            require_done(result, "body")
    except FORM_ERRORS as error:
        form.refuse(error, "body")
        return show(deal_id, forms={"comment": form}, status=422)
    return changed_deal(deal_id, done(translated(_l("Comment added.")), events=event_of(deal_id)))


@blueprint.post("/deals/<int:deal_id>/tasks")
@allowed("tasks.edit")
def tasks(deal_id: int) -> ResponseReturnValue:
    """Set a task."""
    form = sent(Task)
    if form.value is None:
        return show(deal_id, forms={"task": form}, status=422)
    try:
        with writing() as work:
            card = deal_card(work, deal_id, viewer=viewer())
            user = directory(work).user(form.value.responsible) if form.value.responsible else card.owner or me()
            item = NewTask(
                card.person_id,
                form.value.title,
                due_of(form.value.day, form.value.at),
                user.id,
                deal_id=deal_id,
                type=form.value.type,
            )
            [result] = create_tasks(work, [item], by=actor())
            require_done(result, "title")
    except FORM_ERRORS as error:
        form.refuse(error)
        return show(deal_id, forms={"task": form}, status=422)
    return changed_deal(deal_id, done(translated(_l("Task set.")), events=event_of(deal_id)))


def due_of(day: date | None, at: time | None) -> Due | None:
    """Return a deadline as the visitor's clock shows it; without a time of day, at the end of work."""
    settings = visit().settings
    assert settings is not None
    if day is None:
        return None
    if at is None:
        return Due.at_wall(settings.calendar.closing(day), settings.calendar.zone)
    return Due.at_wall(datetime.combine(day, at), visit().zone)


@blueprint.post("/deals/<int:deal_id>/products")
@allowed("deals.edit")
def products(deal_id: int) -> ResponseReturnValue:
    """Save the products; lines without a name go."""
    form = sent(Products, lists=frozenset({"product", "quantity", "price"}))
    try:
        with writing() as work:
            card = deal_card(work, deal_id, viewer=viewer())
            lines = _lines(form, card.currency) if form.value is not None else None
            if form.value is not None and lines is not None:
                [result] = set_products(work, [(deal_id, lines)], by=actor(), versions={deal_id: form.value.version})
                require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        stale = isinstance(error, RefusedError) and error.result.code == "stale"
        return show(deal_id, forms={"products": form}, status=409 if stale else 422)
    if lines is None:
        return show(deal_id, forms={"products": form}, status=422)
    return changed_deal(deal_id, done(translated(_l("Products saved.")), events=event_of(deal_id)))


def _lines(form: Form[Products], currency: str) -> list[Line] | None:
    """Read the lines; what is wrong is said above the form."""
    assert form.value is not None
    lines = []
    new = form.value
    for name, quantity, price in zip(new.product, new.quantity, new.price, strict=False):
        if not name.strip():
            continue
        pieces = quantity.strip().replace(",", ".") or "1"
        amount = minor_units(price, currency) if price.strip() else 0
        try:
            number = float(pieces)
        except ValueError:
            form.problem = translated(_l("{name}: “{value}” is no quantity.", name=name, value=quantity))
            return None
        if amount is None:
            form.problem = translated(_l("{name}: “{value}” is no price.", name=name, value=price))
            return None
        lines.append(Line(name, number, amount))
    return lines
