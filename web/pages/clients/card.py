"""The card of a contact or a company, and what is done on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.deals.card import deal_card
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.finding.clients import ClientKind
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contact_card import ContactCard
from crm.people.persons import persons_of
from crm.records.comments import NewComment, add_comments
from crm.records.tags import TagChange, change_tags
from crm.tasks.changes import NewTask, create_tasks
from db.work import Work
from engine.text import _l
from web.access import SIGNED_IN, allowed
from web.custom_fields import PREFIX, fields_sent, typed_again
from web.files import with_files
from web.forms import Form, FormModel, sent
from web.pages.clients.blueprint import blueprint
from web.pages.clients.showing import Card, Client, abouts, card_of, changed, gone_to, happened, show
from web.pages.deals.attaching import Comment, Tags, Task, due_of
from web.pages.records import FORM_ERRORS, RefusedError, Undo, done, require_done, story
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me, viewer, visit

_EDIT: Final = "leads.edit"


class ContactFields(FormModel):
    """A contact's own fields; custom ones come beside them."""

    version: int
    name: str = Field(max_length=255)
    type: str = Field(max_length=255)
    phone: str = ""
    email: str = ""
    city: str = Field("", max_length=255)
    company: str = Field("", max_length=255)
    owner: str = ""


class CompanyFields(FormModel):
    """A company's own fields; custom ones come beside them."""

    version: int
    name: str = Field(max_length=255)
    owner: str = ""


class TaskAbout(Task):
    """A task, and of a company the contact or deal that it is about: ``contact-5``, ``deal-7``."""

    about: str = ""


class ToPlan(FormModel):
    """The plan on which a deal is opened, and of a company with whom."""

    plan: str
    title: str = Field("", max_length=255)
    contact: int | None = None


_FIELDS: Final[Mapping[ClientKind, type[ContactFields | CompanyFields]]] = {
    "contact": ContactFields,
    "company": CompanyFields,
}


@blueprint.get("/contacts/<int:contact_id>", endpoint="contact")
@blueprint.get("/companies/<int:company_id>", endpoint="company")
@allowed(SIGNED_IN)
def card(contact_id: int = 0, company_id: int = 0) -> Response:
    """Show a card: a drawer where htmx asks, else a page of its own."""
    return show(_asked(contact_id, company_id))


@blueprint.get("/contacts/<int:contact_id>/timeline", endpoint="contact_timeline")
@blueprint.get("/companies/<int:company_id>/timeline", endpoint="company_timeline")
@allowed(SIGNED_IN)
def more(contact_id: int = 0, company_id: int = 0) -> str:
    """Show what happened before."""
    client = _asked(contact_id, company_id)
    with reading() as work:
        settings = directory(work)
        found = card_of(work, client)
        page = happened(work, found, request.args.get("before", type=int))
        told = story(work, settings, page, str(settings.organization["currency"]))
    links = abouts(found.own, page)
    return render_template("parts/timeline.html", story=told, next=page.next, abouts=links, base=client.address)


