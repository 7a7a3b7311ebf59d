"""Which records of each kind somebody may see, and so touch: for who may not see a record there is nothing there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select, true, union_all

from crm.access.actor import Actor, Viewer
from crm.deals.visible import may_see
from crm.leads.visible import may_see_lead
from crm.nouns import noun
from crm.tables.records import company, contact, deal, lead, person, task
from db.sets import in_set
from db.work import Work
from engine.event import SubjectKind
from engine.request import Result
from engine.text import _l

Record = tuple[SubjectKind, int]
"""A kind of record, and an id."""
ChangedKind = Literal["deal", "lead"]
REACHING: Final[Mapping[ChangedKind, Literal["deals.edit", "leads.edit"]]] = {
    "deal": "deals.edit",
    "lead": "leads.edit",
}
"""The right to change records of a kind that have an owner."""


def may_see_person(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``person`` for a query: of a deal or a lead that he may see."""
    return true() if viewer.owner_ids is None else _has_seen(person.c.id, viewer)


def may_see_contact(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``contact`` for a query: his, of a deal that he may see, or of a person whom he may see."""
    if viewer.owner_ids is None:
        return true()
    named = select(deal.c.contact_id).where(may_see(viewer), deal.c.contact_id.is_not(None))
    own = contact.c.owner_id.in_(sorted(viewer.owner_ids))
    return or_(own, _has_seen(contact.c.person_id, viewer), contact.c.id.in_(named))


def _has_seen(person_id: ColumnElement[int], viewer: Viewer) -> ColumnElement[bool]:
    return or_(
        exists().where(deal.c.person_id == person_id, may_see(viewer)),
        exists().where(lead.c.person_id == person_id, may_see_lead(viewer)),
    )


def may_see_company(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``company`` for a query: his, or of a deal or a lead that he may see."""
    if viewer.owner_ids is None:
        return true()
    return or_(
        company.c.owner_id.in_(sorted(viewer.owner_ids)),
        *(
            company.c.id.in_(select(table.c.company_id).where(condition, table.c.company_id.is_not(None)))
            for table, condition in ((deal, may_see(viewer)), (lead, may_see_lead(viewer)))
        ),
    )


def may_see_task(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``task`` for a query: of somebody he may see, or on a deal or a lead that he may see."""
    if viewer.owner_ids is None:
        return true()
    return or_(
        task.c.responsible_id.in_(sorted(viewer.owner_ids)),
        exists().where(deal.c.id == task.c.deal_id, may_see(viewer)),
        exists().where(lead.c.id == task.c.lead_id, task.c.deal_id.is_(None), may_see_lead(viewer)),
    )


_KINDS: Final[Mapping[SubjectKind, tuple[Any, Callable[[Viewer], ColumnElement[bool]]]]] = {
    "person": (person, may_see_person),
    "lead": (lead, may_see_lead),
    "deal": (deal, may_see),
    "contact": (contact, may_see_contact),
    "company": (company, may_see_company),
    "task": (task, may_see_task),
}


def may_see_record(kind: SubjectKind, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on the table of a kind of record for a query."""
    return _KINDS[kind][1](viewer)


def is_current(kind: SubjectKind) -> ColumnElement[bool]:
    """Return the condition on the table of a kind of record that it is not in the archive."""
    table = _KINDS[kind][0]
    return table.c.archived_at.is_(None) if "archived_at" in table.c else true()


def is_put_away(kind: ChangedKind) -> ColumnElement[bool]:
    """Return the condition on ``deal`` or ``lead`` that it is in the archive and can come back: not merged with another."""
    table = _KINDS[kind][0]
    return and_(table.c.archived_at.is_not(None), table.c.merged_into_id.is_(None))


def only_seen(query: Select[Any], kind: SubjectKind, by: Actor, *, archived: bool = False) -> Select[Any]:
    """Return a query of a kind of record without those that the actor may not see.

    What is in the archive is not there for anybody who does not ask for the ``archived`` too.
    """
    if not archived:
        query = query.where(is_current(kind))
    return query if by.sees is None else query.where(may_see_record(kind, by.sees))


def unseen(work: Work, records: Iterable[Record], by: Actor) -> frozenset[Record]:
    """Return those of the records that are not there for an actor.  One query; none where he is not held to what he sees."""
    if by.sees is None:
        return frozenset()
    wanted: dict[SubjectKind, set[int]] = defaultdict(set)
    for kind, record_id in records:
        wanted[kind].add(record_id)
    if not wanted:
        return frozenset()
    queries = []
    for kind in wanted:
        table, condition = _KINDS[kind]
        queries.append(
            select(literal(kind).label("kind"), table.c.id).where(
                in_set(table.c.id, kind), is_current(kind), condition(by.sees)
            )
        )
    rows = work.rows(union_all(*queries), {kind: sorted(ids) for kind, ids in wanted.items()})
    there = {(row.kind, row.id) for row in rows}
    return frozenset((kind, id_) for kind, ids in wanted.items() for id_ in ids if (kind, id_) not in there)


def out_of_reach(work: Work, records: Iterable[Record], by: Actor) -> frozenset[Record]:
    """Return those of the deals and leads that an actor sees and may not change, as they belong to others.

    A query per kind of record; none for who may change all that he sees.
    """
    wanted: dict[ChangedKind, set[int]] = defaultdict(set)
    for kind, record_id in records:
        if (kind == "deal" or kind == "lead") and not _changes_all_he_sees(kind, by):
            wanted[kind].add(record_id)
    found: set[Record] = set()
    for changed, ids in wanted.items():
        table = _KINDS[changed][0]
        reach = sorted(by.reach(REACHING[changed]) or ())
        query = select(table.c.id).where(in_set(table.c.id, "ids"), table.c.owner_id.not_in(reach))
        found.update((changed, row.id) for row in work.rows(query, {"ids": sorted(ids)}))
    return frozenset(found)


def may_change(kind: ChangedKind, by: Actor) -> ColumnElement[bool]:
    """Return the condition on ``deal`` or ``lead`` for a query: of an owner within the actor's reach, or of nobody."""
    reach, table = by.reach(REACHING[kind]), _KINDS[kind][0]
    if reach is None:
        return true()
    return or_(table.c.owner_id.is_(None), table.c.owner_id.in_(sorted(reach)))


def _changes_all_he_sees(kind: ChangedKind, by: Actor) -> bool:
    reach = by.reach(REACHING[kind])
    return reach is None or (by.sees is not None and by.sees.owner_ids is not None and by.sees.owner_ids <= reach)


def not_yours(record_id: int) -> Result:
    """Return the answer about a record that the actor sees, and may not change."""
    return Result("not_yours", (record_id,), detail=_NOT_YOURS)


_NOT_YOURS: Final = _l("it belongs to somebody else, whose records your role does not let you change")


def no_record(kind: SubjectKind, record_id: int) -> Result:
    """Return the answer about a record that is not there, or that the actor may not see."""
    return Result("no_record", detail=_l("there is no {kind} {record}", kind=noun(kind), record=record_id))
