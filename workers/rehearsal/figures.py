"""What came of a funnel in a period: the same figures of a rehearsal's world and of the real company."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Text, func, select, type_coerce

from crm.access.actor import ActorKind
from crm.directory import directory
from crm.tables.journal import event
from crm.tables.records import task
from db.work import Work
from engine.event import EVENT_KINDS
from funnels.rehearsals.figures import Figures, NodeFigures
from funnels.tables import outbox, refusal, run, step, token
from workers.walker import COMPLETED, PARKED

_STAGES: Final = tuple(EVENT_KINDS[name].code for name in ("deal.created", "deal.moved"))
_OF_EMPLOYEE: Final = '%"employee":%'


def figures(work: Work, funnel_id: int, names: Mapping[int, str], start: datetime, end: datetime) -> Figures:
    """Return what came of those who entered a funnel from ``start`` until ``end``, as far as it happened until then.

    ``names`` are the ids of nodes by number.  Seven queries, whatever the number of people.
    """
    within = run.c.funnel_id == funnel_id, run.c.started_at >= start, run.c.started_at < end
    outcomes: Counter[str] = Counter()
    nodes: dict[str, NodeFigures] = defaultdict(NodeFigures)
    entered = 0
    query = select(run.c.status, run.c.outcome, run.c.ended_at, run.c.error, run.c.person_id).where(*within)
    persons: set[int] = set()
    for status, outcome, ended_at, error, person_id in work.rows(query):
        entered += 1
        persons.add(person_id)
        is_over = status >= COMPLETED and ended_at is not None and ended_at < end
        outcomes["parked" if status == PARKED else (outcome or "cancelled") if is_over else "waiting"] += 1
        if status == PARKED and error:
            nodes[str(json.loads(error).get("node"))].failed += 1
    paths = select(step.c.path, func.count()).join(run, run.c.id == step.c.run_id)
    for path, times in work.rows(paths.where(*within, step.c.at < end).group_by(step.c.path)):
        for one in path.split():
            number, _, port = one.partition(":")
            name = names.get(int(number), number)
            nodes[name].passed += times
            nodes[name].ports[port] = nodes[name].ports.get(port, 0) + times
    resting = select(token.c.node, func.count()).join(run, run.c.id == token.c.run_id)
    for number, times in work.rows(resting.where(*within, token.c.arrived_at < end).group_by(token.c.node)):
        nodes[names.get(number, str(number))].inside += times
    messages, per_person = _messages(work, within, end)
    deals, managers, standing = _deals(work, within, end)
    return Figures(
        entered=entered,
        people=len(persons),
        outcomes=dict(outcomes),
        nodes=dict(nodes),
        messages=messages,
        messages_per_person=per_person,
        tasks=_tasks(work, within, end),
        deals=deals,
        deals_per_manager=managers,
        standing=standing,
    )


def refused(work: Work, funnel_id: int) -> dict[str, int]:
    """Return how often triggers of a funnel refused somebody, by the reason's code."""
    query = select(refusal.c.code, func.count()).where(refusal.c.funnel_id == funnel_id).group_by(refusal.c.code)
    return {row[0]: row[1] for row in work.rows(query.order_by(refusal.c.code))}


def _messages(work: Work, within: tuple[Any, ...], end: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """Return messages by channel, and how many people got how many e-mails; those to employees are apart."""
    is_inner = type_coerce(outbox.c.payload, Text).like(_OF_EMPLOYEE)
    query = (
        select(outbox.c.channel, outbox.c.person_id, is_inner, func.count())
        .join(run, run.c.id == outbox.c.run_id)
        .where(*within, outbox.c.created_at < end)
        .group_by(outbox.c.channel, outbox.c.person_id, is_inner)
    )
    by_channel: Counter[str] = Counter()
    of_person: Counter[int] = Counter()
    for channel, person_id, inner, times in work.rows(query):
        by_channel["employees" if inner else channel] += times
        if channel == "email" and not inner:
            of_person[person_id] += times
    spread = Counter(of_person.values())
    return dict(by_channel), {str(number): spread[number] for number in sorted(spread)}


def _tasks(work: Work, within: tuple[Any, ...], end: datetime) -> dict[str, dict[str, int]]:
    """Return how many tasks each manager gets for each day: the day on which they are due, else that of their making."""
    settings = directory(work)
    zone = ZoneInfo(settings.calendar.zone)
    query = (
        select(task.c.responsible_id, task.c.due_at, task.c.created_at)
        .join(run, run.c.id == task.c.run_id)
        .where(*within, task.c.created_at < end)
    )
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for user_id, due_at, created_at in work.rows(query):
        user = settings.users.get(user_id)
        found[user.login if user else ""][(due_at or created_at).astimezone(zone).date().isoformat()] += 1
    return {login: dict(sorted(days.items())) for login, days in sorted(found.items())}


def _deals(work: Work, within: tuple[Any, ...], end: datetime) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Return the deals that the runs opened or moved.

    How many came to each stage by them, how many each manager got when they were opened, and where they stand at the end, whoever
    moved them there.  Stages are ``plan/stage``.
    """
    users = directory(work).users
    walks = select(run.c.id, run.c.person_id).where(*within).subquery()
    people = select(walks.c.person_id).distinct().subquery()
    own = {row.id * 16 + ActorKind.RUN for row in work.rows(select(walks.c.id))}
    query = (
        select(event.c.kind, event.c.subject_id, event.c.caused_by, event.c.data)
        .join(people, people.c.person_id == event.c.person_id)
        .where(event.c.kind.in_(_STAGES), event.c.occurred_at < end)
        .order_by(event.c.occurred_at, event.c.id)
    )
    came: Counter[str] = Counter()
    given: Counter[str] = Counter()
    last: dict[int, str] = {}
    touched: set[int] = set()
    for kind, deal_id, caused_by, text in work.rows(query):
        data = json.loads(text)
        last[deal_id] = place = f"{data['plan']}/{data['stage']}"
        if caused_by in own:
            touched.add(deal_id)
            came[place] += 1
            if kind == _STAGES[0]:
                user = users.get(data.get("owner") or 0)
                given[user.login if user else ""] += 1
    standing = Counter(place for deal_id, place in last.items() if deal_id in touched)
    return dict(sorted(came.items())), dict(sorted(given.items())), dict(sorted(standing.items()))
