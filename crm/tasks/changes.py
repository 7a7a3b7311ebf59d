"""Tasks with deadlines: create, complete, cancel, postpone (never without a reason)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Row, and_, or_, select

from crm.access.actor import Actor
from crm.directory import directory
from crm.journal import Cause, cause_of, journal
from crm.records.visible import Record, no_record, only_seen, unseen
from crm.tables.records import task
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.deadline import AfterEvent, Deadline, Due
from engine.event import EVENT_KINDS, Event
from engine.request import DONE, Result
from engine.text import _l

OPEN, COMPLETED, CANCELLED = 0, 1, 2
_COLUMNS = (
    "id",
    "person_id",
    "deal_id",
    "lead_id",
    "responsible_id",
    "supervisor_id",
    "title",
    "body",
    "type",
    "status",
    "due_at",
    "due_wall",
    "due_zone",
    "awaits",
    "deadline",
    "made_by",
    "run_id",
    "created_at",
    "version",
)


class NewTask(NamedTuple):
    """A task to create, on a deal or else on a lead.

    ``due`` is ``None`` only where ``deadline`` counts from an event that has not happened: the task waits for it.
    ``supervisor_id`` ``None`` is the responsible's own.  ``made_by`` names the node of the run that makes it (``funnel/node``);
    with ``unless_open`` nothing is made while an open task of the same maker stands on the same record.
    """

    person_id: int
    title: str
    due: Due | None
    responsible_id: int | None
    deadline: Deadline | None = None
    deal_id: int | None = None
    lead_id: int | None = None
    text: str = ""
    type: str = "todo"
    supervisor_id: int | None = None
    made_by: str | None = None
    run_id: int | None = None
    unless_open: bool = False
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """A task that is done, with its result, or cancelled."""

    task_id: int
    how: Literal["completed", "cancelled"] = "completed"
    result: str = ""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Postponement:
    """A task, its new deadline, and why: without a reason no deadline moves."""

    task_id: int
    due: Due
    reason: str
    cause: Cause | None = None


def create_tasks(work: Work, items: Sequence[NewTask], *, by: Actor) -> list[Result]:
    """Create tasks; one answer per item: ``done`` (ids: the task), ``exists`` (ids: the open one), ``no_record``.

    One statement, two where some ask ``unless_open``, and one where the actor is held to what he sees.
    """
    by.require("tasks.edit")
    if not items:
        return []
    users, now, notes, cause_by_actor = directory(work).users, work.stored(work.now), journal(work), cause_of(by)
    standing = _open_of_makers(work, items)
    hidden = unseen(work, filter(None, map(_record, items)), by)
    dues: dict[int, tuple[Any, str, str]] = {}
    happened: list[tuple[int, int, str, Cause]] = []
    types = {type_: dumps(type_) for type_ in {item.type for item in items}}
    rows, answers = [], []
    for item, task_id in zip(items, work.ids("task", len(items)), strict=True):
        if hidden and (record := _record(item)) in hidden:
            answers.append(no_record(*record))
            continue
        person, title, due, user, deadline, deal_id, lead_id, text, type_, supervisor, maker, run_id, once, cause = item
        if once:
            existing = standing.get((maker, deal_id, lead_id))
            if existing is not None:
                answers.append(Result("exists", (existing,)))
                continue
            standing[maker, deal_id, lead_id] = task_id
        if supervisor is None and user is not None and user in users:
            supervisor = users[user].supervisor_id
        if due is None:
            due_at, wall, zone, awaits, rule = None, None, None, *_awaited(deadline)
        else:
            known = dues.get(id(due))  # the items hold it, so it stays
            if known is None:
                known = dues[id(due)] = work.stored(due.due_at), due.wall.isoformat(timespec="minutes"), due.zone
            due_at, wall, zone = known
            awaits = rule = None
        rows.append(
            (
                task_id,
                person,
                deal_id,
                lead_id,
                user,
                supervisor,
                title,
                text or None,
                type_,
                OPEN,
                due_at,
                wall,
                zone,
                awaits,
                rule,
                maker,
                run_id,
                now,
                1,
            )
        )
        data = f'{{"type":{types[type_]},"responsible":{user or 0},"deal":{deal_id or 0}}}'
        happened.append((person, task_id, data, cause or cause_by_actor))
        answers.append(Result(DONE, (task_id,)))
    notes.add_rows("task.created", happened)
    work.insert(task, _COLUMNS, rows)
    return answers


def _record(item: NewTask) -> Record | None:
    """Return what a task hangs on."""
    if item.deal_id is not None:
        return "deal", item.deal_id
    return ("lead", item.lead_id) if item.lead_id is not None else None


def end_tasks(work: Work, items: Sequence[TaskEnd], *, by: Actor) -> list[Result]:
    """Complete or cancel tasks; one answer per item: ``done``, ``no_task``, ``not_open`` (any more).  Two statements."""
    by.require("tasks.edit")
    found = _locked(work, [item.task_id for item in items], by)
    answers, changes = [], []
    ended: set[int] = set()
    for item in items:
        row = found.get(item.task_id)
        if row is None or row.status != OPEN or row.id in ended:
            answers.append(Result("no_task" if row is None else "not_open", (item.task_id,)))
            continue
        ended.add(row.id)
        status = COMPLETED if item.how == "completed" else CANCELLED
        changes.append((row.id, status, work.now, item.result or None, row.version + 1))
        data = {"task": row.id, "type": row.type, "deal": row.deal_id or 0}
        journal(work).add(f"task.{item.how}", row.person_id, row.id, data, item.cause or cause_of(by))
        answers.append(Result(DONE, (row.id,)))
    work.update(task, ("id",), ("status", "ended_at", "result", "version"), changes)
    return answers


def reopen_tasks(work: Work, task_ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Open completed or cancelled tasks again; one answer each: ``done``, ``no_task``, ``not_ended``.  Two statements.

    What funnels did because a task was completed stays done.
    """
    by.require("tasks.edit")
    found = _locked(work, task_ids, by)
    answers, changes = [], {}
    for task_id in task_ids:
        row = found.get(task_id)
        if row is None or row.status == OPEN or row.id in changes:
            answers.append(Result("no_task" if row is None else "not_ended", (task_id,)))
            continue
        changes[row.id] = (row.id, OPEN, None, None, row.version + 1)
        data = {"task": row.id, "type": row.type, "deal": row.deal_id or 0}
        journal(work).add("task.reopened", row.person_id, row.id, data, cause_of(by))
        answers.append(Result(DONE, (row.id,)))
    work.update(task, ("id",), ("status", "ended_at", "result", "version"), list(changes.values()))
    return answers


