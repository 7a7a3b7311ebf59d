"""Put a record away from its card, and take it out again."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from crm.records.archiving import ArchivedKind
from engine.text import LazyText, _l
from funnels.archiving import archive, restore
from web.access import allowed
from web.pages.clients import showing as clients
from web.pages.deals import showing as deals
from web.pages.leads import card as leads
from web.pages.records import Undo, done, is_htmx, nothing, require_done
from web.site import writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("archive", __name__)

_PUT: Final[dict[ArchivedKind, LazyText]] = {
    "deal": _l("The deal is in the archive."),
    "lead": _l("The lead is in the archive."),
    "contact": _l("The contact is in the archive."),
    "company": _l("The company is in the archive."),
}
_TAKEN: Final = _l("Restored.")
_LISTS: Final[dict[ArchivedKind, str]] = {
    "deal": "/deals",
    "lead": "/leads",
    "contact": "/contacts",
    "company": "/companies",
}


@blueprint.post("/deals/<int:deal_id>/archive")
@allowed("deals.edit")
def archive_deal(deal_id: int) -> ResponseReturnValue:
    """Put a deal away."""
    return _archive("deal", deal_id)


@blueprint.post("/deals/<int:deal_id>/restore")
@allowed("deals.edit")
def restore_deal(deal_id: int) -> ResponseReturnValue:
    """Take a deal out."""
    return _restore("deal", deal_id)


@blueprint.post("/leads/<int:lead_id>/archive")
@allowed("leads.edit")
def archive_lead(lead_id: int) -> ResponseReturnValue:
    """Put a lead away."""
    return _archive("lead", lead_id)


@blueprint.post("/leads/<int:lead_id>/restore")
@allowed("leads.edit")
def restore_lead(lead_id: int) -> ResponseReturnValue:
    """Take a lead out."""
    return _restore("lead", lead_id)


@blueprint.post("/contacts/<int:contact_id>/archive")
@allowed("leads.edit")
def archive_contact(contact_id: int) -> ResponseReturnValue:
    """Put a contact away."""
    return _archive("contact", contact_id)


@blueprint.post("/contacts/<int:contact_id>/restore")
@allowed("leads.edit")
def restore_contact(contact_id: int) -> ResponseReturnValue:
    """Take a contact out."""
    return _restore("contact", contact_id)


@blueprint.post("/companies/<int:company_id>/archive")
@allowed("leads.edit")
def archive_company(company_id: int) -> ResponseReturnValue:
    """Put a company away."""
    return _archive("company", company_id)


@blueprint.post("/companies/<int:company_id>/restore")
@allowed("leads.edit")
def restore_company(company_id: int) -> ResponseReturnValue:
    """Take a company out."""
    return _restore("company", company_id)


def _archive(kind: ArchivedKind, record_id: int) -> ResponseReturnValue:
    with writing() as work:
        [result] = archive(work, [(kind, record_id)], by=actor())
        require_done(result)
    undo = Undo(translated(_l("Undo")), f"{_address(kind, record_id)}/restore", {})
    return _answer(kind, record_id, translated(_PUT[kind]), undo)


def _restore(kind: ArchivedKind, record_id: int) -> ResponseReturnValue:
    with writing() as work:
        [result] = restore(work, [(kind, record_id)], by=actor())
        require_done(result)
    return _answer(kind, record_id, translated(_TAKEN), None)


def _address(kind: ArchivedKind, record_id: int) -> str:
    return f"{_LISTS[kind]}/{record_id}"


def _answer(kind: ArchivedKind, record_id: int, words: str, undo: Undo | None) -> ResponseReturnValue:
    """Draw the card again where it stands, so that it says where the record is now; boards hear of their deals."""
    events: dict[str, object] = {"deal-changed": {"id": record_id}} if kind == "deal" else {}
    header = done(words, undo, events)
    if not is_htmx():
        return redirect(_address(kind, record_id), code=303)
    if request.headers.get("HX-Target") != "card":
        return nothing(header)
    if kind == "deal":
        return deals.show(record_id, header=header)
    if kind == "lead":
        return leads.show(record_id, header=header)
    return clients.show(clients.Client(kind, record_id), header=header)
