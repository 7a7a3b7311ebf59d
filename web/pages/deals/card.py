"""Look at a deal."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from crm.deals.card import deal_card
from crm.directory import directory
from crm.records.timeline import timeline
from web.access import SIGNED_IN, allowed
from web.pages.deals.showing import show
from web.pages.records import story
from web.site import reading
from web.visit import viewer

blueprint = Blueprint("deals", __name__)


@blueprint.get("/deals/<int:deal_id>")
@allowed(SIGNED_IN)
def card(deal_id: int) -> Response:
    """Show a deal: a drawer over the board where htmx asks, else a page of its own."""
    return show(deal_id)


@blueprint.get("/deals/<int:deal_id>/timeline")
@allowed(SIGNED_IN)
def more(deal_id: int) -> ResponseReturnValue:
    """Show what happened before."""
    before = request.args.get("before", type=int)
    with reading() as work:
        found = deal_card(work, deal_id, viewer=viewer())
        page = timeline(work, found.person_id, deal_id=deal_id, lead_id=found.lead_id, before=before)
        told = story(work, directory(work), page, found.currency)
    return render_template("parts/timeline.html", story=told, next=page.next, base=f"/deals/{deal_id}")
