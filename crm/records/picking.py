"""Records to choose from while somebody types: for fields that name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from sqlalchemy import and_, select

from crm.access.actor import Viewer
from crm.finding.text import folded
from crm.records.visible import may_see_record
from crm.tables.records import company, contact, deal
from db.work import Work

MOST: Final = 12
_TITLES: Final[Mapping[str, tuple[Any, Any, Any]]] = {
    "deal": (deal, deal.c.title, deal.c.title_fold),
    "contact": (contact, contact.c.name, contact.c.name_fold),
    "company": (company, company.c.name, company.c.name_fold),
}


def pick(
    work: Work, kind: Literal["deal", "contact", "company"], text: str, *, viewer: Viewer
) -> tuple[tuple[int, str], ...]:
    """Return the newest records whose title has every word, as number and title; the very one where its number was typed."""
    table, title, fold = _TITLES[kind]
    query = select(table.c.id, title.label("title")).where(table.c.archived_at.is_(None), may_see_record(kind, viewer))
    number = text.partition("·")[0].strip(" №#")
    if number.isdigit():
        query = query.where(table.c.id == min(int(number), 2**62))
    else:
        query = query.where(and_(*(fold.contains(word, autoescape=True) for word in folded(text)[:200].split()[:5])))
    rows = work.rows(query.order_by(table.c.id.desc()).limit(MOST))
    return tuple((row.id, " ".join(row.title.split())) for row in rows)
