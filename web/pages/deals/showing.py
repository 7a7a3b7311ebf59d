"""The card of a deal as it is shown: read once, drawn as a drawer, as a part, or as a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Response, make_response, render_template, request

from crm.deals.card import DealCard, deal_card
from crm.deals.ownership import Choice, owner_choice
from crm.directory import User, directory
from crm.people.twins import Twin, twins_of
from crm.records.timeline import timeline
from db.work import Work
from funnels.naming import funnel_names
from funnels.why import Why, why
from web.custom_fields import FieldView, field_views
from web.forms import Form
from web.happenings import Told
from web.money import in_field
from web.pages.records import is_htmx, loss_reasons, people, story
from web.reasons import field_name
from web.site import reading
from web.texts import translated
from web.visit import viewer


@dataclass(slots=True)
class Shown:
    """Everything a card's template draws.  ``forms`` are forms that were refused, by name; ``funnels`` names by key."""

    card: DealCard
    fields: list[FieldView]
    choice: Choice | None
    story: list[Told]
    next: int | None
    why: Why
    members: list[User]
    others: list[User]
    reasons: list[tuple[str, str]]
    tags: list[str]
    funnels: dict[str, str]
    needed: dict[str, tuple[str, str]]
    values: dict[str, str]
    twins: tuple[Twin, ...] = ()
    forms: dict[str, Form[Any]] = field(default_factory=dict)

    def form(self, name: str) -> Form[Any]:
        """Return a form that was refused, else an empty one."""
        return self.forms.get(name) or Form()


def read(work: Work, deal_id: int) -> Shown:
    """Return a card with all that hangs on it.  A fixed number of queries.

    Raises:
        NotFoundError: there is no such deal, or the visitor may not see it.
    """
    settings = directory(work)
    card = deal_card(work, deal_id, viewer=viewer())
    page = timeline(work, card.person_id, deal_id=card.id, lead_id=card.lead_id)
    names = funnel_names(work)
    members, others = people(settings, card.plan)
    return Shown(
        card,
        field_views(settings, card.fields, card.currency),
        owner_choice(work, card.id, card.person_id, card.owner),
        story(work, settings, page, card.currency, names),
        page.next,
        why(work, "deal", card.id, card.person_id, plan=card.plan.key, lead_id=card.lead_id),
        members,
        others,
        loss_reasons(work),
        sorted(settings.tags.values(), key=str.casefold)[:200],
        {one.key: translated(one.name) for one in names.values()},
        {path: (translated(field_name(settings, f"deal.{path}")), stage) for path, stage in card.needed.items()},
        {
            "title": card.title,
            "amount": in_field(card.amount, card.currency),
            "company": card.who.company or "",
            "name": card.who.name or "",
            "phone": card.who.phone or "",
            "email": card.who.email or "",
        },
        twins_of(work, "deal", card, viewer=viewer()) if card.archived_at is None else (),
    )


def show(deal_id: int, *, forms: dict[str, Form[Any]] | None = None, status: int = 200, header: str = "") -> Response:
    """Draw a card: its inside where htmx renews it, a drawer where htmx opens it, else a page of its own."""
    with reading() as work:
        shown = read(work, deal_id)
    shown.forms = forms or {}
    if not is_htmx():
        template = "deals/page.html"
    else:
        template = "deals/card.html" if request.headers.get("HX-Target") == "card" else "deals/drawer.html"
    response = make_response(render_template(template, shown=shown, card=shown.card), status)
    if header:
        response.headers["HX-Trigger"] = header
    if status >= 400:
        response.headers["HX-Reswap"] = "outerHTML"
    return response
