"""The two kinds of clients, contacts and companies: what their pages call them, and the columns that their lists can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import request

from crm.conditions.fields import SubjectFields
from crm.directory import Directory
from crm.finding.clients import OPEN_DEALS, PEOPLE, WON_DEALS, ClientKind, can_sort_clients
from engine.text import LazyText, _l, _ln
from web.deal_columns import ColumnShown
from web.finding_words import field_label
from web.texts import translated


@dataclass(frozen=True, slots=True)
class Room:
    """A kind of clients on pages.

    ``name`` begins their addresses, and names their columns where they are kept; ``first`` is the column that leads to the card,
    ``usual`` are the others that are there before anybody chose, ``built_in`` all that can be chosen beside custom fields.
    """

    kind: ClientKind
    name: str
    icon: str
    title: LazyText
    new: LazyText
    counted: Callable[[int], LazyText]
    nothing: LazyText
    lesson: LazyText
    none_fits: LazyText
    built_in: tuple[str, ...]
    usual: tuple[str, ...]

    @property
    def first(self) -> str:
        """The column that is always there."""
        return f"{self.kind}.name"

    @property
    def address(self) -> str:
        """The address of the list."""
        return f"/{self.name}"

    def columns(self, settings: Directory, chosen: Sequence[str] | None) -> list[ColumnShown]:
        """Return the columns of the list: those that were chosen, as far as they are still there, else the usual ones."""
        known = self.known_columns(settings)
        paths = self.usual if chosen is None else [path for path in chosen if path in known]
        return [self.column(settings, path) for path in (self.first, *paths)]

    def known_columns(self, settings: Directory) -> list[str]:
        """Return all columns beside the first, in the order of a list."""
        return [*self.built_in, *(f"{kind}.field.{key}" for kind, key in settings.fields if kind == self.kind)]

    def column(self, settings: Directory, path: str) -> ColumnShown:
        """Return a column by its path."""
        fields = SubjectFields(settings, self.kind)
        words = _WORDS.get(path) if path != self.first else _FIRST[self.kind]
        is_figure = path == PEOPLE or fields.kind(path) in ("money", "number")
        said = translated(words) if words is not None else field_label(path, fields)
        return ColumnShown(path, said, is_figure, can_sort_clients(self.kind, path, settings))


_FIRST: Final[Mapping[ClientKind, LazyText]] = {"contact": _l("Contact"), "company": _l("Company")}
_WORDS: Final[Mapping[str, LazyText]] = {
    OPEN_DEALS: _l("Open deals"),
    WON_DEALS: _l("Won"),
    PEOPLE: _l("Contacts"),
    "contact.created_at": _l("Known since"),
    "company.created_at": _l("Known since"),
    "company.name": _l("Company"),
}
_CONTACTS: Final = Room(
    "contact",
    "contacts",
    "users",
    _l("Contacts"),
    _l("New contact"),
    lambda count: _ln("{count} contact", "{count} contacts", count),
    _l("No contacts yet"),
    _l(
        "A contact is a person you work with: with phone, e-mail and everything you have done together. Make one by hand, of a "
        "lead on its card, or by an import."
    ),
    _l("No contact fits"),
    (
        *("company.name", "contact.type", "contact.phone", "contact.email", "contact.city", OPEN_DEALS, WON_DEALS),
        *("contact.owner", "contact.tags", "contact.created_at"),
    ),
    ("company.name", "contact.type", OPEN_DEALS, WON_DEALS, "contact.owner", "contact.tags", "contact.created_at"),
)
_COMPANIES: Final = Room(
    "company",
    "companies",
    "building",
    _l("Companies"),
    _l("New company"),
    lambda count: _ln("{count} company", "{count} companies", count),
    _l("No companies yet"),
    _l("A company gathers its people and their deals. Make one by hand, or name it on a contact, a deal or a lead."),
    _l("No company fits"),
    (PEOPLE, OPEN_DEALS, WON_DEALS, "company.owner", "company.tags", "company.created_at"),
    (PEOPLE, OPEN_DEALS, WON_DEALS, "company.owner", "company.tags", "company.created_at"),
)
ROOMS: Final[Mapping[ClientKind, Room]] = {"contact": _CONTACTS, "company": _COMPANIES}
BY_NAME: Final[Mapping[str, Room]] = {room.name: room for room in ROOMS.values()}
"""By the name that addresses and chosen columns have."""


def room_asked() -> Room:
    """Return the kind of clients that the address of the request begins with."""
    return BY_NAME[request.path.split("/", 2)[1]]
