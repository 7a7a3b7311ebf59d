"""Distribution's law, and each of its choices played again."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, func, select

from crm.deals.distribution import RELATED, play
from crm.directory import Plan, directory
from crm.tables.distribution import assignment, assignment_round, distribution_counter, reservation
from crm.tables.journal import event
from db.work import Work
from engine.event import EVENT_KINDS
from engine.text import _l
from funnels.doctoring.finding import Finding, named

_REPORT = _l("this should not happen: keep a copy of the database and report it")


def law(work: Work) -> list[Finding]:
    """Check that on plans that go evenly those who take differ by at most one, places of batches under way included.

    Of who weighs more, it is his share that differs so; people with a limit stay behind, and who was away is levelled later.
    """
    taken: dict[int, Counter[int]] = defaultdict(Counter)
    for row in work.rows(select(distribution_counter)):
        taken[row.plan_id][row.user_id] += row.assigned
    places = select(reservation.c.plan_id, reservation.c.user_id, func.sum(reservation.c.deals).label("deals"))
    for row in work.rows(places.group_by(reservation.c.plan_id, reservation.c.user_id)):
        taken[row.plan_id][row.user_id] += int(row.deals)
    uneven = []
    settings = directory(work)
    for plan in settings.plans.values():
        takers = [one for one in settings.takers(plan, work.now) if not settings.is_back(one, work.now)]
        if plan.distribution != "even" or plan.second_rule != "evenly" or not takers:
            continue
        if any(one.capacity is not None for one in takers):
            continue
        counts = [(taken[plan.id][one.user_id], one.weight) for one in takers]
        if max(Fraction(count - 1, weight) for count, weight in counts) > min(Fraction(*one) for one in counts):
            uneven.append(plan.key)
    return named(
        uneven,
        "distribution_uneven",
        lambda count: _l("plans whose managers did not get deals evenly: {count}", count=count),
        _l("the next deals level it out; report it if it was not changed by hand"),
    )


def choices(work: Work) -> list[Finding]:
    """Play every round again from its story, and count again what each manager got."""
    rounds = work.rows(select(assignment_round))
    given: dict[int, list[tuple[int, int]]] = defaultdict(list)
    query = select(assignment.c.round_id, assignment.c.place, assignment.c.user_id).where(
        assignment.c.reason != RELATED
    )
    for round_id, place, user_id in work.rows(query):
        given[round_id].append((place, user_id))
    wrong = [row.id for row in rounds if _differs(row, given.get(row.id, ()))]
    known = {row.id for row in rounds}
    return [
        *named(
            wrong + sorted(round_id for round_id in given if round_id not in known),
            "choice_not_explained",
            lambda count: _l("rounds of distribution that come out otherwise when played again: {count}", count=count),
            _REPORT,
        ),
        *named(
            _miscounted(work, {row.id: row.plan_id for row in rounds}, given),
            "distribution_miscounted",
            lambda count: _l("plans whose counters are not the deals they gave: {count}", count=count),
            _REPORT,
        ),
    ]


def _differs(row: Row[Any], given: Sequence[tuple[int, int]]) -> bool:
    """True where the places of a round went to others than its story says, or not one after the other."""
    story = json.loads(row.story)
    adopted = story["adopted"]
    new = play(story, len(given) - len(adopted), seed=row.seed)
    return [user for _, user in sorted(given)] != [*adopted, *new] or [p for p, _ in sorted(given)] != [
        *range(len(given))
    ]


def _miscounted(work: Work, plan_of: Mapping[int, int], given: Mapping[int, Sequence[tuple[int, int]]]) -> list[str]:
    """Return the plans whose counters differ from what was given out, where the pool has not changed since the first deal."""
    counted: dict[int, Counter[int]] = defaultdict(Counter)
    for round_id, places in given.items():
        if round_id in plan_of:
            counted[plan_of[round_id]].update(user for _, user in places)
    settled: dict[int, Counter[int]] = defaultdict(Counter)
    for row in work.rows(select(distribution_counter)):
        settled[row.plan_id][row.user_id] += row.assigned
    for row in work.rows(select(reservation).where(reservation.c.is_settled)):
        settled[row.plan_id][row.user_id] += row.deals
    plans = directory(work).plans
    wanted = [plan for plan_id, plan in plans.items() if counted[plan_id] != settled[plan_id]]
    steady = _steady(work, wanted) if wanted else set()
    return [plan.key for plan in wanted if plan.id in steady]


def _steady(work: Work, plans: Sequence[Plan]) -> set[int]:
    """Return the plans whose pool and rules nobody has changed since they were created.

    Who joins a pool starts at the lowest counter, and places of batches that died since then count there too.
    """
    query = select(event.c.subject_id, event.c.recorded_at, event.c.data).where(
        event.c.kind == EVENT_KINDS["config.changed"].code
    )
    changes = [(subject_id, at, json.loads(data)) for subject_id, at, data in work.rows(query)]
    created = {
        subject_id: at for subject_id, at, data in changes if (data["what"], data["action"]) == ("plan", "created")
    }
    changed: set[int] = set()
    for subject_id, at, data in changes:
        touched = [subject_id] if data["what"] == "plan" else list(created) if data["what"] == "user" else []
        changed |= {plan_id for plan_id in touched if plan_id not in created or at > created[plan_id]}
    return {plan.id for plan in plans if plan.id in created and plan.id not in changed}
