"""Leads as a board: a column for each status, between which they are dragged."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from crm.finding.leads import lead_columns, lead_counts, of_status
from web.access import SIGNED_IN, allowed
from web.addresses import url_for
from web.finding import filter_part, is_from_form, link_to, read_wanted, saved_links
from web.site import reading
from web.visit import viewer

blueprint = Blueprint("lead_board", __name__)


@blueprint.get("/leads/board")
@allowed(SIGNED_IN)
def board() -> ResponseReturnValue:
    """Show the first leads of each status; the filter stands in the address."""
    wanted = read_wanted(request.args, "lead")
    if is_from_form(request.args):
        return redirect(link_to(request.path, wanted, ("add", request.args.get("add", ""))))
    with reading() as work:
        columns = lead_columns(work, wanted, viewer=viewer())
        finding = filter_part(work, wanted, request.path, saved=saved_links(work, wanted, request.path))
    rest = {one.status: link_to(url_for("leads.all_leads"), of_status(wanted, one.status)) for one in columns}
    return render_template("leads/board.html", columns=columns, finding=finding, rest=rest)


@blueprint.get("/leads/board/counts")
@allowed(SIGNED_IN)
def counts() -> ResponseReturnValue:
    """Show how many leads each column holds, and all of them: parts that replace those of the board."""
    wanted = read_wanted(request.args, "lead")
    with reading() as work:
        found = lead_counts(work, wanted, viewer=viewer())
    return render_template("leads/board_counts.html", counts=found, total=sum(found.values()))
