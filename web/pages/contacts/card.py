"""A contact's card, and what is done on it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contact_card import ContactCard, contact_card
from crm.people.listing import known_types
from crm.records.timeline import Timeline, timeline_of_many
from crm.tasks.changes import NewTask, create_tasks
from db.work import Work
from engine.text import _l
from web.access import SIGNED_IN, allowed
from web.forms import Form, FormModel, sent
from web.pages import clients
from web.pages.clients import ToPlan
from web.pages.deals.attaching import Task, due_of
from web.pages.records import FORM_ERRORS, done, require_done, story
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me, viewer

blueprint = Blueprint("contact_card", __name__)

_EDIT = "leads.edit"


class Fields(FormModel):
    """The contact's own fields; custom ones come beside them."""

    version: int
    name: str = Field(max_length=255)
    type: str = Field(max_length=255)
    phone: str = ""
    email: str = ""
    city: str = Field("", max_length=255)
    company: str = Field("", max_length=255)
    owner: str = ""


def show(
    contact_id: int, *, forms: dict[str, Form[Any]] | None = None, status: int = 200, header: str = ""
) -> Response:
    """Draw the contact."""
    with reading() as work:
        card = contact_card(work, contact_id, viewer=viewer())
        values = clients.given(work, "contact", card, _happened(work, card), forms)
        values["types"] = known_types(work)
    return clients.drawn(values, status, header)


def _happened(work: Work, card: ContactCard, before: int | None = None) -> Timeline:
    own = card.own
    return timeline_of_many(
        work, [card.person_id, *own.persons], deals=own.deal_ids, leads=own.lead_ids, contacts=[card.id], before=before
    )


@blueprint.get("/contacts/<int:contact_id>")
@allowed(SIGNED_IN)
def card(contact_id: int) -> Response:
    """Show a contact: a drawer where htmx asks, else a page of its own."""
    return show(contact_id)


@blueprint.get("/contacts/<int:contact_id>/timeline")
@allowed(SIGNED_IN)
def more(contact_id: int) -> ResponseReturnValue:
    """Show what happened before."""
    with reading() as work:
        settings = directory(work)
        found = contact_card(work, contact_id, viewer=viewer())
        page = _happened(work, found, request.args.get("before", type=int))
        told = story(work, settings, page, str(settings.organization["currency"]))
    links = clients.abouts(found.own, page)
    return render_template(
        "parts/timeline.html", story=told, next=page.next, abouts=links, base=f"/contacts/{contact_id}"
    )


@blueprint.post("/contacts/<int:contact_id>/fields")
@allowed(_EDIT)
def fields(contact_id: int) -> ResponseReturnValue:
    """Save the fields."""

    def own(work: Work, new: Fields) -> dict[str, object]:
        card = contact_card(work, contact_id, viewer=viewer())
        values: dict[str, object] = {
            name: getattr(new, name) or None for name in ("name", "type", "phone", "email", "city")
        }
        if new.owner != (card.owner.login if card.owner is not None else ""):
            values["owner"] = new.owner or None
        if new.company != (card.company or ""):
            values["company_id"] = None
            if new.company:
                [found] = find_or_create_companies(work, [NewCompany(new.company, owner_id=me().id)], by=actor())
                require_done(found, "company")
                values["company_id"] = found.ids[0]
        return values

    return clients.save_fields("contact", contact_id, Fields, show, own)


@blueprint.post("/contacts/<int:contact_id>/tags")
@allowed(_EDIT)
def tags(contact_id: int) -> ResponseReturnValue:
    """Put tags on, or take one off."""
    return clients.save_tags("contact", contact_id, show, lambda work: _person(work, contact_id))


@blueprint.post("/contacts/<int:contact_id>/comments")
@allowed(_EDIT)
def comments(contact_id: int) -> ResponseReturnValue:
    """Write a comment."""
    return clients.save_comment("contact", contact_id, show, lambda work: _person(work, contact_id))


def _person(work: Work, contact_id: int) -> int:
    return contact_card(work, contact_id, viewer=viewer()).person_id


@blueprint.post("/contacts/<int:contact_id>/tasks")
@allowed("tasks.edit")
def tasks(contact_id: int) -> ResponseReturnValue:
    """Set a task about the contact."""
    form = sent(Task)
    if form.value is None:
        return show(contact_id, forms={"task": form}, status=422)
    with writing() as work:
        found = contact_card(work, contact_id, viewer=viewer())
        user = directory(work).user(form.value.responsible) if form.value.responsible else found.owner or me()
        new = NewTask(
            found.person_id,
            form.value.title,
            due_of(form.value.day, form.value.at),
            user.id,
            type=form.value.type,
        )
        [result] = create_tasks(work, [new], by=actor())
        require_done(result)
    return clients.changed("contact", contact_id, show, done(translated(_l("Task set."))))


@blueprint.post("/contacts/<int:contact_id>/deals")
@allowed("deals.create")
def deals(contact_id: int) -> ResponseReturnValue:
    """Open a deal with the contact on a plan, and go there."""
    form = sent(ToPlan)
    if form.value is None:
        return show(contact_id, forms={"deal": form}, status=422)
    try:
        with writing() as work:
            found = contact_card(work, contact_id, viewer=viewer())
            plan = directory(work).plan(form.value.plan)
            members = {one.user_id for one in plan.managers}
            item = NewDeal(
                found.person_id,
                plan.key,
                title=form.value.title or found.name,
                contact_id=found.id,
                company_id=found.company_id,
                owner_id=me().id if me().id in members else None,
            )
            [result] = open_deals(work, [item], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return show(contact_id, forms={"deal": form}, status=422)
    return clients.gone_to(f"/deals/{result.ids[0]}")
