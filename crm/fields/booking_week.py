"""What is booked in a week, as somebody may see it: others' records are only taken time for him."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import literal, select, union_all

from crm.access.actor import Viewer
from crm.directory import Resource, directory
from crm.fields.changes import TABLES
from crm.fields.columns import FieldKind
from crm.fields.held import Booking, bookings
from crm.records.visible import may_see_record
from db.sets import in_set
from db.work import Work

DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking in the calendar: ``title`` is that of its record, ``None`` where the viewer may not see it."""

    booking: Booking
    title: str | None
    is_archived: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A resource, and what is booked on each day of the week; one that lasts longer stands on each of its days."""

    resource: Resource
    days: tuple[tuple[Booked, ...], ...]


def week_of(work: Work, monday: date, zone: str, *, viewer: Viewer) -> tuple[Row, ...]:
    """Return the bookings of the seven days from a day on, by resource in order of name.  Two queries at most."""
    settings, clock = directory(work), ZoneInfo(zone)
    midnights = [datetime.combine(monday + timedelta(days=day), time(), tzinfo=clock) for day in range(DAYS + 1)]
    found = bookings(work, list(settings.resources), midnights[0], midnights[-1]) if settings.resources else ()
    titles = _titles(work, found, viewer)
    rows = []
    for one in settings.resources.values():
        own = [booking for booking in found if booking.resource_id == one.id]
        if not own and not one.is_active:
            continue
        days = []
        for start, end in pairwise(midnights):
            on_it = [booking for booking in own if booking.starts_at < end and start < booking.ends_at]
            days.append(tuple(Booked(each, *titles.get((each.kind, each.record_id), (None, False))) for each in on_it))
        rows.append(Row(one, tuple(days)))
    return tuple(rows)


def _titles(work: Work, found: tuple[Booking, ...], viewer: Viewer) -> dict[tuple[str, int], tuple[str, bool]]:
    wanted: dict[FieldKind, set[int]] = defaultdict(set)
    for one in found:
        wanted[one.kind].add(one.record_id)  # type: ignore[index]  # a kind of record that has fields
    queries = []
    for kind in sorted(wanted):
        table = TABLES[kind]
        title = table.c.title if "title" in table.c else table.c.name
        queries.append(
            select(literal(kind).label("kind"), table.c.id, title.label("title"), table.c.archived_at).where(
                in_set(table.c.id, kind), may_see_record(kind, viewer)
            )
        )
    if not queries:
        return {}
    rows = work.rows(union_all(*queries), {kind: sorted(ids) for kind, ids in wanted.items()})
    return {(row.kind, row.id): (row.title, row.archived_at is not None) for row in rows}
