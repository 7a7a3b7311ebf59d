"""Whom runs are about: the lead, deal or person behind each, by name where the viewer may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.tables.records import contact, deal, lead
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES, SUBJECT_KINDS, SubjectKind

_LEAD, _DEAL = SUBJECT_CODES["lead"], SUBJECT_CODES["deal"]


@dataclass(frozen=True, slots=True)
class Whom:
    """A record that a run is about.  ``title`` is empty where the viewer may not see it, or nobody gave it one."""

    kind: SubjectKind
    id: int
    title: str


Place = tuple[int, int, int]
"""The code of the kind of record, its id, and its person's id."""


def whom(work: Work, places: Iterable[Place], *, viewer: Viewer) -> Mapping[Place, Whom]:
    """Return whom each place names.  Three queries at most, whatever the number."""
    wanted = set(places)
    titles: dict[tuple[int, int], str] = {}
    deals = [record_id for kind, record_id, _ in wanted if kind == _DEAL]
    if deals:
        query = select(deal.c.id, deal.c.title).where(in_set(deal.c.id, "ids"), may_see(viewer))
        titles |= {(_DEAL, row.id): row.title for row in work.rows(query, {"ids": deals})}
    leads = [record_id for kind, record_id, _ in wanted if kind == _LEAD]
    if leads:
        query = select(lead.c.id, func.coalesce(lead.c.name, lead.c.title).label("title"))
        if viewer.owner_ids is not None:
            query = query.where(lead.c.owner_id.in_(sorted(viewer.owner_ids)))
        titles |= {
            (_LEAD, row.id): row.title for row in work.rows(query.where(in_set(lead.c.id, "ids")), {"ids": leads})
        }
    persons = [person_id for kind, _, person_id in wanted if kind not in (_DEAL, _LEAD)]
    names: dict[int, str] = {}
    if persons and viewer.owner_ids is None:
        query = select(contact.c.person_id, func.min(contact.c.name).label("name")).group_by(contact.c.person_id)
        rows = work.rows(query.where(in_set(contact.c.person_id, "ids")), {"ids": persons})
        names = {row.person_id: row.name for row in rows}
    return {
        (kind, record_id, person_id): Whom(
            SUBJECT_KINDS[kind], record_id, titles.get((kind, record_id)) or names.get(person_id, "")
        )
        for kind, record_id, person_id in wanted
    }
