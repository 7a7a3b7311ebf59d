"""Merge records together with their runs, in the order of what happens to a person.

The lanes of both persons are locked first, so that no worker is with either of them; then everything that was the one's is the
other's: events keep their numbers, and so their order, and all that waits stands in the survivor's lane.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import case, select, update

from crm.access.actor import SYSTEM, Actor
from crm.journal import LANES
from crm.people.merging import Merge, Merged, merge_rows, persons_of_merges, point
from crm.people.parting import touched_by
from crm.tables.journal import event, inbox
from crm.tables.records import deal
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import Result
from funnels.parting import keep, lock_persons, standing
from funnels.repair import end
from funnels.tables import outbox, refusal, run, subscription, token

_ENDED = 10


def merge(work: Work, items: Sequence[Merge], *, by: Actor) -> list[Result]:
    """Merge records; one answer each: ``done`` (ids: the survivor), ``no_record``, ``same``, ``twice``, ``stale``, ``invalid``.

    Runs follow: those of the record that goes are the survivor's, and end where it is in the same funnel already.  What was
    changed is kept, so that ``funnels.parting.part`` can take it back.  The number of statements does not grow with the number of
    items.
    """
    persons = persons_of_merges(work, items)
    lock_persons(work, persons)
    touched = touched_by([(item.kind, item.survivor_id, item.gone_id) for item in items], persons)
    before = standing(work, touched)
    merged = merge_rows(work, items, by=by)
    _follow_persons(work, merged.persons)
    _follow_records(work, merged)
    if merged.records:
        keep(work, [(kind, survivor, gone) for (kind, gone), survivor in merged.records.items()], touched, before)
        work.after_commit(work.database.poke)
    return merged.answers


def _follow_persons(work: Work, into: Mapping[int, int]) -> None:
    """Let what is under way for a person go on for the survivor, in the survivor's lane.  Nine statements."""
    if not into:
        return
    work.flush()
    for table in (event, run, subscription, refusal, token, outbox):
        point(work, table.c.person_id, into)
    lanes = {"persons": sorted(set(into.values()))}
    for table in (token, outbox):
        moved = update(table).where(in_set(table.c.person_id, "persons")).values(lane=table.c.person_id % LANES)
        work.execute(moved, lanes)
    for survivor_lane in sorted({survivor % LANES for survivor in into.values()}):
        own = [survivor for survivor in set(into.values()) if survivor % LANES == survivor_lane]
        events = select(event.c.id).where(in_set(event.c.person_id, "persons"))
        work.execute(
            update(inbox).where(inbox.c.event_id.in_(events)).values(lane=survivor_lane), {"persons": sorted(own)}
        )
    code = SUBJECT_CODES["person"]
    whose = case(dict(into), value=run.c.subject_id, else_=run.c.subject_id)
    of_persons = update(run).where(run.c.subject_kind == code, in_set(run.c.subject_id, "gone"))
    # A key of its own: the survivor may have a run of the funnel too.
    key = case((run.c.enrol_key.is_(None), None), else_=run.c.id)
    work.execute(of_persons.values(subject_id=whose, enrol_key=key), {"gone": list(into)})


def _follow_records(work: Work, merged: Merged) -> None:
    """Let the live runs of records that went be the survivors'; those of a funnel where the survivor is too end."""
    into = {record: survivor for record, survivor in merged.records.items() if record[0] in ("lead", "deal")}
    if not into:
        return
    codes = {SUBJECT_CODES[kind]: kind for kind, _ in into}
    ids = sorted({*(one for _, one in into), *into.values()})
    query = (
        select(run).where(in_set(run.c.subject_id, "ids"), run.c.status < _ENDED).order_by(run.c.id).with_for_update()
    )
    rows = [row for row in work.rows(query, {"ids": ids}) if row.subject_kind in codes]
    inside = {(row.funnel_id, row.subject_kind, row.subject_id) for row in rows}
    ended, moved = [], []
    for row in rows:
        survivor = into.get((codes[row.subject_kind], row.subject_id))
        if survivor is None:
            continue
        if (row.funnel_id, row.subject_kind, survivor) in inside:
            ended.append(row.id)
        else:
            inside.add((row.funnel_id, row.subject_kind, survivor))
            moved.append((row.id, survivor, row.id if row.enrol_key is not None else None))
    end(work, ended, by=SYSTEM)
    work.update(run, ("id",), ("subject_id", "enrol_key"), moved)
    _follow_deals(work, {one: survivor for (kind, one), survivor in into.items() if kind == "deal"})


def _follow_deals(work: Work, into: Mapping[int, int]) -> None:
    """Let runs of leads that are with a deal that went be with the survivor."""
    if not into:
        return
    persons = select(deal.c.person_id).where(in_set(deal.c.id, "deals"))
    query = select(run.c.id, run.c.state).where(run.c.person_id.in_(persons), run.c.status < _ENDED)
    changed: list[tuple[Any, ...]] = []
    for row in work.rows(query, {"deals": [*into, *into.values()]}):
        state = json.loads(row.state or "{}")
        if state.get("deal") in into:
            state["deal"] = into[state["deal"]]
            changed.append((row.id, dumps(state)))
    work.update(run, ("id",), ("state",), changed)
