"""The list of companies, and a new one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.fields.shown import fields_shown
from crm.people.entering import EnteredCompany, enter_companies
from crm.people.listing import PeopleFilter, company_list
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

blueprint = Blueprint("companies", __name__)


class NewCompany(FormModel):
    """A company that is typed in; custom fields come beside."""

    name: str = Field(max_length=255)
    owner: str = ""


@blueprint.get("/companies")
@allowed(SIGNED_IN)
def all_companies() -> ResponseReturnValue:
    """Show companies; the filter stands in the address."""
    wanted = filter_of_address()
    with reading() as work:
        settings = directory(work)
        rows, following = company_list(work, wanted, viewer=viewer(), after=place_of_address())
        _, everybody = people(settings)
    seen = viewer().owner_ids
    return render_template(
        "clients/company_list.html" if is_htmx() else "clients/companies.html",
        rows=rows,
        wanted=wanted,
        is_filtered=wanted != PeopleFilter(sort=wanted.sort),
        more=address_of_more(following),
        owners=[one for one in everybody if seen is None or one.id in seen],
    )


@blueprint.get("/companies/new")
@allowed("leads.create")
def new() -> ResponseReturnValue:
    """Show the form of a new company."""
    return _form(Form({"owner": me().login}))


@blueprint.post("/companies")
@allowed("leads.create")
def record() -> ResponseReturnValue:
    """Make a company, or lead to the one that is called so already."""
    form = sent(NewCompany, beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    value, settings = form.value, visit().settings
    assert settings is not None
    values, wrong = fields_sent(settings, "company", str(settings.organization["currency"]))
    form.errors.update(wrong)
    if value is None or wrong:
        return _form(form), 422
    try:
        with writing() as work:
            owner = settings.user(value.owner).id if value.owner else None
            [result] = enter_companies(work, [EnteredCompany(value.name, owner, with_files(work, values))], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return _form(form), 422
    done(translated(_l("There is this company already.") if result.code == "exists" else _l("The company is made.")))
    return redirect(url_for("company_card.card", company_id=result.ids[0]), code=303)


def _form(form: Form[NewCompany]) -> str:
    with reading() as work:
        settings = directory(work)
    _, everybody = people(settings)
    return render_template(
        "clients/new_company.html",
        form=form,
        people=everybody,
        fields=field_views(settings, fields_shown(settings, "company", None), str(settings.organization["currency"])),
    )
