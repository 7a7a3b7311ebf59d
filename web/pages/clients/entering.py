"""A new contact or company, typed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.fields.shown import fields_shown
from crm.finding.clients import ClientKind
from crm.people.contacts import known_types
from crm.people.entering import EnteredCompany, EnteredContact, enter_companies, enter_contacts
from db.work import Work
from engine.request import Result
from engine.text import LazyText, _l
from web.access import allowed
from web.custom_fields import PREFIX, field_views, fields_sent, typed_again
from web.files import with_files
from web.forms import Form, FormModel, sent
from web.pages.clients.blueprint import blueprint
from web.pages.clients.rooms import Room, room_asked
from web.pages.records import FORM_ERRORS, done, people, require_done
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me, visit


class NewContact(FormModel):
    """A contact that is typed in; custom fields come beside."""

    name: str = Field(max_length=255)
    type: str = Field(max_length=255)
    phone: str = ""
    email: str = ""
    city: str = Field("", max_length=255)
    company: str = Field("", max_length=255)
    owner: str = ""


class NewCompany(FormModel):
    """A company that is typed in; custom fields come beside."""

    name: str = Field(max_length=255)
    owner: str = ""


_FORMS: Final[Mapping[ClientKind, type[FormModel]]] = {"contact": NewContact, "company": NewCompany}
_SAID: Final[Mapping[tuple[ClientKind, bool], LazyText]] = {
    ("contact", False): _l("The contact is made."),
    ("contact", True): _l(
        "There is this contact already: the phone or the e-mail is theirs. What was empty is filled in."
    ),
    ("company", False): _l("The company is made."),
    ("company", True): _l("There is this company already."),
}
"""What is said of a new one, and of one that was there."""


@blueprint.get("/contacts/new", endpoint="new_contact")
@blueprint.get("/companies/new", endpoint="new_company")
@allowed("leads.create")
def new() -> ResponseReturnValue:
    """Show the form of a new one."""
    return _form(room_asked(), Form({"owner": me().login}))


@blueprint.post("/contacts", endpoint="enter_contact")
@blueprint.post("/companies", endpoint="enter_company")
@allowed("leads.create")
def record() -> ResponseReturnValue:
    """Make one, or lead to the one that is there already: by phone and e-mail, a company by its name."""
    room = room_asked()
    form: Form[Any] = sent(_FORMS[room.kind], beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    value, settings = form.value, visit().settings
    assert settings is not None
    values, wrong = fields_sent(settings, room.kind, str(settings.organization["currency"]))
    form.errors.update(wrong)
    if value is None or wrong:
        return _form(room, form), 422
    try:
        with writing() as work:
            owner = settings.user(value.owner).id if value.owner else None
            result = _enter(work, value, owner, with_files(work, values))
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return _form(room, form), 422
    done(translated(_SAID[room.kind, result.code == "exists"]))
    return redirect(f"{room.address}/{result.ids[0]}", code=303)


def _enter(work: Work, new: NewContact | NewCompany, owner: int | None, values: Mapping[str, Any]) -> Result:
    if isinstance(new, NewCompany):
        [result] = enter_companies(work, [EnteredCompany(new.name, owner, values)], by=actor())
        return result
    entered = EnteredContact(new.name, new.type, new.phone, new.email, new.city, new.company, owner, values)
    [result] = enter_contacts(work, [entered], by=actor())
    return result


def _form(room: Room, form: Form[Any]) -> str:
    with reading() as work:
        settings = directory(work)
        types = known_types(work) if room.kind == "contact" else []
    _, everybody = people(settings)
    return render_template(
        "clients/new.html",
        room=room,
        form=form,
        people=everybody,
        types=types,
        fields=field_views(settings, fields_shown(settings, room.kind, None), str(settings.organization["currency"])),
    )
