"""Lists of deals: of all plans, and of one; filtered, sorted, grouped, with the columns that each person has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.conditions.fields import SubjectFields
from crm.deals.board import Tally
from crm.deals.board_views import BoardView
from crm.deals.reach import FIRST, held
from crm.directory import Directory, Plan, directory
from crm.finding.addresses import name_of
from crm.finding.columns import columns_of
from crm.finding.conditions import asks_archive
from crm.finding.deals import DealPage, deal_page, plan_order, tally_of
from crm.finding.orders import Order, order_of, place_text
from crm.finding.tallies import GROUPS, Group, can_group, deal_groups, deal_tally, is_kept, of_group
from crm.finding.wanted import Wanted
from db.patience import counted
from db.work import Work
from engine.text import _l
from web.access import SIGNED_IN, allowed
from web.board_counts import TOO_MANY
from web.deal_columns import LIST, columns_shown, known_columns
from web.deal_rows import RowsInHtml
from web.finding import choices_of, filter_part, is_from_form, link_to, read_wanted, saved_links
from web.finding_words import field_label, value_words
from web.lists import headings, place_asked
from web.site import reading
from web.sums import total_in_words
from web.texts import translated
from web.visit import may, viewer

blueprint = Blueprint("deal_lists", __name__)
EXPORT: Final = "records.export"
_FILES: Final = (("CSV", "as_csv"), ("XLSX", "as_workbook"))


@dataclass(frozen=True, slots=True)
class GroupShown:
    """A group: its words, its count and sums, and the address of exactly its deals."""

    words: str
    tally: Tally
    address: str


@blueprint.get("/deals")
@allowed(SIGNED_IN)
def all_deals() -> ResponseReturnValue:
    """Show the deals of all plans that the visitor may see, those that came last first."""
    return show_list(None)


@blueprint.get("/deals/total")
@allowed(SIGNED_IN)
def total() -> ResponseReturnValue:
    """Say how many deals are wanted and what they are worth."""
    with reading() as work:
        plan, wanted = plan_asked(work), read_wanted(request.args, "deal")
        tally = counted(work, lambda: deal_tally(work, wanted, viewer=viewer(), plan=plan))
    return total_in_words(tally) if tally is not None else translated(TOO_MANY)


def show_list(plan: Plan | None, kept: BoardView | None = None) -> ResponseReturnValue:
    """Show the deals of a plan, or of all, as a list; a part of it where htmx asks for more.

    ``kept`` is how the visitor looked at the plan last.
    """
    path = request.path
    wanted = read_wanted(request.args, "deal")
    grouped = request.args.get("group", "")
    if is_from_form(request.args):
        return redirect(link_to(path, wanted, ("group", grouped), ("add", request.args.get("add", ""))))
    with reading() as work:
        settings = directory(work)
        fields = SubjectFields(settings, "deal")
        after = place_asked(lambda: _order(settings, wanted, plan))
        reach = held(after.reach if after else FIRST)
        page = deal_page(work, wanted, viewer=viewer(), plan=plan, after=after, reach=reach)
        columns = columns_shown(settings, columns_of(work, LIST, viewer=viewer()), all_plans=plan is None)
        reasons = choices_of(work, "deal.lost_reason", fields)
        archived = asks_archive(wanted)
        rows = RowsInHtml(settings, work.now, columns, reasons, archived=archived).list_rows(page.rows)
        more = _more(path, wanted, page)
        if "HX-Request" in request.headers and after is not None:
            return render_template(
                "boards/rows.html", rows=rows, following=more, width=len(columns), reads_on=page.reads_on
            )
        tally = tally_of(page) if page.next is None and after is None else None  # else counted apart
        if is_kept(wanted):
            tally = deal_tally(work, wanted, viewer=viewer(), plan=plan)
        group = _path_of(grouped, fields)
        groups = deal_groups(work, wanted, group, viewer=viewer(), plan=plan) if group else ()
        fixed = ("deal.plan",) if plan is not None else ()
        finding = filter_part(
            work, wanted, path, fixed=fixed, plan=plan.key if plan is not None else None,
            kept=(("group", grouped),) if grouped else (), saved=saved_links(work, wanted, path),
        )  # fmt: skip
        shown = _groups_shown(work, fields, wanted, group, groups, plan)
    of = ("of", plan.key if plan is not None else "")
    return render_template(
        "boards/list.html", plan=plan, rows=rows, has_rows=bool(page.rows) or bool(more), following=more,
        reads_on=page.reads_on, total=tally, finding=finding,
        headings=headings(path, wanted, columns, grouped), width=len(columns), groups=shown, group=group,
        group_name=field_label(group, fields) if group else "", group_links=_group_links(path, wanted, fields, group, plan),
        columns=columns, all_columns=columns_shown(settings, known_columns(settings), all_plans=False)[1:],
        settings=settings, list_name=LIST,
        total_address=link_to(url_for("deal_lists.total"), wanted, of),
        exports=[(name, link_to(url_for(f"deal_lists.{end}"), wanted, of)) for name, end in _FILES if may(EXPORT)],
        ungrouped=link_to(path, wanted), kept=kept,
    )  # fmt: skip


def _group_links(
    path: str, wanted: Wanted, fields: SubjectFields, group: str, plan: Plan | None
) -> list[tuple[str, str, bool]]:
    own = [f"deal.field.{key}" for kind, key in fields.settings.fields if kind == "deal"]
    paths = [one for one in (*GROUPS, *own) if can_group(one, fields.settings)]
    if plan is not None:
        paths.remove("deal.plan")
    return [
        (field_label(one, fields), link_to(path, wanted, ("group", name_of(one, fields))), one == group)
        for one in paths
    ]


def _groups_shown(
    work: Work,
    fields: SubjectFields,
    wanted: Wanted,
    group: str,
    groups: tuple[Group, ...],
    plan: Plan | None,
) -> list[GroupShown]:
    if not groups:
        return []
    names = choices_of(work, group, fields, plan.key if plan is not None else None)
    found = []
    for one in groups:
        if one.value is None:
            words = translated(_l("Nobody")) if group == "deal.owner" else translated(_l("none"))
        else:
            words = names.get(one.value) or value_words(one.value, group, fields, {one.value: one.words})
        found.append(GroupShown(words, one.tally, link_to(request.path, of_group(wanted, group, one.value))))
    return found


def _path_of(name: str, fields: SubjectFields) -> str:
    """Return the field that an address groups by; 404 where deals cannot be."""
    if not name:
        return ""
    paths = (f"deal.{name}", f"deal.field.{name}", name)
    known = [path for path in paths if fields.kind(path) is not None and can_group(path, fields.settings)]
    return known[0] if known else abort(404)


def _more(path: str, wanted: Wanted, page: DealPage) -> str:
    return link_to(path, wanted, ("after", place_text(page.next))) if page.next is not None else ""


def _order(settings: Directory, wanted: Wanted, plan: Plan | None) -> Order:
    return plan_order() if plan is not None and not wanted.sort else order_of(wanted, settings)


def plan_asked(work: Work) -> Plan | None:
    """Return the plan that an address about deals of one plan names; 404 where the visitor may not see it."""
    key = request.args.get("of", "")
    if not key:
        return None
    plan = directory(work).plan_keys.get(key)
    if plan is None or not viewer().sees_plan(plan.id):
        abort(404)
    return plan
