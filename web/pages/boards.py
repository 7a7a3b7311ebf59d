"""Boards: the deals of a sales plan by stage, and as a list."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from crm.access.actor import Viewer
from crm.deals.board import Tally, board
from crm.deals.board_views import BoardView, board_view_of, is_folded, may_show
from crm.deals.card_fields import stored_fields
from crm.deals.card_queries import Filter
from crm.deals.cards import PAGE, Card, Place, board_cards, cards_of, fitting, stage_cards
from crm.deals.changes import changes_since, newest
from crm.deals.reach import FIRST, ends_of, further, held, rest_of
from crm.directory import Directory, Plan, Stage, directory
from crm.finding.boards import board_filter
from crm.finding.conditions import asks_archive
from crm.finding.wanted import Wanted
from crm.tables.records import deal
from db.work import Work
from engine.text import _l
from funnels.robot_lines import robots_of
from web.access import SIGNED_IN, allowed
from web.board_counts import counts_in_words, in_words, kept_tallies, shown_tallies, total_of
from web.deal_cards import CardsInHtml
from web.finding import FilterPart, filter_part, is_from_form, link_to, read_wanted, saved_links
from web.pages.deals.listing import show_list
from web.reasons import field_name
from web.site import reading
from web.sums import sums_in_words, total_in_words
from web.texts import translated
from web.visit import viewer

blueprint = Blueprint("boards", __name__)

WINDOW = frozenset({"goes_to", "stood_on"})
"""What the window of moves is asked with: parts of an address that are none of the filter."""


@dataclass(frozen=True, slots=True)
class Column:
    """A stage as the board shows it; ``next`` is the address of the cards after these.

    ``tally`` is ``None`` where it is counted apart, once the page is shown.
    """

    stage: Stage
    tally: Tally | None
    cards: list[Card]
    robots: tuple[Any, ...]
    next: str
    is_folded: bool
    team: str


@blueprint.get("/boards")
@allowed(SIGNED_IN)
def all_boards() -> ResponseReturnValue:
    """Show the sales plans with what they hold."""
    with reading() as work:
        settings = directory(work)
        plans = [plan for plan in settings.plans.values() if may_see_plan(plan, viewer())]
        boards = [board(work, plan.key, viewer=viewer()) for plan in sorted(plans, key=lambda one: one.name.casefold())]
    return render_template("boards/all.html", boards=boards)


@blueprint.get("/boards/<plan>")
@allowed(SIGNED_IN)
def show(plan: str) -> ResponseReturnValue:
    """Show a plan's board."""
    with reading() as work:
        found, wanted, query = _asked(work, plan)
        if is_from_form(request.args):
            return redirect(link_to(request.path, query, ("add", request.args.get("add", ""))))
        if asks_archive(query):  # nothing of it stands on a board
            return redirect(link_to(url_for("boards.as_list", plan=plan), query))
        number = newest(work)
        finding = _filter(work, found, query)
        stages = [stage.id for stage in found.stages]
        ends = ends_of(work, found, stages, viewer=viewer(), wanted=wanted, reach=FIRST)
        cards = board_cards(work, found, viewer=viewer(), wanted=wanted, ends=ends)
        tallies = kept_tallies(work, found, wanted) or shown_tallies(cards, ends)
        robots = robots_of(work, found)
        view = board_view_of(work, found, viewer=viewer())
        settings = directory(work)
        html = _html(work, view, [card for several in cards.values() for card in several])
    columns = [
        Column(
            stage, tallies[stage.id], cards[stage.id], robots.get(stage.key, ()),
            _following(plan, stage.key, query, cards[stage.id], tallies[stage.id], ends.get(stage.id)),
            is_folded(settings, stage, view, viewer=viewer()), team_said(settings, stage),
        )
        for stage in found.stages
        if stage.kind != "undefined" or cards[stage.id] or (tallies[stage.id] or Tally()).deals
    ]  # fmt: skip
    known = [tally for tally in tallies.values() if tally is not None]
    return render_template(
        "boards/board.html", plan=found, columns=columns, number=number, finding=finding, settings=settings, html=html, kept=view,
        page=PAGE,
        total=total_of(known) if len(known) == len(tallies) else None,
        total_address=link_to(url_for("deal_lists.total"), query, ("of", plan)),
        totals_address="" if wanted.is_plain else link_to(url_for("boards.totals", plan=plan), query),
        may_show=[(path, what_a_card_shows(settings, path)) for path in may_show(settings)],
    )  # fmt: skip


