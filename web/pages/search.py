"""Search from anywhere: what was found, for the finder that answers while one types, and as a page."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from crm.records.search import search
from engine.text import _l
from web.access import SIGNED_IN, allowed
from web.pages.records import is_htmx
from web.site import reading
from web.visit import viewer

blueprint = Blueprint("search", __name__)

TITLES = {"deal": _l("Deals"), "lead": _l("Leads"), "contact": _l("Contacts"), "company": _l("Companies")}
ROOMS = {"deal": "deals", "lead": "leads", "contact": "contacts", "company": "companies"}
ICONS = {"deal": "layout-kanban", "lead": "user-plus", "contact": "user", "company": "building"}


@blueprint.get("/search")
@allowed(SIGNED_IN)
def find() -> ResponseReturnValue:
    """Show what fits, at most six of each kind."""
    wanted = request.args.get("q", "")
    with reading() as work:
        found = search(work, wanted, viewer=viewer())
    template = "search/found.html" if is_htmx() else "search/page.html"
    return render_template(template, found=found, wanted=wanted, titles=TITLES, icons=ICONS, rooms=ROOMS)