def postpone_tasks(work: Work, items: Sequence[Postponement], *, by: Actor) -> list[Result]:
    """Move deadlines; one answer per item: ``done``, ``no_task``, ``not_open``, ``reason_missing``.  Two statements.

    A task may be named once.  One that waited for an event to set its deadline waits no more.
    """
    by.require("tasks.edit")
    found = _locked(work, [item.task_id for item in items], by)
    answers, changes = [], []
    for item in items:
        row = found.get(item.task_id)
        if row is None or row.status != OPEN:
            answers.append(Result("no_task" if row is None else "not_open", (item.task_id,)))
            continue
        if not item.reason.strip():
            answers.append(Result("reason_missing", (row.id,), detail=_l("say why the deadline moves")))
            continue
        changes.append(
            (row.id, item.due.due_at, item.due.wall.isoformat(timespec="minutes"), item.due.zone, None, row.version + 1)
        )
        data = {"from": row.due_at, "to": item.due.due_at, "reason": item.reason}
        journal(work).add("task.moved", row.person_id, row.id, data, item.cause or cause_of(by))
        answers.append(Result(DONE, (row.id,)))
    work.update(task, ("id",), ("due_at", "due_wall", "due_zone", "awaits", "version"), changes)
    return answers


def _locked(work: Work, task_ids: Sequence[int], by: Actor) -> dict[int, Row[Any]]:
    """Lock and return those of the tasks that the actor sees, by id."""
    query = only_seen(select(task).where(in_set(task.c.id, "tasks")), "task", by).order_by(task.c.id).with_for_update()
    return {row.id: row for row in work.rows(query, {"tasks": list(task_ids)})}


def _open_of_makers(work: Work, items: Sequence[NewTask]) -> dict[tuple[str | None, int | None, int | None], int]:
    """Return the open tasks that the items' makers have already made on the same records."""
    asking = [item for item in items if item.unless_open]
    if not asking:
        return {}
    query = select(task.c.id, task.c.made_by, task.c.deal_id, task.c.lead_id).where(
        or_(in_set(task.c.deal_id, "deals"), and_(task.c.deal_id.is_(None), in_set(task.c.lead_id, "leads"))),
        in_set(task.c.made_by, "makers"),
        task.c.status == OPEN,
    )
    rows = work.rows(
        query,
        {
            "deals": [item.deal_id for item in asking if item.deal_id is not None],
            "leads": [item.lead_id for item in asking if item.deal_id is None and item.lead_id is not None],
            "makers": [item.made_by for item in asking if item.made_by is not None],
        },
    )
    return {(row.made_by, row.deal_id, row.lead_id): row.id for row in rows}


_RULE: TypeAdapter[Deadline] = TypeAdapter(Deadline)


def _awaited(deadline: Deadline | None) -> tuple[int | None, str | None]:
    """Return the code of the event that will set a deadline, and the rule to set it by."""
    if not isinstance(deadline, AfterEvent):
        return None, None
    return EVENT_KINDS[deadline.event].code, dumps(_RULE.dump_python(deadline, mode="json"))


def set_awaited_deadlines(work: Work, events: Sequence[Event]) -> int:
    """Set the deadlines of open tasks that waited for one of these events; returns how many.  Two statements."""
    by_key = {(one.person_id, EVENT_KINDS[one.kind].code): one for one in events}
    calendar = directory(work).calendar
    changes = []
    rows = work.tuples(_AWAITING, {"persons": [one.person_id for one in events]})
    for task_id, person_id, awaits, deadline, status, version in rows:
        happened = by_key.get((person_id, awaits))
        if happened is None or status != OPEN:
            continue
        values = {f"event.{happened.kind}": happened.occurred_at}
        due = _RULE.validate_json(deadline).due(work.now, None, values.get, calendar)
        if due is not None:
            wall = due.wall.isoformat(timespec="minutes")
            changes.append((task_id, due.due_at, wall, due.zone, None, version + 1))
    return work.update(task, ("id",), ("due_at", "due_wall", "due_zone", "awaits", "version"), changes)


_AWAITING = select(task.c.id, task.c.person_id, task.c.awaits, task.c.deadline, task.c.status, task.c.version).where(
    in_set(task.c.person_id, "persons"), task.c.awaits.is_not(None)
)