@blueprint.get("/boards/<plan>/again")
@allowed(SIGNED_IN)
def again(plan: str) -> ResponseReturnValue:
    """Lead to a plan as the visitor looked at it last: board or list, with its filter."""
    with reading() as work:
        found = plan_seen(directory(work), plan)
        view = board_view_of(work, found, viewer=viewer())
    where = url_for("boards.as_list" if view.mode == "list" else "boards.show", plan=plan)
    return redirect(f"{where}?{view.query}" if view.query else where, code=303)


@blueprint.get("/boards/<plan>/stages/<stage>")
@allowed(SIGNED_IN)
def more(plan: str, stage: str) -> ResponseReturnValue:
    """Show more cards of a column."""
    with reading() as work:
        found, wanted, query = _asked(work, plan)
        here = found.by_key.get(stage)
        if here is None:
            abort(404)
        after, reach = read_place(_after())
        ends = ends_of(work, found, [here.id], viewer=viewer(), wanted=wanted, after=after, reach=reach)
        cards = stage_cards(work, found, here.id, viewer=viewer(), after=after, wanted=wanted, ends=ends)
        html = _html(work, board_view_of(work, found, viewer=viewer()), cards)
    following = _following(plan, stage, query, cards, None, ends.get(here.id), reach)
    return render_template("boards/more.html", cards=cards, html=html, following=following, reads_on=len(cards) < PAGE)


@blueprint.get("/boards/<plan>/list")
@allowed(SIGNED_IN)
def as_list(plan: str) -> ResponseReturnValue:
    """Show a plan's deals as a list."""
    with reading() as work:
        found = plan_seen(directory(work), plan)
        view = board_view_of(work, found, viewer=viewer())
    return show_list(found, view)


@blueprint.get("/api/boards/<plan>/totals")
@allowed(SIGNED_IN)
def totals(plan: str) -> ResponseReturnValue:
    """Count the columns of a board under its filter."""
    with reading() as work:
        found, wanted, _ = _asked(work, plan)
        return jsonify(counts_in_words(work, found, wanted))


@blueprint.get("/api/boards/<plan>/changes")
@allowed(SIGNED_IN)
def changes(plan: str) -> ResponseReturnValue:
    """Tell what changed since a number: cards as they are now, those that are gone, counts and sums; 204 for nothing."""
    since = request.args.get("since", type=int)
    if since is None:
        abort(400)
    with reading() as work:
        found, wanted, _ = _asked(work, plan)
        told = changes_since(work, since)
        if told.deal_ids is None:
            return jsonify({"number": told.number, "reload": True})
        if not told.deal_ids:
            return ("", 204) if told.number == since else jsonify({"number": told.number})
        answer = update_of(work, found, told.deal_ids, viewer(), wanted)
    return jsonify({"number": told.number, **answer})


def update_of(work: Work, plan: Plan, deal_ids: tuple[int, ...], seen_by: Viewer, wanted: Filter) -> dict[str, Any]:
    """Return what a board must change to show these deals as they are, under its filter.

    Columns and total are left out where no kept counts know them: the board asks for those by itself.
    """
    settings = directory(work)
    fits = fitting(work, plan, deal_ids, viewer=seen_by, wanted=wanted)
    cards = [card for card in cards_of(work, fits, viewer=seen_by) if card.plan_id == plan.id]
    html = _html(work, board_view_of(work, plan, viewer=seen_by), cards)
    tallies = kept_tallies(work, plan, wanted)
    shown = {card.id for card in cards}
    return {
        "cards": [
            {"id": card.id, "stage": settings.stages[card.stage_id].key, "html": html.cards((card,))} for card in cards
        ],
        "gone": [deal_id for deal_id in deal_ids if deal_id not in shown],
        **(in_words(plan, tallies) if tallies is not None else {}),
    }


