"""What the fields of a card point at: the titles of other records, as far as the viewer may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Viewer
from crm.fields.shown import FieldShown
from crm.records.visible import may_see_record
from crm.tables.records import company, contact, deal
from db.sets import in_set
from db.work import Work

_TITLES: Final[Mapping[str, tuple[Any, Any]]] = {
    "deal": (deal, deal.c.title),
    "contact": (contact, contact.c.name),
    "company": (company, company.c.name),
}


def with_titles(work: Work, fields: Sequence[FieldShown], *, viewer: Viewer) -> tuple[FieldShown, ...]:
    """Return fields with the titles of the records that they name; one that the viewer may not see has none.

    A query for each kind of record that is named, none where none is.
    """
    wanted: dict[str, set[int]] = defaultdict(set)
    for one in fields:
        if one.definition.type in _TITLES and isinstance(one.value, int):
            wanted[one.definition.type].add(one.value)
    if not wanted:
        return tuple(fields)
    titles: dict[tuple[str, int], str] = {}
    for kind, ids in sorted(wanted.items()):
        table, title = _TITLES[kind]
        query = select(table.c.id, title.label("title")).where(
            in_set(table.c.id, "ids"),
            may_see_record(kind, viewer),  # type: ignore[arg-type]  # one of the three
        )
        titles.update({(kind, row.id): row.title for row in work.rows(query, {"ids": sorted(ids)})})
    return tuple(
        replace(one, title=titles.get((one.definition.type, one.value), "")) if isinstance(one.value, int) else one
        for one in fields
    )
