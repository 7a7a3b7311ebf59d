"""Put records away, and take them out again.

What is archived is off boards, lists, counts and search; commands answer about it as if it were not there, and only its own card
shows it.  Its open tasks are put aside with it.  Come here by ``funnels.archiving``, which sees to its runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, select, update

from crm.access.actor import Actor
from crm.deals.totals import totals
from crm.directory import directory
from crm.journal import Cause, cause_of, journal
from crm.records.visible import no_record, not_yours, only_seen
from crm.tables.records import company, contact, deal, lead, task
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l

ArchivedKind = Literal["lead", "contact", "company", "deal"]
Put = tuple[ArchivedKind, int]
"""A record to put away or to take out: its kind and id."""

RIGHTS: Final[Mapping[ArchivedKind, str]] = {
    "lead": "leads.edit",
    "contact": "leads.edit",
    "company": "leads.edit",
    "deal": "deals.edit",
}
TABLES: Final[Mapping[ArchivedKind, Any]] = {"lead": lead, "contact": contact, "company": company, "deal": deal}
_OPEN, _ASIDE = 0, 3
_MERGED: Final = _l("it was merged with another, which has everything that was its own")


def archive_records(work: Work, items: Sequence[Put], *, by: Actor, cause: Cause | None = None) -> list[Result]:
    """Put records away; one answer each, in order: ``done``, ``unchanged`` (it is there already), ``no_record``, ``not_yours``.

    Three statements for each kind of record, one more where the actor is held to what he sees.
    """
    return _change(work, items, by=by, cause=cause, to_archive=True)


def restore_records(work: Work, items: Sequence[Put], *, by: Actor, cause: Cause | None = None) -> list[Result]:
    """Take records out of the archive; answers and cost as of ``archive_records``, and ``merged``.

    A deal comes back to the stage it was on; what was merged with another stays where it is.
    """
    return _change(work, items, by=by, cause=cause, to_archive=False)


def _change(work: Work, items: Sequence[Put], *, by: Actor, cause: Cause | None, to_archive: bool) -> list[Result]:
    for kind in {kind for kind, _ in items}:
        by.require(RIGHTS[kind])
    found = {kind: _locked(work, kind, items, by) for kind in TABLES}
    cause = cause or cause_of(by)
    verb = "archived" if to_archive else "restored"
    answers: list[Result] = []
    changed: dict[ArchivedKind, list[int]] = {kind: [] for kind in TABLES}
    for kind, record_id in items:
        row = found[kind].get(record_id)
        if row is None:
            answers.append(no_record(kind, record_id))
            continue
        if not changes(by, kind, row["owner_id"]):
            answers.append(not_yours(record_id))
            continue
        if (row["archived_at"] is not None) is to_archive:
            answers.append(Result("unchanged", (record_id,)))
            continue
        if row["merged_into_id"] is not None:
            answers.append(Result("merged", (row["merged_into_id"],), detail=_MERGED))
            continue
        row["archived_at"] = work.now if to_archive else None
        row["version"] += 1
        changed[kind].append(record_id)
        answers.append(Result(DONE, (record_id,)))
        data, plan = {}, ""
        if kind == "deal":
            plan = directory(work).plans[row["plan_id"]].key
            data = {"plan": plan}
            place = row["plan_id"], row["stage_id"], row["owner_id"], row["currency"], row["amount"]
            totals(work).add(*place, deals=-1 if to_archive else 1)
        journal(work).add(f"{kind}.{verb}", row.get("person_id", 0), record_id, data, cause, plan=plan)
    for kind, ids in changed.items():
        rows = [(id_, found[kind][id_]["archived_at"], found[kind][id_]["version"]) for id_ in ids]
        work.update(TABLES[kind], ("id",), ("archived_at", "version"), rows)
        if ids and kind in ("deal", "lead"):
            _put_tasks(work, kind, ids, to_archive=to_archive)
    return answers


def changes(by: Actor, kind: ArchivedKind, owner_id: int | None) -> bool:
    """True where a record of this owner is within the actor's reach; contacts and companies are whoever's sees them."""
    if kind == "deal":
        return by.may_change("deals.edit", owner_id)
    return kind != "lead" or by.may_change("leads.edit", owner_id)


def _locked(work: Work, kind: ArchivedKind, items: Sequence[Put], by: Actor) -> dict[int, dict[str, Any]]:
    wanted = sorted({record_id for one, record_id in items if one == kind})
    if not wanted:
        return {}
    table = TABLES[kind]
    names = (
        "id",
        "archived_at",
        "merged_into_id",
        "version",
        "owner_id",
        *(("person_id",) if kind != "company" else ()),
    )
    if kind == "deal":
        names = (*names, "plan_id", "stage_id", "currency", "amount")
    query: Select[Any] = select(*(table.c[name] for name in names)).where(in_set(table.c.id, "records"))
    query = only_seen(query, kind, by, archived=True).order_by(table.c.id).with_for_update()
    return {row.id: dict(row._mapping) for row in work.rows(query, {"records": wanted})}


def _put_tasks(work: Work, kind: ArchivedKind, ids: Sequence[int], *, to_archive: bool) -> None:
    """Put the open tasks of records aside, or open them again.  One statement."""
    of_record: ColumnElement[bool] = in_set(task.c.deal_id, "records")
    if kind == "lead":
        of_record = and_(in_set(task.c.lead_id, "records"), task.c.deal_id.is_(None))
    before, after = (_OPEN, _ASIDE) if to_archive else (_ASIDE, _OPEN)
    statement = update(task).where(of_record, task.c.status == before)
    work.execute(statement.values(status=after, version=task.c.version + 1), {"records": list(ids)})