def board_update(deal_id: int) -> dict[str, Any]:
    """Return what a board must change to show a deal as it is.

    The request's address holds the board's filter, beside what the window of moves is asked with (``WINDOW``).
    """
    with reading() as work:
        settings = directory(work)
        plan_id = work.scalar(select(deal.c.plan_id).where(deal.c.id == deal_id))
        wanted, _ = _wanted(work)
        return {"id": deal_id, **update_of(work, settings.plans[plan_id], (deal_id,), viewer(), wanted)}


def team_said(settings: Directory, stage: Stage) -> str:
    """Return whose team works on a stage; nothing where all do."""
    leader = settings.users.get(stage.team_id) if stage.team_id is not None else None
    return leader.name if leader is not None else ""


def what_a_card_shows(settings: Directory, path: str) -> str:
    """Return what a part of a card is called."""
    known = _PARTS.get(path)
    return translated(known) if known is not None else translated(field_name(settings, f"deal.{path}"))


_PARTS = {
    "contact": _l("Contact"), "amount": _l("Amount"), "task": _l("Next task"), "tags": _l("Tags"), "owner": _l("Owner"),
    "age": _l("Time in stage"), "created": _l("Age"),
}  # fmt: skip


def _html(work: Work, view: BoardView, cards: list[Card]) -> CardsInHtml:
    """Return what writes cards as somebody wants to see them.  One statement where they show custom fields."""
    has_own = any(path.startswith("field.") for path in view.shows)
    stored = stored_fields(work, [card.id for card in cards]) if has_own else None
    return CardsInHtml(directory(work), work.now, view.shows, stored)


def may_see_plan(plan: Plan, seen_by: Viewer) -> bool:
    """True where a viewer may open a plan's board."""
    return not plan.is_archived and seen_by.sees_plan(plan.id)


def plan_seen(settings: Directory, key: str) -> Plan:
    """Return a plan that the visitor may see; 404 otherwise."""
    plan = settings.plan_keys.get(key)
    if plan is None or not may_see_plan(plan, viewer()):
        abort(404)
    return plan


def _asked(work: Work, key: str) -> tuple[Plan, Filter, Wanted]:
    return plan_seen(directory(work), key), *_wanted(work)


def _wanted(work: Work) -> tuple[Filter, Wanted]:
    """Return the filter that the present request's address holds."""
    wanted = read_wanted(MultiDict(one for one in request.args.items(multi=True) if one[0] not in WINDOW), "deal")
    return board_filter(work, wanted, viewer()), wanted


def _after() -> str:
    return request.args.get("after", "")


def _filter(work: Work, plan: Plan, wanted: Wanted) -> FilterPart:
    saved = saved_links(work, wanted, request.path)
    return filter_part(work, wanted, request.path, fixed=("deal.plan",), plan=plan.key, saved=saved)


def _following(
    plan: str,
    stage: str,
    query: Wanted,
    cards: list[Card],
    tally: Tally | None,
    end: datetime | None,
    reach: int = FIRST,
) -> str:
    """Return the address of a column's next cards; empty where there are none.

    ``end`` is where reading stopped after ``reach`` deals: where too few of them fit, the next page reads further.
    """
    rest = rest_of(cards, PAGE, end)
    if rest is None or (tally is not None and tally.deals <= len(cards)):
        return ""
    place = place_of(rest, FIRST if len(cards) >= PAGE else further(reach))
    return link_to(url_for("boards.more", plan=plan, stage=stage), query, ("after", place))


def place_of(place: Place, reach: int = FIRST) -> str:
    """Return where a page begins, and how far it reads, as it stands in an address."""
    return base64.urlsafe_b64encode(json.dumps([place.entered_at.isoformat(), place.deal_id, reach]).encode()).decode()


def read_place(text: str) -> tuple[Place | None, int]:
    """Return what ``place_of`` wrote; 400 for anything else."""
    if not text:
        return None, FIRST
    try:
        moment, deal_id, reach = json.loads(base64.urlsafe_b64decode(text.encode()))
        entered_at = datetime.fromisoformat(moment)
        if entered_at.tzinfo is None or not isinstance(deal_id, int) or not isinstance(reach, int):
            raise ValueError
        return Place(entered_at, deal_id), held(reach)
    except (ValueError, TypeError):
        abort(400)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"sums_in_words": sums_in_words, "total_in_words": total_in_words}
