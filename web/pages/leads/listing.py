"""The list of leads, and a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.fields.changes import FieldChange, set_fields
from crm.fields.shown import fields_shown
from crm.fields.values import APART
from crm.finding.leads import lead_page
from crm.finding.orders import order_of, place_text
from crm.finding.wanted import ME, Wanted
from crm.leads.card import EnteredLead, channel_names, enter_leads
from crm.leads.listing import known_sources
from engine.text import LazyText, _l
from funnels.naming import funnel_names
from web.access import SIGNED_IN, allowed
from web.custom_fields import PREFIX, field_views, fields_sent, typed_again
from web.files import with_files
from web.finding import address_of, filter_part, is_from_form, link_to, read_wanted, saved_links
from web.forms import Form, FormModel, sent
from web.lists import place_asked
from web.pages.records import FORM_ERRORS, done, is_htmx, people, require_done
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me, viewer, visit

blueprint = Blueprint("leads", __name__)

EVERY, NONE = "", "-"
_START = {EVERY: None, NONE: ""}
_COLUMNS: Final[Sequence[tuple[LazyText, str]]] = (
    (_l("Lead"), "lead.title"),
    (_l("Source"), "lead.source"),
    (_l("Status"), "lead.status"),
    (_l("Owner"), "lead.owner"),
    (_l("Deal"), ""),
    (_l("Came"), "lead.created_at"),
)


class NewLead(FormModel):
    """A lead that is typed in; ``start`` says which funnels may see it."""

    title: str = Field("", max_length=255)
    name: str = Field("", max_length=255)
    phone: str = ""
    email: str = ""
    company: str = Field("", max_length=255)
    source: str = Field("", max_length=255)
    channel: str = ""
    owner: str = ""
    comment: str = Field("", max_length=20_000)
    start: str = EVERY


@blueprint.get("/leads")
@allowed(SIGNED_IN)
def all_leads() -> ResponseReturnValue:
    """Show leads, newest first unless sorted otherwise; the filter stands in the address."""
    wanted = read_wanted(request.args, "lead")
    if is_from_form(request.args):
        return redirect(link_to(request.path, wanted, ("add", request.args.get("add", ""))))
    with reading() as work:
        settings = directory(work)
        page = lead_page(work, wanted, viewer=viewer(), after=place_asked(lambda: order_of(wanted, settings)))
        finding = filter_part(work, wanted, request.path, saved=saved_links(work, wanted, request.path))
        _, everybody = people(settings)
    return render_template(
        "leads/list.html" if is_htmx() else "leads/all.html",
        leads=page.leads,
        finding=finding,
        start=_start_of(wanted),
        headings=_headings(wanted),
        more=link_to(request.path, wanted, ("after", place_text(page.next))) if page.next is not None else "",
        everybody=everybody,
    )


def _headings(wanted: Wanted) -> list[tuple[str, str, str]]:
    """Return the headings of the list: words, the address that sorts by it, and how the list is sorted by it now."""
    found = []
    for words, path in _COLUMNS:
        is_on = bool(path) and wanted.sort == path
        turned = replace(wanted, sort=path, descending=not wanted.descending if is_on else False)
        said = ("descending" if wanted.descending else "ascending") if is_on else ""
        found.append((translated(words), link_to(request.path, turned) if path else "", said))
    return found


def _start_of(wanted: Wanted) -> str:
    """Return the address that starts a funnel for all of these: in its own fields what they hold, else the whole filter."""
    asked = {facet.field.removeprefix("lead."): facet for facet in wanted.facets}
    is_plain = all(facet.op == "in" and len(facet.values) == 1 for facet in wanted.facets)
    if not is_plain or not asked.keys() <= {"status", "source", "owner"}:
        return url_for("mass_starts.new", kind="lead", filter=address_of(replace(wanted, sort="", descending=False)))
    given = {name: facet.values[0] for name, facet in asked.items()}
    if given.get("owner") == ME:
        given["owner"] = me().login
    values: dict[str, Any] = {"kind": "lead", "q": wanted.text or None, **given}
    return url_for("mass_starts.new", **values)


@blueprint.get("/leads/new")
@allowed("leads.create")
def new() -> ResponseReturnValue:
    """Show the form of a new lead."""
    return _form(Form({"owner": me().login}))


@blueprint.post("/leads")
@allowed("leads.create")
def record() -> ResponseReturnValue:
    """Record a lead; funnels that watch leads see it, unless another choice was made."""
    form = sent(NewLead, beside=(PREFIX,))
    form.sent = {**form.sent, **typed_again()}
    value, settings = form.value, visit().settings
    assert settings is not None
    values, wrong = fields_sent(settings, "lead", str(settings.organization["currency"]))
    form.errors.update(wrong)
    if value is None or wrong:
        return _form(form), 422
    apart = {f"{PREFIX}{key}" for (kind, key), one in settings.fields.items() if kind == "lead" and one.type in APART}
    try:
        with writing() as work:
            owner = settings.user(value.owner).id if value.owner else None
            entered = EnteredLead(
                value.title,
                value.name,
                value.phone,
                value.email,
                value.company,
                value.source,
                value.channel,
                owner,
                value.comment,
                {path.removeprefix(PREFIX): value for path, value in values.items() if path not in apart},
                _START.get(value.start, value.start),
            )
            [result] = enter_leads(work, [entered], by=actor())
            require_done(result)
            if later := {path: value for path, value in values.items() if path in apart and value}:
                change = FieldChange("lead", result.ids[0], with_files(work, later))
                [filled] = set_fields(
                    work, [change], by=replace(actor(), rights=me().rights | {"leads.edit"}, sees=None)
                )
                require_done(filled)
    except FORM_ERRORS as error:
        form.refuse(error)
        return _form(form), 422
    done(translated(_l("The lead is recorded.")))
    return redirect(url_for("lead_card.card", lead_id=result.ids[0]), code=303)


def _form(form: Form[NewLead]) -> str:
    with reading() as work:
        settings = directory(work)
        channels = channel_names(work)
        sources = known_sources(work)
        funnels = [
            (one.key, one.name) for one in funnel_names(work).values() if one.state == "published" and not one.robots
        ]
    _, everybody = people(settings)
    return render_template(
        "leads/new.html",
        form=form,
        people=everybody,
        channels=channels,
        sources=sources,
        starts=[
            (EVERY, translated(_l("every funnel that watches leads"))),
            (NONE, translated(_l("no funnel"))),
            *((key, translated(_l("only “{funnel}”", funnel=name))) for key, name in funnels),
        ],
        fields=field_views(settings, fields_shown(settings, "lead", None), str(settings.organization["currency"])),
    )
