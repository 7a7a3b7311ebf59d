"""A lead's own page, and what is done on it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.deals.opening import NewDeal, open_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import Plan, directory
from crm.fields.changes import FieldChange, set_fields
from crm.leads.card import LeadCard, channel_names, lead_card
from crm.leads.visible import visible_leads
from crm.people.contacts import known_types
from crm.people.entering import Conversion, convert_leads
from crm.people.twins import twins_of
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.records.timeline import timeline
from crm.tasks.changes import NewTask, create_tasks
from engine.text import _l
from funnels.naming import funnel_names
from funnels.why import why
from web.access import SIGNED_IN, allowed
from web.custom_fields import PREFIX, field_views, fields_sent, typed_again
from web.files import with_files
from web.forms import Form, FormModel, sent
from web.pages.clients.showing import gone_to
from web.pages.deals.attaching import Comment, Tags, Task, due_of
from web.pages.records import (
    FORM_ERRORS,
    RefusedError,
    Undo,
    done,
    is_htmx,
    nothing,
    people,
    require_done,
    require_there,
    story,
    words_of,
)
from web.site import reading, writing
from web.statuses import LEAD_STATUSES
from web.texts import translated
from web.visit import actor, me, viewer, visit

blueprint = Blueprint("lead_card", __name__)

_EDIT = "leads.edit"


class Fields(FormModel):
    """The lead's own fields; custom ones come beside them."""

    version: int
    title: str = Field(max_length=255)
    name: str = Field("", max_length=255)
    phone: str = ""
    email: str = ""
    company_name: str = Field("", max_length=255)
    source: str = Field("", max_length=255)
    channel: str = ""


class Status(FormModel):
    """A new status."""

    status: str


class Owner(FormModel):
    """A new owner."""

    owner: str


class ToContact(FormModel):
    """The type of the contact that is made."""

    type: str = Field(max_length=255)


class ToPlan(FormModel):
    """The plan on which a deal is opened."""

    plan: str


def show(lead_id: int, *, forms: dict[str, Form[Any]] | None = None, status: int = 200, header: str = "") -> Response:
    """Draw the lead: its inside where htmx renews it, else its page."""
    with reading() as work:
        settings = directory(work)
        card = lead_card(work, lead_id, viewer=viewer())
        currency = str(settings.organization["currency"])
        page = timeline(work, card.person_id, lead_id=lead_id)
        names = funnel_names(work)
        _, everybody = people(settings)
        given: dict[str, Any] = {
            "card": card,
            "fields": field_views(settings, card.fields, currency),
            "currency": currency,
            "story": story(work, settings, page, currency, names),
            "next": page.next,
            "why": why(work, "lead", lead_id, card.person_id),
            "everybody": everybody,
            "channels": channel_names(work),
            "tags": sorted(settings.tags.values(), key=str.casefold)[:200],
            "funnels": {one.key: translated(one.name) for one in names.values()},
            "open_plans": [
                one for one in settings.plans.values() if not one.is_archived and viewer().sees_plan(one.id)
            ],
            "types": known_types(work),
            "twins": twins_of(work, "lead", card, viewer=viewer()) if card.archived_at is None else (),
            "twin_kind": "lead",
            "forms": forms or {},
            "no_form": Form(),
        }
    template = "leads/card.html" if is_htmx() else "leads/page.html"
    response = make_response(render_template(template, **given), status)
    if header:
        response.headers["HX-Trigger"] = header
    if status >= 400:
        response.headers["HX-Reswap"] = "outerHTML"
    return response


@blueprint.get("/leads/<int:lead_id>")
@allowed(SIGNED_IN)
def card(lead_id: int) -> Response:
    """Show a lead."""
    return show(lead_id)


@blueprint.get("/leads/<int:lead_id>/timeline")
@allowed(SIGNED_IN)
def more(lead_id: int) -> ResponseReturnValue:
    """Show what happened before."""
    with reading() as work:
        settings = directory(work)
        found = lead_card(work, lead_id, viewer=viewer())
        page = timeline(work, found.person_id, lead_id=lead_id, before=request.args.get("before", type=int))
        told = story(work, settings, page, str(settings.organization["currency"]))
    return render_template("parts/timeline.html", story=told, next=page.next, base=f"/leads/{lead_id}")


