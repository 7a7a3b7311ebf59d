"""What happened in a world: who went where and when, and what was made on the way."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import select

from crm.directory import directory
from crm.tables.records import deal, task
from db.work import Work
from engine.event import SUBJECT_KINDS, SubjectKind
from funnels.tables import funnel, outbox, run, step, token
from workers.walker import COMPLETED, PARKED

State = Literal["waiting", "parked", "ended"]


class Passed(NamedTuple):
    """A node that was answered: when, which, and the port it was left by."""

    at: datetime
    node: str
    port: str


class Rests(NamedTuple):
    """A node where it rests, since when, and when it wakes (``None``: by an event only)."""

    node: str
    since: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk of one record through one funnel.  ``outcome`` is empty until it ended; ``error`` is why it stands still."""

    run_id: int
    funnel: str
    person_id: int
    kind: SubjectKind
    subject_id: int
    state: State
    outcome: str
    error: Mapping[str, Any] | None
    started_at: datetime
    passed: tuple[Passed, ...]
    rests: tuple[Rests, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ids of the nodes it passed, in order."""
        return tuple(one.node for one in self.passed)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message or a request, as it left the world."""

    channel: str
    person_id: int
    run_id: int
    node: str
    state: str
    at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """A task that was made: for whom (a login, or nobody), by which funnel and node (``welcome/call``)."""

    id: int
    title: str
    responsible: str | None
    due_at: datetime | None
    made_by: str | None
    is_open: bool
    deal_id: int | None
    lead_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal: where it stands, and whose it is (a login, or nobody's)."""

    id: int
    person_id: int
    title: str
    plan: str
    stage: str
    owner: str | None
    amount: int


def walks_in(work: Work, *, since: datetime | None = None) -> tuple[Walk, ...]:
    """Return all walks that began in a world, in the order in which they began.  Four queries."""
    query = select(run).order_by(run.c.id)
    rows = work.rows(query.where(run.c.started_at >= since) if since is not None else query)
    names: dict[int, dict[int, str]] = {}
    keys: dict[int, str] = {}
    for row in work.rows(select(funnel.c.id, funnel.c.key, funnel.c.numbers)):
        keys[row.id] = row.key
        names[row.id] = {number: name for name, number in row.numbers.items()}
    passed: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for row in work.rows(select(step.c.run_id, step.c.at, step.c.path).order_by(step.c.run_id, step.c.fence)):
        passed[row.run_id].append((row.at, row.path))
    resting: dict[int, list[Any]] = defaultdict(list)
    for row in work.rows(select(token).order_by(token.c.id)):
        resting[row.run_id].append(row)
    return tuple(_walk(row, keys[row.funnel_id], names[row.funnel_id], passed[row.id], resting[row.id]) for row in rows)


def _walk(
    row: Any, key: str, names: Mapping[int, str], passed: Sequence[tuple[datetime, str]], resting: Sequence[Any]
) -> Walk:
    steps = [(at, *one.partition(":")[::2]) for at, path in passed for one in path.split()]
    return Walk(
        row.id,
        key,
        row.person_id,
        SUBJECT_KINDS[row.subject_kind],
        row.subject_id,
        "parked" if row.status == PARKED else "ended" if row.status >= COMPLETED else "waiting",
        row.outcome or "",
        json.loads(row.error) if row.error else None,
        row.started_at,
        tuple(Passed(at, names.get(int(number), number), port) for at, number, port in steps),
        tuple(Rests(names.get(one.node, str(one.node)), one.arrived_at, one.due_at) for one in resting),
    )


def sent_in(work: Work) -> tuple[Sent, ...]:
    """Return all messages and requests of a world, in the order in which they were asked for."""
    return tuple(
        Sent(row.channel, row.person_id, row.run_id, row.node, row.state, row.created_at, row.payload)
        for row in work.rows(select(outbox).order_by(outbox.c.id))
    )


def tasks_in(work: Work, *, made: bool = True) -> tuple[Task, ...]:
    """Return the tasks of a world by their ids; only those that funnels made, where not said otherwise."""
    users = directory(work).users
    query = select(task).order_by(task.c.id)
    return tuple(
        Task(
            row.id,
            row.title,
            users[row.responsible_id].login if row.responsible_id in users else None,
            row.due_at,
            row.made_by,
            row.status == 0,
            row.deal_id,
            row.lead_id,
            row.created_at,
        )
        for row in work.rows(query.where(task.c.made_by.is_not(None)) if made else query)
    )


def deals_in(work: Work) -> tuple[Deal, ...]:
    """Return the deals of a world by their ids."""
    settings = directory(work)
    return tuple(
        Deal(
            row.id,
            row.person_id,
            row.title,
            settings.plans[row.plan_id].key,
            settings.stages[row.stage_id].key,
            settings.users[row.owner_id].login if row.owner_id in settings.users else None,
            row.amount,
        )
        for row in work.rows(select(deal).order_by(deal.c.id))
    )
