"""The list of leads, and a new one."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.fields.shown import fields_shown
from crm.leads.card import EnteredLead, channel_names, enter_leads
from crm.leads.listing import LeadFilter, known_sources, lead_list
from engine.text import _l
from funnels.naming import funnel_names
from web.access import SIGNED_IN, allowed
from web.custom_fields import PREFIX, field_views, fields_sent, typed_again
from web.forms import Form, FormModel, sent
from web.pages.records import FORM_ERRORS, done, is_htmx, people, require_done
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me, viewer, visit

blueprint = Blueprint("leads", __name__)

EVERY, NONE = "", "-"
_START = {EVERY: None, NONE: ""}


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
    """Show leads, newest first; the filter stands in the address."""
    wanted = LeadFilter(*(request.args.get(name, "").strip()[:200] for name in ("status", "source", "owner", "q")))
    with reading() as work:
        settings = directory(work)
        leads, following = lead_list(work, wanted, viewer=viewer(), before=request.args.get("before", type=int))
        sources = known_sources(work)
        _, everybody = people(settings)
    seen = viewer().owner_ids
    owners = [one for one in everybody if seen is None or one.id in seen]
    more = None
    if following is not None:
        kept = {name: value for name, value in request.args.items() if name != "before"}
        more = f"{url_for('.all_leads')}?{urlencode({**kept, 'before': str(following)})}"
    return render_template(
        "leads/list.html" if is_htmx() else "leads/all.html",
        leads=leads,
        wanted=wanted,
        is_filtered=wanted != LeadFilter(),
        more=more,
        sources=sources,
        owners=owners,
        everybody=everybody,
    )


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
                values,
                _START.get(value.start, value.start),
            )
            [result] = enter_leads(work, [entered], by=actor())
            require_done(result)
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
