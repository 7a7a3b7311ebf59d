"""The list of contacts, and a new one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.fields.shown import fields_shown
from crm.people.entering import EnteredContact, enter_contacts
from crm.people.listing import PeopleFilter, contact_list, known_types
from engine.text import _l
from web.access import SIGNED_IN, allowed
from web.custom_fields import PREFIX, field_views, fields_sent, typed_again
from web.files import with_files
from web.forms import Form, FormModel, sent
from web.pages.clients import address_of_more, filter_of_address, place_of_address
from web.pages.records import FORM_ERRORS, done, is_htmx, people, require_done
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me, viewer, visit

blueprint = Blueprint("contacts", __name__)


class NewContact(FormModel):
    """A contact that is typed in; custom fields come beside."""

    name: str = Field(max_length=255)
    type: str = Field(max_length=255)
    phone: str = ""
    email: str = ""
    city: str = Field("", max_length=255)
    company: str = Field("", max_length=255)
    owner: str = ""


@blueprint.get("/contacts")
@allowed(SIGNED_IN)
def all_contacts() -> ResponseReturnValue:
    """Show contacts; the filter stands in the address."""
    wanted = filter_of_address()
    with reading() as work:
        settings = directory(work)
        rows, following = contact_list(work, wanted, viewer=viewer(), after=place_of_address())
        types = known_types(work)
        _, everybody = people(settings)
    seen = viewer().owner_ids
    return render_template(
        "clients/contact_list.html" if is_htmx() else "clients/contacts.html",
        rows=rows,
        wanted=wanted,
        is_filtered=wanted != PeopleFilter(sort=wanted.sort),
        more=address_of_more(following),
        types=types,
        owners=[one for one in everybody if seen is None or one.id in seen],
    )


@blueprint.get("/contacts/new")
@allowed("leads.create")
def new() -> ResponseReturnValue:
    """Show the form of a new contact."""
    return _form(Form({"owner": me().login}))


@blueprint.post("/contacts")
@allowed("leads.create")
def record() -> ResponseReturnValue:
    """Make a contact, or lead to the one that has the phone or e-mail already."""
    form = sent(NewContact, beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    value, settings = form.value, visit().settings
    assert settings is not None
    values, wrong = fields_sent(settings, "contact", str(settings.organization["currency"]))
    form.errors.update(wrong)
    if value is None or wrong:
        return _form(form), 422
    try:
        with writing() as work:
            owner = settings.user(value.owner).id if value.owner else None
            entered = EnteredContact(
                value.name,
                value.type,
                value.phone,
                value.email,
                value.city,
                value.company,
                owner,
                with_files(work, values),
            )
            [result] = enter_contacts(work, [entered], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return _form(form), 422
    if result.code == "exists":
        done(
            translated(
                _l("There is this contact already: the phone or the e-mail is theirs. What was empty is filled in.")
            )
        )
    else:
        done(translated(_l("The contact is made.")))
    return redirect(url_for("contact_card.card", contact_id=result.ids[0]), code=303)


def _form(form: Form[NewContact]) -> str:
    with reading() as work:
        settings = directory(work)
        types = known_types(work)
    _, everybody = people(settings)
    return render_template(
        "clients/new_contact.html",
        form=form,
        people=everybody,
        types=types,
        fields=field_views(settings, fields_shown(settings, "contact", None), str(settings.organization["currency"])),
    )
