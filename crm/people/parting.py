"""Take merges back: what they touched, how it is kept, and the way back.  Come here by ``funnels.parting``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, false, or_, select

from crm.access.actor import Actor
from crm.deals.totals import totals
from crm.directory import directory
from crm.fields.changes import TABLES
from crm.journal import cause_of, journal
from crm.people.images import Change, Images, Watched, changes_kept, kept
from crm.people.twins import TwinKind
from crm.records.archiving import RIGHTS, changes
from crm.records.visible import only_seen
from crm.tables.accounts import notification
from crm.tables.journal import event
from crm.tables.merging import merging
from crm.tables.records import (
    comment,
    company,
    contact,
    deal,
    deal_product,
    field_value,
    lead,
    person,
    person_identity,
    record_tag,
    task,
)
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES
from engine.request import Result
from engine.text import _l

Touched = dict[str, list[int]]
"""The persons and the records of each kind that a merge is about, under the names of the parameters that ``reach`` has."""
_KINDS: Final[tuple[TwinKind, ...]] = ("lead", "contact", "company", "deal")
_COMPANY_EVENTS: Final = [kind.code for kind in EVENT_KINDS.values() if kind.subject == "company"]


@dataclass(frozen=True, slots=True)
class Call:
    """Records that were merged together: the pairs (kind, survivor, gone), when, what it touched and what it changed."""

    id: int
    pairs: tuple[tuple[TwinKind, int, int], ...]
    merged_at: datetime
    undone_at: datetime | None
    touched: Touched
    plain: Mapping[str, Any]

    def changes(self, tables: Mapping[str, Table]) -> dict[str, list[Change]]:
        """Return what was changed, by the name of the table."""
        return changes_kept(self.plain, tables)


def touched_by(pairs: Sequence[tuple[TwinKind, int, int]], persons: Sequence[int]) -> Touched:
    """Return what merges are about; the pairs are of a survivor and the one that goes."""
    found: Touched = {"persons": sorted(set(persons)), **{kind: [] for kind in _KINDS}}
    for kind, survivor, gone in pairs:
        found[kind] += [survivor, gone]
    return found


def reach(work: Work) -> list[Watched]:
    """Return the rows of people and their records that merges may touch; ``touched_by`` has the parameters."""
    mine = {kind: _named_by(work, kind) for kind in _KINDS}
    of_person = {table.name: in_set(table.c.person_id, "persons") for table in (lead, contact, deal, task, comment)}
    return [
        Watched(person, or_(in_set(person.c.id, "persons"), in_set(person.c.merged_into_id, "persons"))),
        Watched(person_identity, in_set(person_identity.c.person_id, "persons")),
        Watched(lead, or_(of_person["lead"], _linked(lead), mine["lead"])),
        Watched(contact, or_(of_person["contact"], _linked(contact), mine["contact"])),
        Watched(company, or_(_linked(company), mine["company"])),
        Watched(deal, or_(of_person["deal"], _linked(deal), mine["deal"])),
        Watched(task, or_(of_person["task"], _linked(task))),
        Watched(comment, or_(of_person["comment"], _of_kinds(comment))),
        Watched(record_tag, _of_kinds(record_tag)),
        Watched(field_value, _values(work)),
        Watched(deal_product, in_set(deal_product.c.deal_id, "deal")),
        Watched(notification, _linked(notification)),
    ]


def _linked(table: Table) -> ColumnElement[bool]:
    """Return that a row is one of the records, or is linked to one."""
    names = {f"{kind}_id": kind for kind in _KINDS} | ({"id": table.name} if table.name in _KINDS else {})
    return or_(false(), *(in_set(table.c[name], kind) for name, kind in names.items() if name in table.c))


def _of_kinds(table: Table) -> ColumnElement[bool]:
    return or_(*(and_(table.c.record_kind == SUBJECT_CODES[kind], in_set(table.c.record_id, kind)) for kind in _KINDS))


def _fields(work: Work) -> list[Any]:
    return list(directory(work).fields.values())


def _named_by(work: Work, kind: TwinKind) -> ColumnElement[bool]:
    """Return that a custom field of a record of a kind names one of the records."""
    parts = []
    for other in _KINDS:
        ids = [one.id for one in _fields(work) if one.record_kind == kind and one.type == other]
        if ids:
            naming = and_(field_value.c.field_id.in_(ids), in_set(field_value.c.reference, other))
            parts.append(TABLES[kind].c.id.in_(select(field_value.c.record_id).where(naming)))
    return or_(false(), *parts)


def _values(work: Work) -> ColumnElement[bool]:
    parts = []
    for kind in _KINDS:
        own = [one.id for one in _fields(work) if one.record_kind == kind]
        naming = [one.id for one in _fields(work) if one.type == kind]
        if own:
            parts.append(and_(field_value.c.field_id.in_(own), in_set(field_value.c.record_id, kind)))
        if naming:
            parts.append(and_(field_value.c.field_id.in_(naming), in_set(field_value.c.reference, kind)))
    return or_(false(), *parts)


def keep_merges(
    work: Work,
    pairs: Sequence[tuple[TwinKind, int, int]],
    touched: Touched,
    changed: Mapping[str, Sequence[Change]],
) -> int:
    """Keep what merges changed, so that they can be taken back together; returns the id to do so by."""
    ids = work.ids("merging", len(pairs))
    columns = ("id", "call_id", "kind", "survivor_id", "gone_id", "kept", "merged_at")
    whole = dumps({"touched": touched, "changes": kept(changed)})
    rows = [
        (id_, ids[0], *pair, whole if id_ == ids[0] else None, work.stored(work.now))
        for id_, pair in zip(ids, pairs, strict=True)
    ]
    work.insert(merging, columns, rows)
    return ids[0]


def merging_of(work: Work, kind: TwinKind, gone_id: int) -> int | None:
    """Return the id of the merge by which a record went, while it can be asked to be taken back.  One query."""
    gone = (merging.c.kind == kind, merging.c.gone_id == gone_id, merging.c.undone_at.is_(None))
    found: int | None = work.scalar(select(merging.c.call_id).where(*gone).order_by(merging.c.id.desc()).limit(1))
    return found


def calls_of(work: Work, ids: Sequence[int]) -> dict[int, Call]:
    """Lock and return merges by their ids.  One query."""
    query = select(merging).where(in_set(merging.c.call_id, "ids")).order_by(merging.c.id).with_for_update()
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in work.rows(query, {"ids": list(ids)}):
        rows[row.call_id].append(row)
    return {
        id_: Call(
            id_,
            tuple((row.kind, row.survivor_id, row.gone_id) for row in several),
            several[0].merged_at,
            several[0].undone_at,
            several[0].kept["touched"],
            several[0].kept["changes"],
        )
        for id_, several in rows.items()
    }


def refusals(work: Work, calls: Sequence[Call], by: Actor) -> dict[int, Result]:
    """Return why merges cannot be taken back, by id: who asks may not, or something happened since.

    A query for each kind of record, and two.
    """
    for kind in {pair[0] for call in calls for pair in call.pairs}:
        by.require(RIGHTS[kind])
    owners = _owners(work, calls, by)
    persons, firms = _since(work, calls)
    found: dict[int, Result] = {}
    for call in calls:
        records = [(kind, id_) for kind, *ids in call.pairs for id_ in ids]
        latest = [persons.get(one) for one in call.touched["persons"]] + [
            firms.get(one) for one in call.touched["company"]
        ]
        if any(record not in owners for record in records):
            found[call.id] = Result("no_record", (call.id,), detail=_l("there is no such merge"))
        elif any(not changes(by, kind, owners[kind, id_]) for kind, id_ in records):
            found[call.id] = Result("not_yours", (call.id,), detail=_NOT_YOURS)
        elif call.undone_at is not None:
            found[call.id] = Result("undone", (call.id,), detail=_l("this merge was taken back already"))
        elif any(one is not None and one > call.merged_at for one in latest):
            found[call.id] = changed_since(call)
    return found


_NOT_YOURS: Final = _l("one of them belongs to somebody else, whose records your role does not let you change")


def changed_since(call: Call) -> Result:
    """Return the answer about a merge after which something happened."""
    return Result(
        "changed",
        (call.id,),
        detail=_l("something has changed since they were merged, so it cannot be taken back: make a new one by hand"),
    )


def _owners(work: Work, calls: Sequence[Call], by: Actor) -> dict[tuple[TwinKind, int], int | None]:
    """Lock the records; return their owners, as far as the actor sees them."""
    found: dict[tuple[TwinKind, int], int | None] = {}
    for kind in _KINDS:
        ids = sorted({id_ for call in calls for one, *pair in call.pairs if one == kind for id_ in pair})
        if ids:
            table = TABLES[kind]
            query = select(table.c.id, table.c.owner_id).where(in_set(table.c.id, "ids"))
            query = only_seen(query, kind, by, archived=True).order_by(table.c.id).with_for_update()
            found.update({(kind, row.id): row.owner_id for row in work.rows(query, {"ids": ids})})
    return found


def _since(work: Work, calls: Sequence[Call]) -> tuple[dict[int, datetime], dict[int, datetime]]:
    """Return when something happened last to each person, and to each company."""
    first = min((call.merged_at for call in calls), default=None)
    if first is None:
        return {}, {}
    later = event.c.recorded_at > first
    persons: dict[int, datetime] = {}
    firms: dict[int, datetime] = {}
    for column, condition, name, latest in (
        (event.c.person_id, in_set(event.c.person_id, "persons"), "persons", persons),
        (
            event.c.subject_id,
            and_(event.c.person_id == 0, event.c.kind.in_(_COMPANY_EVENTS), in_set(event.c.subject_id, "company")),
            "company",
            firms,
        ),
    ):
        ids = sorted({id_ for call in calls for id_ in call.touched[name]})
        if ids:
            for whose, at in work.rows(select(column, event.c.recorded_at).where(later, condition), {name: ids}):
                latest[whose] = max(at, latest.get(whose, at))
    return persons, firms


def free_names(work: Work, several: Sequence[Change]) -> None:
    """Let companies have names that nobody else has, until each has its own again: names are unique."""
    rows = [
        (one.key[0], f"{one.after['name_fold']} ({one.key[0]})")
        for one in several
        if one.before is not None and one.after is not None and "name_fold" in one.after
    ]
    work.update(company, ("id",), ("name_fold",), rows)


def recount(work: Work, several: Sequence[Change], now: Images) -> None:
    """Count deals at the places that they had before; ``now`` is how they stand."""
    for one in several:
        if one.before is None or one.after is None:
            continue
        after = now["deal"][one.key]
        before = {**after, **one.before}
        for row, number in ((after, -1), (before, 1)):
            if row["archived_at"] is None:
                place = row["plan_id"], row["stage_id"], row["owner_id"], row["currency"], row["amount"]
                totals(work).add(*place, deals=number)


def note_parted(work: Work, call: Call, persons: Mapping[tuple[TwinKind, int], int], by: Actor) -> None:
    """Close a merge, and write down that the records are two again; ``persons`` are those of the records now."""
    work.update(merging, ("call_id",), ("undone_at",), [(call.id, work.stored(work.now))])
    cause = cause_of(by)
    for kind, survivor, gone in call.pairs:
        for own, other in ((survivor, gone), (gone, survivor)):
            journal(work).add(f"{kind}.parted", persons.get((kind, own), 0), own, {"from": other}, cause)
    for person_id in call.touched["persons"] if "person" in call.plain else ():
        journal(work).add("person.parted", person_id, person_id, {}, cause)
