"""Put records away together with their runs: robots leave alone what is archived.

A run that is with an archived deal or lead is held: it keeps its place, and neither its moment nor an event moves it.  When its
records are back it goes on; what has become due meanwhile is done then, what happened meanwhile it has not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import func, literal, null, select, update

from crm.access.actor import Actor, Viewer
from crm.deals.visible import may_see
from crm.directory import directory
from crm.errors import NotFoundError
from crm.records.archiving import ArchivedKind, Put, archive_records, restore_records
from crm.records.visible import may_change, only_seen
from crm.tables.records import deal, lead
from db.sets import in_set
from db.types import Utc
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import DONE, Result
from funnels.lanes import lock_lanes
from funnels.tables import HELD, run, token

_WAITING = 1
_RUN_KINDS: Final[dict[ArchivedKind, Any]] = {"deal": deal, "lead": lead}


def archive(work: Work, items: Sequence[Put], *, by: Actor) -> list[Result]:
    """Put records away and hold their runs; one answer each: ``done``, ``unchanged``, ``no_record``.

    The number of statements does not grow with the number of records.
    """
    persons = _lock_persons(work, items)
    answers = archive_records(work, items, by=by)
    gone = {item for item, answer in zip(items, answers, strict=True) if answer.code == DONE}
    if gone and persons:
        _hold(work, [row.id for row in _runs(work, persons, _WAITING) if gone & set(_records(row))])
    return answers


def restore(work: Work, items: Sequence[Put], *, by: Actor) -> list[Result]:
    """Take records out of the archive, and let those of their runs go on whose records are all back; answers as ``archive``."""
    persons = _lock_persons(work, items)
    answers = restore_records(work, items, by=by)
    back = {item for item, answer in zip(items, answers, strict=True) if answer.code == DONE}
    if back and persons:
        runs = [(row.id, _records(row)) for row in _runs(work, persons, HELD)]
        away = _archived(work, {one for _, records in runs for one in records})
        _release(work, [run_id for run_id, records in runs if away.isdisjoint(records)])
    return answers


def archive_stage(work: Work, plan: str, stage: str, *, by: Actor) -> list[Result]:
    """Put all deals of a stage away that the actor may change; one answer for each.

    Raises:
        NotFoundError: there is no such plan or stage.
    """
    by.require_all(frozenset({"deals.edit", "deals.mass_edit"}))
    return archive(work, _deals_on(work, plan, stage, by, archived=False), by=by)


def restore_stage(work: Work, plan: str, stage: str, *, by: Actor) -> list[Result]:
    """Take all archived deals of a stage out that the actor may change; one answer for each.

    Raises:
        NotFoundError: there is no such plan or stage.
    """
    by.require_all(frozenset({"deals.edit", "deals.mass_edit"}))
    return restore(work, _deals_on(work, plan, stage, by, archived=True), by=by)


def archived_on(work: Work, plan: str, *, viewer: Viewer) -> dict[str, int]:
    """Return how many archived deals of each stage the viewer may see, by the stage's key, where there are any.  One query.

    Raises:
        NotFoundError: there is no such plan.
    """
    keys = {one.id: one.key for one in directory(work).plan(plan).stages}
    away = in_set(deal.c.stage_id, "stages"), deal.c.archived_at.is_not(None), deal.c.merged_into_id.is_(None)
    query = select(deal.c.stage_id, func.count()).where(*away, may_see(viewer)).group_by(deal.c.stage_id)
    return {keys[stage_id]: number for stage_id, number in work.tuples(query, {"stages": list(keys)})}


def _deals_on(work: Work, plan: str, key: str, by: Actor, *, archived: bool) -> list[Put]:
    """Return the deals of a stage that the actor may change, those in the archive or all others, by id.  One query."""
    stage = directory(work).plan(plan).by_key.get(key)
    if stage is None:
        raise NotFoundError("stage", key)
    own = deal.c.archived_at.is_not(None) if archived else deal.c.archived_at.is_(None)
    mine = select(deal.c.id).where(deal.c.stage_id == stage.id, own, may_change("deal", by))
    query = only_seen(mine, "deal", by, archived=True)
    return [("deal", row.id) for row in work.rows(query.order_by(deal.c.id))]


def _lock_persons(work: Work, items: Sequence[Put]) -> list[int]:
    """Return the persons of deals and leads, their lanes locked: no worker does anything with them until the end of this."""
    found: set[int] = set()
    for kind, table in _RUN_KINDS.items():
        ids = sorted({record_id for one, record_id in items if one == kind})
        if ids:
            query = select(table.c.person_id).where(in_set(table.c.id, "ids")).distinct()
            found.update(row.person_id for row in work.rows(query, {"ids": ids}))
    lock_lanes(work, found)
    return sorted(found)


def _runs(work: Work, persons: Sequence[int], status: int) -> Sequence[Any]:
    columns = (run.c.id, run.c.subject_kind, run.c.subject_id, run.c.state)
    query = select(*columns).where(in_set(run.c.person_id, "persons"), run.c.status == status)
    return work.rows(query.order_by(run.c.id).with_for_update(), {"persons": list(persons)})


def _records(row: Any) -> list[Put]:
    """Return the deal or lead that a run is the walk of, and the deal it is with."""
    found: list[Put] = []
    if row.subject_kind == SUBJECT_CODES["deal"]:
        found.append(("deal", row.subject_id))
    elif row.subject_kind == SUBJECT_CODES["lead"]:
        found.append(("lead", row.subject_id))
    with_deal = json.loads(row.state or "{}").get("deal")
    if isinstance(with_deal, int):
        found.append(("deal", with_deal))
    return found


def _archived(work: Work, records: Iterable[Put]) -> set[Put]:
    """Return those of the records that are in the archive.  At most two queries."""
    records = set(records)
    found: set[Put] = set()
    for kind, table in _RUN_KINDS.items():
        ids = sorted(record_id for one, record_id in records if one == kind)
        if ids:
            query = select(table.c.id).where(in_set(table.c.id, "ids"), table.c.archived_at.is_not(None))
            found.update((kind, row.id) for row in work.rows(query, {"ids": ids}))
    return found


def _hold(work: Work, run_ids: list[int]) -> None:
    """Put runs aside, with the moments of their waits.  Two statements where there are some."""
    if not run_ids:
        return
    work.update(run, ("id",), ("status",), [(run_id, HELD) for run_id in run_ids])
    moments = update(token).where(in_set(token.c.run_id, "runs"), token.c.due_at.is_not(None))
    work.execute(moments.values(held_due_at=token.c.due_at, due_at=null()), {"runs": run_ids})


def _release(work: Work, run_ids: list[int]) -> None:
    """Let runs wait again as they did.  Two statements where there are some."""
    if not run_ids:
        return
    work.update(run, ("id",), ("status",), [(run_id, _WAITING) for run_id in run_ids])
    moments = update(token).where(in_set(token.c.run_id, "runs"), token.c.held_due_at.is_not(None))
    work.execute(moments.values(due_at=token.c.held_due_at, held_due_at=literal(None, Utc())), {"runs": run_ids})
    work.after_commit(work.database.poke)
