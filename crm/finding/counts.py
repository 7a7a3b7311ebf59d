"""How many leads, contacts or companies are wanted, together and by the values of a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select

from crm.access.actor import Viewer
from crm.conditions.fields import TABLES, Subject
from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.finding.conditions import clause_of
from crm.finding.wanted import Wanted
from crm.tables.records import company, contact, field_value, lead
from db.work import Work
from engine.text import _l

GROUPS: Final[Mapping[Subject, tuple[str, ...]]] = {
    "lead": ("lead.status", "lead.owner", "lead.source"),
    "contact": ("contact.owner", "contact.type", "contact.city", "company.name"),
    "company": ("company.owner",),
}
"""The built-in fields that records are grouped by; custom ones of one choice come beside."""


class Counted(NamedTuple):
    """Records that have a value in common: as facets write it, ``None`` for those without one; and how many they are."""

    value: str | None
    records: int


def how_many(work: Work, wanted: Wanted, *, viewer: Viewer) -> int:
    """Return how many records are wanted and seen.  One statement.

    Raises:
        InvalidError: there is no such field, or the values do not fit it.
    """
    table = TABLES[wanted.subject]
    query = select(func.count()).select_from(table).where(clause_of(work, wanted, viewer))
    return int(work.rows(query)[0][0])


def can_count_by(subject: Subject, path: str, settings: Directory) -> bool:
    """True where records of a kind can be grouped by a field."""
    record, _, key = path.partition(".")
    known = settings.fields.get((record, key.removeprefix("field."))) if key.startswith("field.") else None
    return path in GROUPS.get(subject, ()) or (known is not None and record == subject and known.type == "choice")


def counts_by(work: Work, wanted: Wanted, path: str, *, viewer: Viewer) -> tuple[Counted, ...]:
    """Return the records that are wanted by the values of a field, the most numerous first, without empty groups.

    One statement.

    Raises:
        InvalidError: they cannot be grouped by this, or what is wanted cannot be asked.
    """
    settings, table = directory(work), TABLES[wanted.subject]
    if not can_count_by(wanted.subject, path, settings):
        raise InvalidError(_l("the list cannot be grouped by {field}", field=path))
    key, words, join = _column(path, settings, table)
    query = join(select(key, func.min(words), func.count()).select_from(table))
    rows = work.rows(query.where(clause_of(work, wanted, viewer)).group_by(key))
    known = _known(path, settings)
    counts: dict[str | None, int] = {}
    for value, said, count in rows:
        named = None if value is None else known.get(value, None if path.endswith(".owner") else str(said))
        counts[named] = counts.get(named, 0) + int(count)
    found = [Counted(value, count) for value, count in counts.items()]
    return tuple(sorted(found, key=lambda one: (-one.records, one.value is None, one.value or "")))


def _column(
    path: str, settings: Directory, table: Any
) -> tuple[ColumnElement[Any], ColumnElement[Any], Callable[[Any], Any]]:
    """Return the column that records are grouped by, how its values are written, and what has to be joined for it."""
    if path == "company.name":
        firm = company.alias()
        same = firm.c.id == contact.c.company_id
        return firm.c.name_fold, firm.c.name, lambda query: query.outerjoin(firm, same)
    key = path.partition(".")[2]
    if key.startswith("field."):
        known = settings.fields[path.partition(".")[0], key.removeprefix("field.")]
        values = field_value.alias()
        mine = and_(values.c.record_id == table.c.id, values.c.field_id == known.id, values.c.position == 0)
        return values.c.text_key, values.c.text_key, lambda query: query.outerjoin(values, mine)
    columns: Mapping[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
        "lead.status": (lead.c.status, lead.c.status),
        "lead.source": (lead.c.source_fold, lead.c.source),
        "contact.type": (contact.c.type_fold, contact.c.type),
        "contact.city": (contact.c.city_fold, contact.c.city),
    }
    if path in columns:
        return *columns[path], lambda query: query
    owner: ColumnElement[Any] = table.c.owner_id
    return owner, owner, lambda query: query


def _known(path: str, settings: Directory) -> Mapping[Any, str]:
    """Return how values of the column are written in facets, where that is not how people wrote them."""
    if path.endswith(".owner"):
        return {user.id: user.login for user in settings.users.values()}
    record, _, key = path.partition(".")
    if key.startswith("field."):
        options = settings.fields[record, key.removeprefix("field.")].options
        return {option.casefold(): option for option in options}
    return {}