@blueprint.post("/leads/<int:lead_id>/fields")
@allowed(_EDIT)
def fields(lead_id: int) -> ResponseReturnValue:
    """Save the fields; 409 where somebody changed the lead meanwhile: what was typed stays, and can be saved again."""
    form = sent(Fields, beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    new, status, settings = form.value, 422, visit().settings
    assert settings is not None
    values, wrong = fields_sent(settings, "lead", str(settings.organization["currency"]))
    form.errors.update(wrong)
    if new is None or wrong:
        return show(lead_id, forms={"fields": form}, status=422)
    try:
        with writing() as work:
            own = {name: value or None for name, value in new.model_dump().items() if name != "version"}
            mine = with_files(work, values, lead_card(work, lead_id, viewer=viewer()).fields)
            [result] = set_fields(work, [FieldChange("lead", lead_id, {**own, **mine}, new.version)], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        if isinstance(error, RefusedError) and error.result.code == "stale":
            status = 409
            form.problem = translated(
                _l("Somebody else has changed this lead meanwhile. What you typed is kept: look at it, and save again.")
            )
        return show(lead_id, forms={"fields": form}, status=status)
    return _changed(lead_id, done(translated(_l("Saved."))))


@blueprint.post("/leads/<int:lead_id>/status")
@allowed(_EDIT)
def status(lead_id: int) -> ResponseReturnValue:
    """Change the status: on the page, or in the list."""
    form = sent(Status)
    if form.value is None or form.value.status not in LEAD_STATUSES:
        return _wrong(translated(_l("There is no such status.")))
    with writing() as work:
        before = lead_card(work, lead_id, viewer=viewer()).status
        [result] = set_fields(work, [FieldChange("lead", lead_id, {"status": form.value.status})], by=actor())
        require_done(result)
    words = translated(_l("Status: {status}.", status=LEAD_STATUSES[form.value.status]))
    undo = Undo(translated(_l("Undo")), url_for(".status", lead_id=lead_id), {"status": before})
    return _changed(lead_id, done(words, undo if before != form.value.status else None))


@blueprint.post("/leads/<int:lead_id>/owner")
@allowed("deals.edit")
def owner(lead_id: int) -> ResponseReturnValue:
    """Give the lead to somebody: on the page, or in the list."""
    form = sent(Owner)
    if form.value is None:
        return _wrong(translated(_l("Choose an owner.")))
    with writing() as work:
        [result] = assign_owners(work, [NewOwner("lead", lead_id, form.value.owner)], by=actor())
        require_there(result)
        seen = bool(visible_leads(work, [lead_id], viewer()))
        user = directory(work).logins.get(form.value.owner)
    if result.code not in ("done", "unchanged") or user is None:
        return _wrong(translated(words_of(result)))
    header = done(translated(_l("Given to {name}.", name=user.name)))
    if not seen and request.headers.get("HX-Target") != "card":
        return nothing(header) if is_htmx() else redirect(url_for("leads.all_leads"), code=303)
    if not seen:
        response = nothing(header)
        response.headers["HX-Redirect"] = url_for("leads.all_leads")
        return response
    return _changed(lead_id, header)


@blueprint.post("/leads/<int:lead_id>/tags")
@allowed(_EDIT)
def tags(lead_id: int) -> ResponseReturnValue:
    """Put tags on, or take one off."""
    form = sent(Tags)
    if form.value is None:
        return show(lead_id, forms={"tags": form}, status=422)
    add = frozenset(" ".join(name.split()) for name in form.value.add.split(",") if name.strip())
    remove = frozenset({form.value.remove} if form.value.remove else ())
    with writing() as work:
        found = lead_card(work, lead_id, viewer=viewer())
        [result] = change_tags(work, [TagChange("lead", lead_id, found.person_id, add, remove)], by=actor())
        require_done(result)
    return _changed(lead_id, done(translated(_l("Tags changed."))))


@blueprint.post("/leads/<int:lead_id>/comments")
@allowed(_EDIT)
def comments(lead_id: int) -> ResponseReturnValue:
    """Write a comment."""
    form = sent(Comment)
    if form.value is None:
        return show(lead_id, forms={"comment": form}, status=422)
    with writing() as work:
        found = lead_card(work, lead_id, viewer=viewer())
        [result] = add_comments(work, [NewComment("lead", lead_id, found.person_id, form.value.body)], by=actor())
        require_done(result)
    return _changed(lead_id, done(translated(_l("Comment added."))))


@blueprint.post("/leads/<int:lead_id>/tasks")
@allowed("tasks.edit")
def tasks(lead_id: int) -> ResponseReturnValue:
    """Set a task."""
    form = sent(Task)
    if form.value is None:
        return show(lead_id, forms={"task": form}, status=422)
    with writing() as work:
        found = lead_card(work, lead_id, viewer=viewer())
        user = directory(work).user(form.value.responsible) if form.value.responsible else found.owner or me()
        due = due_of(form.value.day, form.value.at)
        new = NewTask(found.person_id, form.value.title, due, user.id, lead_id=lead_id, type=form.value.type)
        [result] = create_tasks(work, [new], by=actor())
        require_done(result)
    return _changed(lead_id, done(translated(_l("Task set."))))


@blueprint.post("/leads/<int:lead_id>/contact")
@allowed("leads.create")
def contact(lead_id: int) -> ResponseReturnValue:
    """Make a contact of the lead, and go there."""
    form = sent(ToContact)
    if form.value is None:
        return show(lead_id, forms={"convert": form}, status=422)
    try:
        with writing() as work:
            [result] = convert_leads(work, [Conversion(lead_id, form.value.type)], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return show(lead_id, forms={"convert": form}, status=422)
    return gone_to(f"/contacts/{result.ids[0]}")


@blueprint.post("/leads/<int:lead_id>/deals")
@allowed("deals.create")
def deals(lead_id: int) -> ResponseReturnValue:
    """Open a deal of the lead on a plan, and go there."""
    form = sent(ToPlan)
    if form.value is None:
        return show(lead_id, forms={"deal": form}, status=422)
    try:
        with writing() as work:
            found = lead_card(work, lead_id, viewer=viewer())
            plan = directory(work).plan(form.value.plan)
            [result] = open_deals(work, [_deal(found, plan)], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return show(lead_id, forms={"deal": form}, status=422)
    return gone_to(url_for("deals.card", deal_id=result.ids[0]))


def _deal(found: LeadCard, plan: Plan) -> NewDeal:
    """Return the deal of a lead: its owner's where he works on the plan, else of whom the plan chooses."""
    members = {one.user_id for one in plan.managers}
    owner_id = found.owner.id if found.owner is not None and found.owner.id in members else None
    return NewDeal(found.person_id, plan.key, title=found.title or found.name, lead_id=found.id, owner_id=owner_id)


def _wrong(words: str) -> ResponseReturnValue:
    return words, 400


def _changed(lead_id: int, header: str) -> ResponseReturnValue:
    """Draw the lead again; only say it where it was changed in the list; lead a browser without scripts to it."""
    if not is_htmx():
        return redirect(url_for(".card", lead_id=lead_id), code=303)
    return show(lead_id, header=header) if request.headers.get("HX-Target") == "card" else nothing(header)