@blueprint.post("/contacts/<int:contact_id>/fields", endpoint="contact_fields")
@blueprint.post("/companies/<int:company_id>/fields", endpoint="company_fields")
@allowed(_EDIT)
def fields(contact_id: int = 0, company_id: int = 0) -> ResponseReturnValue:
    """Save the fields; 409 where somebody changed the record meanwhile: what was typed stays."""
    client = _asked(contact_id, company_id)
    form: Form[Any] = sent(_FIELDS[client.kind], beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    settings, new, status = visit().settings, form.value, 422
    assert settings is not None
    values, wrong = fields_sent(settings, client.kind, str(settings.organization["currency"]))
    form.errors.update(wrong)
    if new is not None and not wrong:
        try:
            with writing() as work:
                found = card_of(work, client)
                mine = {**_own(work, found, new), **with_files(work, values, found.fields)}
                [result] = set_fields(work, [FieldChange(*client, mine, new.version)], by=actor())
                require_done(result)
        except FORM_ERRORS as error:
            form.refuse(error, error.name if isinstance(error, RefusedError) else "")
            if isinstance(error, RefusedError) and error.result.code == "stale":
                status = 409
                form.problem = translated(
                    _l("Somebody else has changed it meanwhile. What you typed is kept: look at it, and save again.")
                )
        else:
            return changed(client, done(translated(_l("Saved."))))
    return show(client, forms={"fields": form}, status=status)


def _own(work: Work, found: Card, new: ContactFields | CompanyFields) -> dict[str, object]:
    """Return the values of the record's own fields; the owner and the company only where they are others now."""
    values: dict[str, object] = {"name": new.name}
    if new.owner != (found.owner.login if found.owner is not None else ""):
        values["owner"] = new.owner or None
    if isinstance(new, ContactFields) and isinstance(found, ContactCard):
        values |= {name: getattr(new, name) or None for name in ("type", "phone", "email", "city")}
        if new.company != (found.company or ""):
            values["company_id"] = _company(work, new.company) if new.company else None
    return values


def _company(work: Work, name: str) -> int:
    [found] = find_or_create_companies(work, [NewCompany(name, owner_id=me().id)], by=actor())
    require_done(found, "company")
    return found.ids[0]


@blueprint.post("/contacts/<int:contact_id>/tags", endpoint="contact_tags")
@blueprint.post("/companies/<int:company_id>/tags", endpoint="company_tags")
@allowed(_EDIT)
def tags(contact_id: int = 0, company_id: int = 0) -> ResponseReturnValue:
    """Put tags on, or take one off."""
    client = _asked(contact_id, company_id)
    form = sent(Tags)
    if form.value is None:
        return show(client, forms={"tags": form}, status=422)
    add = frozenset(" ".join(name.split()) for name in form.value.add.split(",") if name.strip())
    remove = frozenset({form.value.remove} if form.value.remove else ())
    with writing() as work:
        [result] = change_tags(work, [TagChange(*client, _person(work, client), add, remove)], by=actor())
        require_done(result)
    undo = None
    if remove:
        undo = Undo(translated(_l("Undo")), f"{client.address}/tags", {"add": ", ".join(remove)})
    return changed(client, done(translated(_l("Tags changed.")), undo))


@blueprint.post("/contacts/<int:contact_id>/comments", endpoint="contact_comments")
@blueprint.post("/companies/<int:company_id>/comments", endpoint="company_comments")
@allowed(_EDIT)
def comments(contact_id: int = 0, company_id: int = 0) -> ResponseReturnValue:
    """Write a comment."""
    client = _asked(contact_id, company_id)
    form = sent(Comment)
    if form.value is None:
        return show(client, forms={"comment": form}, status=422)
    with writing() as work:
        new = NewComment(*client, _person(work, client), form.value.body)
        [result] = add_comments(work, [new], by=actor())
        require_done(result)
    return changed(client, done(translated(_l("Comment added."))))


@blueprint.post("/contacts/<int:contact_id>/tasks", endpoint="contact_tasks")
@blueprint.post("/companies/<int:company_id>/tasks", endpoint="company_tasks")
@allowed("tasks.edit")
def tasks(contact_id: int = 0, company_id: int = 0) -> ResponseReturnValue:
    """Set a task about a contact, or about one of a company's contacts or deals."""
    client = _asked(contact_id, company_id)
    form = sent(TaskAbout)
    if form.value is None:
        return show(client, forms={"task": form}, status=422)
    with writing() as work:
        found = card_of(work, client)
        person_id, deal_id = _about(work, found, form.value.about)
        if not person_id:
            form.errors["about"] = translated(_l("Choose whom or what the task is about."))
            return show(client, forms={"task": form}, status=422)
        user = directory(work).user(form.value.responsible) if form.value.responsible else found.owner or me()
        due = due_of(form.value.day, form.value.at)
        new = NewTask(person_id, form.value.title, due, user.id, deal_id=deal_id, type=form.value.type)
        [result] = create_tasks(work, [new], by=actor())
        require_done(result)
    return changed(client, done(translated(_l("Task set."))))


def _about(work: Work, found: Card, about: str) -> tuple[int, int | None]:
    """Return the person and the deal that a task is about; 0 for nobody."""
    if isinstance(found, ContactCard):
        return found.person_id, None
    kind, _, number = about.partition("-")
    if kind == "contact":
        return next((one.person_id for one in found.contacts if str(one.id) == number), 0), None
    deal = next((one for one in found.own.deals if kind == "deal" and str(one.id) == number), None)
    return (deal_card(work, deal.id, viewer=viewer()).person_id, deal.id) if deal is not None else (0, None)


@blueprint.post("/contacts/<int:contact_id>/deals", endpoint="contact_deals")
@blueprint.post("/companies/<int:company_id>/deals", endpoint="company_deals")
@allowed("deals.create")
def deals(contact_id: int = 0, company_id: int = 0) -> ResponseReturnValue:
    """Open a deal on a plan, and go there; without a contact the person of a company's deal is not known yet."""
    client = _asked(contact_id, company_id)
    form = sent(ToPlan)
    if form.value is None:
        return show(client, forms={"deal": form}, status=422)
    try:
        with writing() as work:
            found = card_of(work, client)
            plan = directory(work).plan(form.value.plan)
            members = {one.user_id for one in plan.managers}
            person_id, contact, company = _with_whom(work, found, form.value.contact)
            item = NewDeal(
                person_id,
                plan.key,
                title=form.value.title or found.name,
                contact_id=contact,
                company_id=company,
                owner_id=me().id if me().id in members else None,
            )
            [result] = open_deals(work, [item], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return show(client, forms={"deal": form}, status=422)
    return gone_to(f"/deals/{result.ids[0]}")


def _with_whom(work: Work, found: Card, contact: int | None) -> tuple[int, int | None, int | None]:
    """Return the person, the contact and the company of a deal."""
    if isinstance(found, ContactCard):
        return found.person_id, found.id, found.company_id
    whom = next((one for one in found.contacts if one.id == contact), None)
    if whom is None:
        return persons_of(work, [()])[0], None, found.id
    return whom.person_id, whom.id, found.id


def _asked(contact_id: int, company_id: int) -> Client:
    return Client("contact", contact_id) if contact_id else Client("company", company_id)


def _person(work: Work, client: Client) -> int:
    """Return the person of a contact, 0 for a company."""
    if client.kind == "company":
        return 0
    found = card_of(work, client)
    return found.person_id if isinstance(found, ContactCard) else 0
