"""The card of a contact or a company as it is drawn: a page, a drawer, or its inside alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from crm.directory import directory
from crm.finding.clients import ClientKind
from crm.people.belongings import Belongings
from crm.people.company_card import CompanyCard, company_card
from crm.people.contact_card import ContactCard, contact_card
from crm.people.contacts import known_types
from crm.people.twins import twins_of
from crm.records.timeline import Timeline, timeline_of_many
from db.work import Work
from funnels.naming import funnel_names
from web.custom_fields import field_views
from web.forms import Form
from web.pages.clients.rooms import ROOMS
from web.pages.records import is_htmx, people, story
from web.site import reading
from web.texts import translated
from web.visit import viewer

Card = ContactCard | CompanyCard


class Client(NamedTuple):
    """A contact or a company."""

    kind: ClientKind
    id: int

    @property
    def address(self) -> str:
        """The address of its card."""
        return f"{ROOMS[self.kind].address}/{self.id}"


def card_of(work: Work, client: Client) -> Card:
    """Return what the card shows.

    Raises:
        NotFoundError: there is no such record, or the visitor may not see it.
    """
    if client.kind == "contact":
        return contact_card(work, client.id, viewer=viewer())
    return company_card(work, client.id, viewer=viewer())


def show(client: Client, *, forms: dict[str, Form[Any]] | None = None, status: int = 200, header: str = "") -> Response:
    """Draw a card: its inside where htmx renews it, a drawer where htmx opens it, else a page of its own."""
    with reading() as work:
        card = card_of(work, client)
        values = _given(work, client, card, happened(work, card), forms or {})
    if not is_htmx():
        template = "clients/page.html"
    elif request.headers.get("HX-Target") == "card":
        template = "clients/card.html"
    else:
        template = "clients/drawer.html"
    response = make_response(render_template(template, **values), status)
    if header:
        response.headers["HX-Trigger"] = header
    if status >= 400:
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def happened(work: Work, card: Card, before: int | None = None) -> Timeline:
    """Return a page of what happened to a client: with all its deals and leads, and of a company with its people."""
    own = card.own
    if isinstance(card, ContactCard):
        persons, contacts, company_id = [card.person_id, *own.persons], [card.id], None
    else:
        persons = sorted({*own.persons, *(one.person_id for one in card.contacts)})
        contacts, company_id = [one.id for one in card.contacts], card.id
    return timeline_of_many(
        work, persons, deals=own.deal_ids, leads=own.lead_ids, contacts=contacts, company_id=company_id, before=before
    )


def abouts(own: Belongings, page: Timeline) -> dict[int, tuple[str, str]]:
    """Return for each happening about a deal or lead its address and title: several stand on one timeline."""
    deals = {one.id: one.title for one in own.deals}
    leads = {one.id: one.title for one in own.leads}
    found = {}
    for one in page.happenings:
        record = one.data.get("target") if "target" in one.data else one.kind.partition(".")[0]
        titles = deals if record == "deal" else leads if record == "lead" else {}
        if one.subject_id in titles:
            found[one.id] = (f"/{record}s/{one.subject_id}", titles[one.subject_id])
    return found


def changed(client: Client, header: str) -> ResponseReturnValue:
    """Draw the card again, or lead a browser without scripts back to it."""
    return show(client, header=header) if is_htmx() else redirect(client.address, code=303)


def gone_to(where: str) -> ResponseReturnValue:
    """Lead a browser elsewhere, with scripts or without."""
    if is_htmx():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = where
        return response
    return redirect(where, code=303)


def _given(work: Work, client: Client, card: Card, page: Timeline, forms: dict[str, Form[Any]]) -> Mapping[str, Any]:
    settings = directory(work)
    currency = str(settings.organization["currency"])
    names = funnel_names(work)
    _, everybody = people(settings)
    if card.owner is not None and card.owner not in everybody:
        everybody = [*everybody, card.owner]
    plans = [one for one in settings.plans.values() if not one.is_archived and viewer().sees_plan(one.id)]
    staff = card.contacts if isinstance(card, CompanyCard) else ()
    return {
        "kind": client.kind,
        "room": ROOMS[client.kind],
        "card": card,
        "base": client.address,
        "fields": field_views(settings, card.fields, currency),
        "story": story(work, settings, page, currency, names),
        "next": page.next,
        "abouts": abouts(card.own, page),
        "everybody": everybody,
        "tags": sorted(settings.tags.values(), key=str.casefold)[:200],
        "types": known_types(work) if client.kind == "contact" else [],
        "funnels": {one.key: translated(one.name) for one in names.values()},
        "open_plans": plans,
        "plan_choices": [(one.key, one.name) for one in plans],
        "staff": staff,
        "contact_choices": [(one.id, one.name) for one in staff],
        "twins": twins_of(work, client.kind, card, viewer=viewer()) if card.archived_at is None else (),
        "twin_kind": client.kind,
        "forms": forms,
        "no_form": Form(),
        "currency": currency,
    }
