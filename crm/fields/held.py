"""Values that other records have a say in: the record that is named must be there, and a resource is booked once at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Float, bindparam, select

from crm.access.actor import Actor
from crm.directory import Directory, Resource, directory
from crm.fields.columns import FieldKind
from crm.fields.values import Typed
from crm.nouns import noun
from crm.records.visible import may_see_record
from crm.tables.records import company, contact, deal, field_value
from crm.tables.settings import resource
from db.sets import in_set
from db.types import Utc
from db.work import Work
from engine.text import LazyText, _l

_REFERRED: Final[Mapping[str, Any]] = {"deal": deal, "contact": contact, "company": company}


@dataclass(frozen=True, slots=True)
class Held:
    """A new value of a record's custom field; ``number`` is whatever the caller calls the item that brings it."""

    number: int
    kind: FieldKind
    record_id: int
    key: str
    value: Typed


def refusals(work: Work, settings: Directory, values: Sequence[Held], by: Actor) -> dict[int, tuple[str, LazyText]]:
    """Return the items that cannot have their values, with a code and why.

    ``invalid``: the record that is named is not there, or the actor may not see it.  ``taken``: the resource is booked for a part
    of that time.  Resources are locked until the end of the transaction, so that of two who book at once one is refused.  A
    statement for each kind of record that is named, two where something is booked, none otherwise.
    """
    refused: dict[int, tuple[str, LazyText]] = {}
    named: dict[str, list[Held]] = defaultdict(list)
    booked: list[Held] = []
    for one in values:
        definition = settings.fields[one.kind, one.key]
        if definition.type in _REFERRED and one.value.rows:
            named[definition.type].append(one)
        elif definition.type == "resource":
            booked.append(one)
    for kind, several in sorted(named.items()):
        there = _there(work, kind, [int(str(one.value.shown)) for one in several], by)
        for one in several:
            if one.value.shown not in there:
                name = settings.fields[one.kind, one.key].name
                words = _l("{field}: there is no {kind} {record}", field=name, kind=noun(kind), record=one.value.shown)
                refused.setdefault(one.number, ("invalid", words))
    if any(one.value.rows for one in booked):
        _book(work, settings, [one for one in booked if one.number not in refused], refused)
    return refused


def _there(work: Work, kind: str, ids: Sequence[int], by: Actor) -> set[int]:
    table = _REFERRED[kind]
    query = select(table.c.id).where(in_set(table.c.id, "ids"), table.c.archived_at.is_(None))
    if by.sees is not None:
        query = query.where(may_see_record(kind, by.sees))  # type: ignore[arg-type]  # one of the three
    return {row.id for row in work.rows(query, {"ids": sorted(set(ids))})}


@dataclass(frozen=True, slots=True)
class Booking:
    """A resource that is booked by a field of a record, from a moment to another, which is no longer part."""

    resource_id: int
    kind: str
    record_id: int
    key: str
    starts_at: datetime
    ends_at: datetime


def bookings(work: Work, resource_ids: Sequence[int], starts_at: datetime, ends_at: datetime) -> tuple[Booking, ...]:
    """Return what is booked in a time, those that begin first in front, whoever may see the records.  One query."""
    fields = {one.id: one for one in directory(work).fields.values() if one.type == "resource"}
    values = {
        "resources": sorted(resource_ids),
        "fields": sorted(fields),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "starts": starts_at.timestamp(),
    }
    found = []
    for row in work.rows(_BOOKED, values):
        field = fields[row.field_id]
        stop = datetime.fromtimestamp(row.number, UTC)
        found.append(Booking(row.reference, field.record_kind, row.record_id, field.key, row.at, stop))
    return tuple(found)


def _book(work: Work, settings: Directory, items: Sequence[Held], refused: dict[int, tuple[str, LazyText]]) -> None:
    wanted = [row for one in items for row in one.value.rows]
    if not wanted:
        return
    ids = sorted({row[3] for row in wanted if row[3] is not None})
    locked = select(resource.c.id).where(in_set(resource.c.id, "ids")).order_by(resource.c.id).with_for_update()
    work.rows(locked, {"ids": ids})
    starts = min(row[2] for row in wanted if row[2] is not None)
    ends = max(row[0] for row in wanted if row[0] is not None)
    standing: dict[tuple[str, int, str], Booking] = {
        (one.kind, one.record_id, one.key): one
        for one in bookings(work, ids, starts, datetime.fromtimestamp(ends, UTC))
    }
    for one in items:
        place = one.kind, one.record_id, one.key
        if not one.value.rows:
            standing.pop(place, None)
            continue
        [(stop, _, start, resource_id)] = one.value.rows
        assert stop is not None
        assert start is not None
        assert resource_id is not None
        end = datetime.fromtimestamp(stop, UTC)
        other = next(
            (
                each
                for where, each in standing.items()
                if where != place and each.resource_id == resource_id and each.starts_at < end and start < each.ends_at
            ),
            None,
        )
        if other is not None:
            refused.setdefault(one.number, ("taken", _overlap(settings, settings.resources[resource_id], other)))
        else:
            standing[place] = Booking(resource_id, one.kind, one.record_id, one.key, start, end)


def _overlap(settings: Directory, what: Resource, other: Booking) -> LazyText:
    zone = ZoneInfo(settings.calendar.zone)
    start, end = (moment.astimezone(zone) for moment in (other.starts_at, other.ends_at))
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return _l(
        "“{resource}” is booked already, {start}–{end}: choose another time",
        resource=what.name,
        start=f"{start:%Y-%m-%d %H:%M}",
        end=until,
    )


_BOOKED: Final = (
    select(
        field_value.c.reference, field_value.c.field_id, field_value.c.record_id, field_value.c.at, field_value.c.number
    )
    .where(
        in_set(field_value.c.reference, "resources"),
        in_set(field_value.c.field_id, "fields"),
        field_value.c.at < bindparam("ends_at", type_=Utc()),
        field_value.c.number > bindparam("starts", type_=Float(53)),
    )
    .order_by(field_value.c.at, field_value.c.record_id)
)
