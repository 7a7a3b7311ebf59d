"""Contacts and companies that are wanted, as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from flask import Response, request

from crm.access.audit import note_export
from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.fields.shown import FieldShown
from crm.finding.clients import OPEN_DEALS, PEOPLE, WON_DEALS, ClientRow, client_page
from crm.finding.columns import columns_of
from crm.finding.counts import how_many
from crm.finding.orders import Place
from crm.finding.wanted import Wanted
from engine.text import _l
from web.access import allowed
from web.deal_columns import ColumnShown
from web.finding import read_wanted
from web.pages.clients.blueprint import blueprint
from web.pages.clients.listing import EXPORT
from web.pages.clients.rooms import Room, room_asked
from web.sheets import MOST_IN_WORKBOOK, Value, csv_answer, custom_value, local, workbook_answer
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer, visit

BATCH: Final = 1000


@blueprint.get("/contacts/export.csv", endpoint="contacts_as_csv")
@blueprint.get("/companies/export.csv", endpoint="companies_as_csv")
@allowed(EXPORT)
def as_csv() -> Response:
    """Write those that are wanted as CSV while they are read."""
    room = room_asked()
    wanted = read_wanted(request.args, room.kind)
    with reading() as work:  # what cannot be asked is refused before the file begins
        client_page(work, wanted, viewer=viewer(), limit=1)
    return csv_answer(_batches(room, wanted), room.name)


@blueprint.get("/contacts/export.xlsx", endpoint="contacts_as_workbook")
@blueprint.get("/companies/export.xlsx", endpoint="companies_as_workbook")
@allowed(EXPORT)
def as_workbook() -> Response:
    """Write those that are wanted as a workbook.

    Raises:
        InvalidError: they are more than a sheet holds.
    """
    room = room_asked()
    wanted = read_wanted(request.args, room.kind)
    with reading() as work:
        if how_many(work, wanted, viewer=viewer()) > MOST_IN_WORKBOOK:
            raise InvalidError(
                _l("a workbook holds {limit} rows at most: narrow the filter, or take CSV", limit=MOST_IN_WORKBOOK)
            )
    return workbook_answer(_batches(room, wanted), room.name, room.name.capitalize())


def _batches(room: Room, wanted: Wanted) -> Iterator[list[list[Value]]]:
    """Give the headings, then the rows, and let the audit know at the end how many somebody took along."""
    written = 0
    with reading() as work:
        settings = directory(work)
        columns = room.columns(settings, columns_of(work, room.name, viewer=viewer()))
        yield [[translated(_l("Number")), *(column.words for column in columns)]]
        after: Place | None = None
        while True:
            page = client_page(work, wanted, viewer=viewer(), after=after, limit=BATCH)
            yield [_values(settings, room, columns, row) for row in page.rows]
            written += len(page.rows)
            after = page.next
            if after is None:
                break
    with writing() as work:
        note_export(work, room.kind, written, by=actor(), right=EXPORT)


def _values(settings: Directory, room: Room, columns: Sequence[ColumnShown], row: ClientRow) -> list[Value]:
    found: list[Value] = [row.id]
    for column in columns:
        # What contacts have may stand in another column of companies: ``company.name`` is a link here, the name there.
        made = _VALUES.get(column.path) if column.path != room.first else _name
        found.append(made(row) if made is not None else _custom(settings, room, column.path, row))
    return found


def _custom(settings: Directory, room: Room, path: str, row: ClientRow) -> Value:
    definition = settings.fields.get((room.kind, path.removeprefix(f"{room.kind}.field.")))
    if definition is None:
        return None
    shown = FieldShown(definition, row.fields.get(definition.key))
    return custom_value(settings, shown, str(settings.organization["currency"]), ZoneInfo(visit().zone))


def _name(row: ClientRow) -> Value:
    return row.name


def _owner(row: ClientRow) -> Value:
    return row.owner.name if row.owner is not None else None


def _tags(row: ClientRow) -> Value:
    return ", ".join(row.tags)


def _known_since(row: ClientRow) -> Value:
    return local(row.created_at, ZoneInfo(visit().zone))


_VALUES: Final[Mapping[str, Callable[[ClientRow], Value]]] = {
    "company.name": lambda row: row.company,
    "contact.type": lambda row: row.type,
    "contact.phone": lambda row: row.phone,
    "contact.email": lambda row: row.email,
    "contact.city": lambda row: row.city,
    OPEN_DEALS: lambda row: row.worth.deals.get("open", 0),
    WON_DEALS: lambda row: row.worth.deals.get("won", 0),
    PEOPLE: lambda row: row.people,
    "contact.owner": _owner,
    "company.owner": _owner,
    "contact.tags": _tags,
    "company.tags": _tags,
    "contact.created_at": _known_since,
    "company.created_at": _known_since,
}
