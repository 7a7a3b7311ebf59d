"""Lists of leads: those that are wanted, in any order, in pages by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select, true

from crm.access.actor import Viewer
from crm.directory import directory
from crm.finding.conditions import clause_of
from crm.finding.orders import Place, beyond, order_of, sorted_by
from crm.finding.wanted import Facet, Wanted
from crm.leads.listing import LeadShown, leads_shown
from crm.leads.statuses import LEAD_STATUSES
from crm.records.visible import is_current, may_see_record
from crm.tables.records import lead
from db.sets import in_set
from db.work import Work

PAGE: Final = 50
COLUMN: Final = 20


class LeadPage(NamedTuple):
    """A page of a list, and where it ends; ``None`` at the end of the list."""

    leads: tuple[LeadShown, ...]
    next: Place | None


class LeadRow(NamedTuple):
    """A lead as a file has it; ``fields`` are its custom values by key, as they are kept for showing."""

    lead: LeadShown
    fields: Mapping[str, Any]


def lead_page(work: Work, wanted: Wanted, *, viewer: Viewer, after: Place | None = None, limit: int = PAGE) -> LeadPage:
    """Return a page of the leads that are wanted and that the viewer may see, without an order the newest first.  Two statements.

    Raises:
        InvalidError: there is no such field, the values do not fit it, or nothing can be sorted by it.
    """
    rows, rest = _page(work, wanted, viewer, after, limit)
    return LeadPage(leads_shown(work, rows, viewer=viewer), rest)


def lead_row_page(
    work: Work, wanted: Wanted, *, viewer: Viewer, after: Place | None = None, limit: int = PAGE
) -> tuple[list[LeadRow], Place | None]:
    """Return the same page with the leads' custom fields, and where it ends."""
    rows, rest = _page(work, wanted, viewer, after, limit)
    return _with_fields(work, rows, viewer), rest


def lead_rows(work: Work, ids: Sequence[int], *, viewer: Viewer, archived: bool = False) -> list[LeadRow]:
    """Return these leads in their order, as far as the viewer may see them, ``archived`` ones where asked.  Two statements."""
    here = true() if archived else is_current("lead")
    query = select(lead).where(in_set(lead.c.id, "ids"), may_see_record("lead", viewer), here)
    by_id = {row.id: row for row in work.rows(query, {"ids": list(ids)})}
    return _with_fields(work, [by_id[id_] for id_ in ids if id_ in by_id], viewer)


def _page(
    work: Work, wanted: Wanted, viewer: Viewer, after: Place | None, limit: int
) -> tuple[Sequence[Any], Place | None]:
    order = order_of(wanted, directory(work))
    descending = wanted.descending or not wanted.sort
    query = select(lead, order.key.label("sorted_by")).where(clause_of(work, wanted, viewer))
    if after is not None:
        query = query.where(beyond(after, order, lead.c.id, descending=descending))
    rows = work.rows(query.order_by(*sorted_by(order, lead.c.id, descending=descending)).limit(limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], Place(last.sorted_by, last.id) if last is not None else None


def _with_fields(work: Work, rows: Sequence[Any], viewer: Viewer) -> list[LeadRow]:
    shown = leads_shown(work, rows, viewer=viewer)
    return [LeadRow(one, row.fields or {}) for one, row in zip(shown, rows, strict=True)]


class LeadColumn(NamedTuple):
    """The first leads of a status, and whether there are more."""

    status: str
    leads: tuple[LeadShown, ...]
    has_more: bool


def lead_columns(work: Work, wanted: Wanted, *, viewer: Viewer, limit: int = COLUMN) -> tuple[LeadColumn, ...]:
    """Return the first of the leads that are wanted by status, in the order in which a lead goes through them.

    At most two statements for each status.

    Raises:
        InvalidError: there is no such field, the values do not fit it, or nothing can be sorted by it.
    """
    found = []
    for status in LEAD_STATUSES:
        page = lead_page(work, of_status(wanted, status), viewer=viewer, limit=limit)
        found.append(LeadColumn(status, page.leads, page.next is not None))
    return tuple(found)


def of_status(wanted: Wanted, status: str) -> Wanted:
    """Return the same of one status only."""
    return wanted.within(Facet("lead.status", "in", (status,)))


def lead_counts(work: Work, wanted: Wanted, *, viewer: Viewer) -> dict[str, int]:
    """Return how many leads are wanted by status; those of which there is none too.  One statement.

    Raises:
        InvalidError: there is no such field, or the values do not fit it.
    """
    query = (
        select(lead.c.status, func.count().label("number"))
        .where(clause_of(work, wanted, viewer))
        .group_by(lead.c.status)
    )
    counted = {row.status: int(row.number) for row in work.rows(query)}
    return {status: counted.get(status, 0) for status in LEAD_STATUSES}
