"""A company's card, and what is done on it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.deals.card import deal_card
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.people.company_card import CompanyCard, company_card
from crm.people.persons import persons_of
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

blueprint = Blueprint("company_card", __name__)

_EDIT = "leads.edit"


class Fields(FormModel):
    """The company's own fields; custom ones come beside them."""

    version: int
    name: str = Field(max_length=255)
    owner: str = ""


class TaskAbout(Task):
    """A task, and the contact or deal of the company that it is about: ``contact-5``, ``deal-7``."""

    about: str = ""


def show(
    company_id: int, *, forms: dict[str, Form[Any]] | None = None, status: int = 200, header: str = ""
) -> Response:
    """Draw the company."""
    with reading() as work:
        card = company_card(work, company_id, viewer=viewer())
        values = clients.given(work, "company", card, _happened(work, card), forms)
    return clients.drawn(values, status, header)


def _happened(work: Work, card: CompanyCard, before: int | None = None) -> Timeline:
    own = card.own
    return timeline_of_many(
        work,
        sorted({*own.persons, *(one.person_id for one in card.contacts)}),
        deals=own.deal_ids,
        leads=own.lead_ids,
        contacts=[one.id for one in card.contacts],
        company_id=card.id,
        before=before,
    )


@blueprint.get("/companies/<int:company_id>")
@allowed(SIGNED_IN)
def card(company_id: int) -> Response:
    """Show a company: a drawer where htmx asks, else a page of its own."""
    return show(company_id)


@blueprint.get("/companies/<int:company_id>/timeline")
@allowed(SIGNED_IN)
def more(company_id: int) -> ResponseReturnValue:
    """Show what happened before."""
    with reading() as work:
        settings = directory(work)
        found = company_card(work, company_id, viewer=viewer())
        page = _happened(work, found, request.args.get("before", type=int))
        told = story(work, settings, page, str(settings.organization["currency"]))
    links = clients.abouts(found.own, page)
    return render_template(
        "parts/timeline.html", story=told, next=page.next, abouts=links, base=f"/companies/{company_id}"
    )


@blueprint.post("/companies/<int:company_id>/fields")
@allowed(_EDIT)
def fields(company_id: int) -> ResponseReturnValue:
    """Save the fields."""

    def own(work: Work, new: Fields) -> dict[str, object]:
        card = company_card(work, company_id, viewer=viewer())
        values: dict[str, object] = {"name": new.name}
        if new.owner != (card.owner.login if card.owner is not None else ""):
            values["owner"] = new.owner or None
        return values

    return clients.save_fields("company", company_id, Fields, show, own)


@blueprint.post("/companies/<int:company_id>/tags")
@allowed(_EDIT)
def tags(company_id: int) -> ResponseReturnValue:
    """Put tags on, or take one off."""
    return clients.save_tags("company", company_id, show, lambda _work: 0)


@blueprint.post("/companies/<int:company_id>/comments")
@allowed(_EDIT)
def comments(company_id: int) -> ResponseReturnValue:
    """Write a comment."""
    return clients.save_comment("company", company_id, show, lambda _work: 0)


@blueprint.post("/companies/<int:company_id>/tasks")
@allowed("tasks.edit")
def tasks(company_id: int) -> ResponseReturnValue:
    """Set a task about one of the company's contacts or deals."""
    form = sent(TaskAbout)
    if form.value is None:
        return show(company_id, forms={"task": form}, status=422)
    with writing() as work:
        found = company_card(work, company_id, viewer=viewer())
        kind, _, number = form.value.about.partition("-")
        whom = next((one for one in found.contacts if kind == "contact" and str(one.id) == number), None)
        deal = next((one for one in found.own.deals if kind == "deal" and str(one.id) == number), None)
        if whom is None and deal is None:
            form.errors["about"] = translated(_l("Choose whom or what the task is about."))
            return show(company_id, forms={"task": form}, status=422)
        user = directory(work).user(form.value.responsible) if form.value.responsible else found.owner or me()
        new = NewTask(
            whom.person_id if whom is not None else deal_card(work, deal.id, viewer=viewer()).person_id if deal else 0,
            form.value.title,
            due_of(form.value.day, form.value.at),
            user.id,
            deal_id=deal.id if deal is not None else None,
            type=form.value.type,
        )
        [result] = create_tasks(work, [new], by=actor())
        require_done(result)
    return clients.changed("company", company_id, show, done(translated(_l("Task set."))))


@blueprint.post("/companies/<int:company_id>/deals")
@allowed("deals.create")
def deals(company_id: int) -> ResponseReturnValue:
    """Open a deal with the company on a plan, and go there; without a contact its person is not known yet."""
    form = sent(ToPlan)
    if form.value is None:
        return show(company_id, forms={"deal": form}, status=422)
    try:
        with writing() as work:
            found = company_card(work, company_id, viewer=viewer())
            plan = directory(work).plan(form.value.plan)
            members = {one.user_id for one in plan.managers}
            whom = next((one for one in found.contacts if one.id == form.value.contact), None)
            item = NewDeal(
                whom.person_id if whom is not None else persons_of(work, [()])[0],
                plan.key,
                title=form.value.title or found.name,
                contact_id=whom.id if whom is not None else None,
                company_id=found.id,
                owner_id=me().id if me().id in members else None,
            )
            [result] = open_deals(work, [item], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return show(company_id, forms={"deal": form}, status=422)
    return clients.gone_to(f"/deals/{result.ids[0]}")
