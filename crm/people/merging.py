"""Merge records that are the same: one survives with what was chosen of both, and all that hangs on the other goes over to it.

The other one stays in the archive and says where it went.  Come here by ``funnels.merging``, which sees to runs and to the order
of what happens to a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Select, and_, case, select, update

from crm.access.actor import Actor
from crm.directory import directory
from crm.errors import InvalidError
from crm.fields.changes import TABLES, FieldChange, set_fields
from crm.fields.columns import COLUMNS
from crm.journal import cause_of, journal
from crm.people.twins import TwinKind
from crm.records.archiving import RIGHTS, archive_records, changes
from crm.records.visible import no_record, not_yours, only_seen
from crm.tables.accounts import notification
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
from engine.event import SUBJECT_CODES
from engine.request import DONE, Result
from engine.text import _l


@dataclass(frozen=True, slots=True)
class Merge:
    """Two records of a kind, and which fields (``name``, ``field.size``) the survivor takes from the other.

    What is empty in the survivor is taken in any case.  The versions refuse what was decided on an old view.
    """

    kind: TwinKind
    survivor_id: int
    gone_id: int
    take: frozenset[str] = frozenset()
    versions: tuple[int, int] | None = None


@dataclass(slots=True)
class _Pair:
    item: Merge
    survivor: Mapping[str, Any]
    gone: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """What was merged: one answer for each item, the pairs of records and of persons (the gone first) that became one."""

    answers: list[Result]
    records: dict[tuple[TwinKind, int], int]
    persons: dict[int, int]


def persons_of_merges(work: Work, items: Sequence[Merge]) -> list[int]:
    """Return the persons behind the records.  A query for each kind of record that has a person."""
    found: set[int] = set()
    for kind in sorted({item.kind for item in items} - {"company"}):
        table = TABLES[kind]
        ids = [one for item in items if item.kind == kind for one in (item.survivor_id, item.gone_id)]
        rows = work.rows(select(table.c.person_id).where(in_set(table.c.id, "ids")), {"ids": ids})
        found.update(row.person_id for row in rows)
    return sorted(found)


def merge_rows(work: Work, items: Sequence[Merge], *, by: Actor) -> Merged:
    """Merge records; one answer each: see ``funnels.merging.merge``.

    Deals, leads, tasks, comments, tags, phones and e-mails follow, and fields that name the other name the survivor.  A fixed
    number of statements for each kind of record; a record and a person may be in one merge of a call.

    Raises:
        InvalidError: a value does not fit the survivor; the caller gives the transaction up.
    """
    for kind in {item.kind for item in items}:
        by.require(RIGHTS[kind])
    rows = _locked(work, items, by)
    answers: list[Result | None] = []
    pairs: list[_Pair] = []
    used: set[tuple[str, int]] = set()
    for item in items:
        refusal = _refusal(item, rows, used, by)
        answers.append(refusal)
        if refusal is None:
            pairs.append(_Pair(item, rows[item.kind, item.survivor_id], rows[item.kind, item.gone_id]))
    persons = {
        pair.gone["person_id"]: pair.survivor["person_id"]
        for pair in pairs
        if pair.item.kind != "company" and pair.gone["person_id"] != pair.survivor["person_id"]
    }
    merge_persons(work, persons, by=by)
    for kind in sorted({pair.item.kind for pair in pairs}):
        _carry_over(work, kind, {p.item.gone_id: p.item.survivor_id for p in pairs if p.item.kind == kind})
    filled = iter(_fill(work, pairs, by))
    archive_records(work, [(pair.item.kind, pair.item.gone_id) for pair in pairs], by=replace(by, sees=None))
    for kind in sorted({pair.item.kind for pair in pairs}):
        went = [(p.item.gone_id, p.item.survivor_id) for p in pairs if p.item.kind == kind]
        work.update(TABLES[kind], ("id",), ("merged_into_id",), went)
    answered = [answer if answer is not None else next(filled) for answer in answers]
    records = {
        (pair.item.kind, pair.item.gone_id): pair.item.survivor_id
        for pair, answer in zip(pairs, [one for one in answered if one.code == DONE], strict=True)
    }
    return Merged(answered, records, persons)


def merge_persons(work: Work, into: Mapping[int, int], *, by: Actor) -> None:
    """Let persons become others: all their records, phones and e-mails are those of the survivor.  Eight statements.

    Runs, tokens and messages are ``funnels.merging``'s, and so is the lock of their lanes.
    """
    if not into:
        return
    for table in (lead, contact, deal, task, comment, person_identity):
        point(work, table.c.person_id, into)
    earlier = {row.id: row.merged_into_id for row in work.rows(_MERGED_BEFORE, {"persons": list(into)})}
    rows = [*into.items(), *((one, into[old]) for one, old in earlier.items())]
    work.update(person, ("id",), ("merged_into_id",), rows)
    for gone, survivor in into.items():
        journal(work).add("person.merged", survivor, survivor, {"from": gone}, cause_of(by))


_MERGED_BEFORE: Final = select(person.c.id, person.c.merged_into_id).where(in_set(person.c.merged_into_id, "persons"))


def point(work: Work, column: Any, into: Mapping[int, int]) -> None:
    """Let a column that names records name others.  One statement."""
    values = {column: case(dict(into), value=column, else_=column)}
    work.execute(update(column.table).where(in_set(column, "gone")).values(values), {"gone": list(into)})


def _locked(work: Work, items: Sequence[Merge], by: Actor) -> dict[tuple[str, int], Mapping[str, Any]]:
    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    for kind in sorted({item.kind for item in items}):
        table = TABLES[kind]
        ids = sorted({one for item in items if item.kind == kind for one in (item.survivor_id, item.gone_id)})
        query: Select[Any] = select(table).where(in_set(table.c.id, "ids"))
        query = only_seen(query, kind, by).order_by(table.c.id).with_for_update()
        found.update({(kind, row.id): dict(row._mapping) for row in work.rows(query, {"ids": ids})})
    return found


def _refusal(
    item: Merge, rows: Mapping[tuple[str, int], Mapping[str, Any]], used: set[tuple[str, int]], by: Actor
) -> Result | None:
    ids = (item.survivor_id, item.gone_id)
    if item.survivor_id == item.gone_id:
        return Result("same", ids[:1], detail=_l("these are not two records"))
    for one in ids:
        if (item.kind, one) not in rows:
            return no_record(item.kind, one)
        if not changes(by, item.kind, rows[item.kind, one]["owner_id"]):
            return not_yours(one)
    own = [rows[item.kind, one] for one in ids]
    if item.versions is not None and item.versions != tuple(row["version"] for row in own):
        return Result("stale", ids, detail=_l("one of them was changed meanwhile; look at them again"))
    places = {(item.kind, one) for one in ids} | {("person", row["person_id"]) for row in own if "person_id" in row}
    if used & places:
        return Result("twice", ids, detail=_l("a record is merged once at a time"))
    used |= places
    return None


def _carry_over(work: Work, kind: TwinKind, into: Mapping[int, int]) -> None:
    """Let what hangs on records hang on others: links, tasks, comments, tags, notes, fields that name them, lines of deals."""
    for column in _LINKS[kind]:
        point(work, column, into)
    code = SUBJECT_CODES[kind]
    of_kind = update(comment).where(comment.c.record_kind == code, in_set(comment.c.record_id, "gone"))
    moved = case(dict(into), value=comment.c.record_id, else_=comment.c.record_id)
    work.execute(of_kind.values(record_id=moved), {"gone": list(into)})
    tags = select(record_tag.c.record_id, record_tag.c.tag_id).where(
        record_tag.c.record_kind == code, in_set(record_tag.c.record_id, "records")
    )
    rows = [(row.record_id, row.tag_id) for row in work.rows(tags, {"records": [*into, *into.values()]})]
    there = {row for row in rows if row[0] not in into}
    new = {(into[record_id], tag_id) for record_id, tag_id in rows if record_id in into} - there
    work.insert(record_tag, ("record_kind", "record_id", "tag_id"), [(code, *row) for row in sorted(new)])
    if kind == "deal":
        sold = select(deal_product.c.deal_id).where(in_set(deal_product.c.deal_id, "deals")).distinct()
        full = {row.deal_id for row in work.rows(sold, {"deals": list(into.values())})}
        empty = {gone: survivor for gone, survivor in into.items() if survivor not in full}
        if empty:
            point(work, deal_product.c.deal_id, empty)
    _rename(work, kind, into)


_LINKS: Final[Mapping[TwinKind, tuple[Any, ...]]] = {
    "contact": (deal.c.contact_id, lead.c.contact_id),
    "company": (deal.c.company_id, lead.c.company_id, contact.c.company_id),
    "lead": (deal.c.lead_id, task.c.lead_id, notification.c.lead_id),
    "deal": (task.c.deal_id, notification.c.deal_id),
}


def _rename(work: Work, kind: TwinKind, into: Mapping[int, int]) -> None:
    """Let custom fields that name the gone name the survivors, and free what the gone had booked."""
    settings = directory(work)
    naming = {one.id: one for one in settings.fields.values() if one.type == kind}
    if naming:
        of_fields = and_(in_set(field_value.c.reference, "gone"), in_set(field_value.c.field_id, "fields"))
        where = {"gone": list(into), "fields": list(naming)}
        named = work.rows(select(field_value.c.field_id, field_value.c.record_id).where(of_fields), where)
        moved = case(dict(into), value=field_value.c.reference, else_=field_value.c.reference)
        work.execute(update(field_value).where(of_fields).values(reference=moved), where)
        for record in sorted({one.record_kind for one in naming.values()}):
            ids = {row.record_id for row in named if naming[row.field_id].record_kind == record}
            keys = [one.key for one in naming.values() if one.record_kind == record]
            _write_names(work, record, sorted(ids), keys, into)
    booking = [one.id for one in settings.fields.values() if one.type == "resource" and one.record_kind == kind]
    if booking:
        booked = and_(in_set(field_value.c.record_id, "gone"), in_set(field_value.c.field_id, "fields"))
        work.execute(field_value.delete().where(booked), {"gone": list(into), "fields": booking})


def _write_names(work: Work, kind: str, ids: Sequence[int], keys: Sequence[str], into: Mapping[int, int]) -> None:
    if not ids:
        return
    table = TABLES[kind]  # type: ignore[index]  # a kind of record that has fields
    rows = work.rows(select(table.c.id, table.c.fields).where(in_set(table.c.id, "ids")), {"ids": list(ids)})
    changed = [
        (row.id, dumps({key: into.get(value, value) if key in keys else value for key, value in row.fields.items()}))
        for row in rows
        if row.fields
    ]
    work.update(table, ("id",), ("fields",), changed)


def _fill(work: Work, pairs: Sequence[_Pair], by: Actor) -> list[Result]:
    """Give the survivors what was chosen, and what they lack; write the event of each merge."""
    named = [pair for pair in pairs if pair.item.kind == "company" and "name" in pair.item.take]
    work.update(
        company,
        ("id",),
        ("name_fold",),
        [(pair.item.gone_id, f"{pair.gone['name_fold']} ({pair.item.gone_id})") for pair in named],
    )
    changes = [FieldChange(pair.item.kind, pair.item.survivor_id, _taken(work, pair)) for pair in pairs]
    anybodys = replace(by, rights=by.rights | {"leads.edit", "deals.edit"}, sees=None)
    answers = []
    for pair, change, answer in zip(pairs, changes, set_fields(work, changes, by=anybodys), strict=True):
        kind, survivor, gone = pair.item.kind, pair.survivor, pair.gone
        title = gone["name"] if kind in ("contact", "company") else ""
        data = {"from": gone["id"], "fields": sorted(change.values), "title": title if kind == "company" else ""}
        plan = directory(work).plans[survivor["plan_id"]].key if kind == "deal" else ""
        person_id = survivor.get("person_id", 0)
        journal(work).add(f"{kind}.merged", person_id, survivor["id"], data, cause_of(by), plan=plan)
        if answer.code not in (DONE, "unchanged"):  # nothing is to be half-merged: the transaction is given up
            raise InvalidError(answer.detail)
        answers.append(Result(DONE, (survivor["id"],)))
    return answers


def _taken(work: Work, pair: _Pair) -> dict[str, object]:
    """Return the new values of the survivor, by path."""
    settings, kind = directory(work), pair.item.kind
    found: dict[str, object] = {}
    for key in COLUMNS[kind]:
        if key in ("currency", "status", "channel"):
            continue
        name = "owner_id" if key == "owner" else key
        old, new = pair.survivor[name], pair.gone[name]
        if not new or old == new or (old and key not in pair.item.take):
            continue
        if key == "owner":
            user = settings.users.get(new)
            if user is None or not user.is_active:
                continue
            new = user.login
        found[key] = new
    old_fields, new_fields = pair.survivor["fields"] or {}, pair.gone["fields"] or {}
    for key, value in new_fields.items():
        path = f"field.{key}"
        if old_fields.get(key) == value or (kind, key) not in settings.fields:
            continue
        if path in pair.item.take or key not in old_fields:
            found[path] = value
    return found
