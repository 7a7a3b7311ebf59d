"""Distribution: who gets the next deals of a plan, fairly, for whole batches at once.

A batch reserves its places in a short transaction of its own: it locks the plan, fills the managers with the lowest counters
up, and leaves a *reservation*.  The batch's commit settles it.  When a batch dies, its places become *orphans*: its work is
done again by another batch, and whoever needs places next takes orphans over before it reserves more.  (Were they simply
cancelled, places that others took meanwhile on top of them would leave the counters apart.)  So two workers never wait for
each other's batches, and no count is lost or made twice.  On SQLite, which has one writer, and for commands outside a batch,
the reservation is part of the work's own transaction.

The law: for *evenly*, counters and reserved places together differ by at most one among those who take, since the pool last
changed; who joins or returns starts at the lowest.  Where somebody weighs more, counters are compared by their share of the
weight.  Deals given by hand or by relation do not count for *evenly*; all open deals count for *fewest*.  Who is away, or has as
many open deals as he can, is passed over; that does not hold for clients who have a manager.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, bindparam, func, literal, null, or_, select, union_all, update

from crm.directory import Plan, directory, settings_changed
from crm.tables.distribution import (
    absence,
    assignment,
    assignment_round,
    distribution_counter,
    plan_manager,
    reservation,
)
from crm.tables.journal import stage_total
from crm.tables.settings import sales_plan, user_account
from db.sets import in_set
from db.types import Utc, dumps
from db.work import Work
from engine.draw import draw

EVENLY, FEWEST, RELATED = 1, 2, 3
NOBODY = 0
"""The batch of an orphaned reservation."""

_ROUND = ("id", "plan_id", "at", "rule", "story", "seed")
_ASSIGNMENT = ("record_id", "round_id", "place", "user_id", "reason", "record_kind")


@dataclass(frozen=True, slots=True)
class Round:
    """The places one batch got on one plan: ``users`` in the order they are given out."""

    id: int
    users: tuple[int, ...]
    reason: int


def fill(
    counters: Mapping[int, int],
    places: int,
    *,
    seed: int,
    at_random: bool,
    weights: Mapping[int, int] | None = None,
    room: Mapping[int, int] | None = None,
) -> Iterator[int]:
    """Yield who gets each of ``places``: always one of those with the lowest counter.

    Ties go by the order of ``counters``; ``at_random`` lets a seeded draw decide them instead, the same for the same seed.  Where
    there are ``weights``, counters are compared by their share of the weight.  ``room`` is how many somebody gets at most (who
    is not in it: any number); where nobody has room any more, it ends before all places are given.
    """
    if weights or room:
        yield from _fill_weighed(counters, places, seed, at_random, weights or {}, room or {})
        return
    heap = [
        (count, draw(seed, user, count) if at_random else 0.0, place, user)
        for place, (user, count) in enumerate(counters.items())
    ]
    heapq.heapify(heap)
    for _ in range(places):
        count, _, place, user = heap[0]
        yield user
        heapq.heapreplace(heap, (count + 1, draw(seed, user, count + 1) if at_random else 0.0, place, user))


def _fill_weighed(
    counters: Mapping[int, int],
    places: int,
    seed: int,
    at_random: bool,
    weights: Mapping[int, int],
    room: Mapping[int, int],
) -> Iterator[int]:
    left = dict(room)
    heap = [
        (count / weights.get(user, 1), draw(seed, user, count) if at_random else 0.0, place, user, count)
        for place, (user, count) in enumerate(counters.items())
        if left.get(user, 1) > 0
    ]
    heapq.heapify(heap)
    for _ in range(places):
        if not heap:
            return
        _, _, place, user, count = heapq.heappop(heap)
        yield user
        if user in left:
            left[user] -= 1
        if left.get(user, 1) > 0:
            count += 1
            drawn = draw(seed, user, count) if at_random else 0.0
            heapq.heappush(heap, (count / weights.get(user, 1), drawn, place, user, count))


def play(story: Mapping[str, Any], places: int, *, seed: int) -> Iterator[int]:
    """Yield who got each of the new ``places`` of a round, from its story: the same as then."""
    numbers = {name: {int(user): count for user, count in (story.get(name) or {}).items()} for name in _NUMBERS}
    return fill(
        numbers["counted"],
        places,
        seed=seed,
        at_random=bool(story.get("random")),
        weights=numbers["weights"],
        room=numbers["room"],
    )


_NUMBERS: Final = ("counted", "weights", "room")


def reserve(work: Work, plan: Plan, places: int, *, batch_id: int) -> Round | None:
    """Reserve ``places`` on a plan; ``None`` where nobody takes deals, and fewer places where nobody has room for more.

    Who is away is passed over; who was away begins at the lowest counter of the others.  A fixed number of statements in a short
    transaction of its own, whatever ``places`` is; without a batch (0) in the caller's.  The round and its counters are stored,
    so that every choice can be explained and played again.
    """
    if places == 0:
        return None
    with nullcontext(work) if batch_id == NOBODY else work.database.aside(work) as side:
        first_rule, second_rule, pool = _pool(side, plan)
        if not pool:
            return None
        _level(side, plan, [one.user for one in pool if one.is_back])
        takers = [one.user for one in pool]
        by_fewest, at_random = second_rule == "fewest", first_rule == "random"
        standing = _fold_settled(side, plan.id)
        if by_fewest:  # what is really open is counted, so places of the dead owe nobody anything
            side.execute(_DROP_ORPHANS, {"plan_id": plan.id})
            counted, adopted = _open_deals(side, plan), list[int]()
            open_deals = counted
        else:
            counted = standing.taken()
            adopted = _adopt(side, standing.orphans, set(takers), places)
            open_deals = _open_deals(side, plan) if any(one.capacity is not None for one in pool) else Counter()
        counters = {user: counted[user] for user in takers}
        weights = {one.user: one.weight for one in pool} if any(one.weight != 1 for one in pool) else {}
        room = {one.user: max(one.capacity - open_deals[one.user], 0) for one in pool if one.capacity is not None}
        [round_id] = side.ids("assignment_round", 1)
        new = fill(counters, places - len(adopted), seed=round_id, at_random=at_random, weights=weights, room=room)
        users = (*adopted, *new)
        if not users:
            return None
        holder = batch_id or -round_id
        side.insert(
            reservation,
            ("batch_id", "plan_id", "user_id", "deals", "is_settled"),
            [(holder, plan.id, user, deals, False) for user, deals in Counter(users).items()],
        )
        side.flush()
    story: dict[str, object] = {"counted": counters, "adopted": adopted, "random": at_random}
    if weights or room:
        story |= {"weights": weights, "room": room}
    work.insert(assignment_round, _ROUND, [(round_id, plan.id, work.now, second_rule, dumps(story), round_id)])
    _settle_at_commit(work, holder)
    return Round(round_id, users, FEWEST if by_fewest else EVENLY)


def record(work: Work, given: Sequence[tuple[int, int, int, int, int, int]]) -> None:
    """Store who got what: (record id, round id, place in it, user id, reason, record kind)."""
    work.insert(assignment, _ASSIGNMENT, given)


def orphan(work: Work, batch_ids: Sequence[int]) -> int:
    """Leave the places that dead batches reserved to whoever does their work next; returns how many rows there were."""
    return work.execute(_ORPHAN, {"batches": list(batch_ids)})


def forget_orphans(work: Work) -> int:
    """Give back places of the dead that nobody will take over: of people who take no more, on plans that no longer go evenly.

    All others stay: whoever was meant gets one of the next deals, so that the counters come level again.
    """
    takes = (
        select(plan_manager.c.user_id)
        .join(user_account, user_account.c.id == plan_manager.c.user_id)
        .join(sales_plan, sales_plan.c.id == plan_manager.c.plan_id)
        .where(
            plan_manager.c.plan_id == reservation.c.plan_id,
            plan_manager.c.user_id == reservation.c.user_id,
            plan_manager.c.is_taking,
            user_account.c.is_active,
            sales_plan.c.second_rule == "evenly",
        )
        .exists()
    )
    return work.execute(reservation.delete().where(reservation.c.batch_id == NOBODY, ~takes))


def join_pool(work: Work, plan_id: int, user_ids: Sequence[int]) -> None:
    """Let people who join a pool, or come back to it, start at the lowest counter of those who take.

    To be called after the pool itself was changed, in the same transaction.
    """
    if not work.is_sqlite:
        work.rows(_LOCK, {"plan_id": plan_id})
    standing = _fold_settled(work, plan_id)
    settings = directory(work)
    plan = settings.plans[plan_id]
    counted, places = standing.taken(), standing.places
    others = [
        one
        for one in settings.takers(plan, work.now)
        if one.user_id not in user_ids and not settings.is_back(one, work.now)
    ]
    lowest = min((Fraction(counted[one.user_id], one.weight) for one in others), default=Fraction(0))
    weights = {one.user_id: one.weight for one in plan.managers}
    work.delete(distribution_counter, ("plan_id", "user_id"), [(plan_id, user) for user in user_ids])
    work.insert(
        distribution_counter,
        ("plan_id", "user_id", "assigned"),
        [(plan_id, user, ceil(lowest * weights.get(user, 1)) - places[user]) for user in user_ids],
    )


def _level(work: Work, plan: Plan, users: Sequence[int]) -> None:
    """Let people who were away begin where the others are: once, by whoever gives out the first deal since."""
    if not users:
        return
    join_pool(work, plan.id, users)
    rows = [(plan.id, user, work.stored(work.now)) for user in users]
    work.update(plan_manager, ("plan_id", "user_id"), ("back_at",), rows)
    if (
        work.is_sqlite
    ):  # elsewhere the pool is read again each time, and who changes settings beside us must not be waited for
        settings_changed(work)


def _settle_at_commit(work: Work, batch_id: int) -> None:
    settled: set[int] = work.memo.setdefault("settled_batches", set())
    if batch_id not in settled:
        settled.add(batch_id)

        def settle() -> None:
            work.update(reservation, ("batch_id",), ("is_settled",), [(batch_id, True)])

        work.before_commit(settle)


class _Taker(NamedTuple):
    """Somebody who gets new deals now; ``is_back`` from an absence, and not level with the others yet."""

    user: int
    weight: int
    capacity: int | None
    is_back: bool


def _pool(work: Work, plan: Plan) -> tuple[str, str, list[_Taker]]:
    """Return both rules and who takes, in order.

    Beside other writers the plan is locked, and its pool read again: it may just have changed.
    """
    if work.is_sqlite:
        settings = directory(work)
        found = settings.takers(settings.plans[plan.id], work.now)
        here = [_Taker(one.user_id, one.weight, one.capacity, settings.is_back(one, work.now)) for one in found]
        return plan.first_rule, plan.second_rule, here
    [(first_rule, second_rule)] = work.tuples(_LOCK, {"plan_id": plan.id})
    rows = work.tuples(_TAKERS, {"plan_id": plan.id, "now": work.now})
    return (
        first_rule,
        second_rule,
        [
            _Taker(user, weight, capacity, ended is not None and (back_at is None or ended > back_at))
            for user, weight, capacity, back_at, ended in rows
        ],
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a plan stands: the counters, the places that are in none yet, and of these the orphans: id, user, deals."""

    counters: Mapping[int, int]
    places: Counter[int]
    orphans: Sequence[tuple[int, int, int]]

    def taken(self) -> Counter[int]:
        """Return what each manager has and is promised."""
        counted = Counter(self.counters)  # of who joined late they may be below nothing
        counted.update(self.places)
        return counted


def _fold_settled(work: Work, plan_id: int) -> _Standing:
    """Add the places of finished batches to the counters, forget their reservations, and return how the plan stands then.

    One query, and three statements where something was settled.
    """
    known: dict[int, int] = {}
    gained, places = Counter[int](), Counter[int]()
    settled: list[tuple[int]] = []
    orphans: list[tuple[int, int, int]] = []
    for id_, user, deals, batch_id, is_settled in work.tuples(_STANDING, {"plan_id": plan_id}):
        if id_ == _COUNTER:
            known[user] = deals
        elif is_settled:
            settled.append((id_,))
            gained[user] += deals
        else:
            places[user] += deals
            if batch_id == NOBODY:
                orphans.append((id_, user, deals))
    work.delete(reservation, ("id",), settled)
    sums = [(plan_id, user, known.get(user, 0) + deals) for user, deals in gained.items()]
    work.update(distribution_counter, ("plan_id", "user_id"), ("assigned",), [row for row in sums if row[1] in known])
    work.insert(distribution_counter, ("plan_id", "user_id", "assigned"), [row for row in sums if row[1] not in known])
    return _Standing({**known, **{user: assigned for _, user, assigned in sums}}, places, sorted(orphans))


def _adopt(work: Work, orphans: Sequence[tuple[int, int, int]], takers: set[int], places: int) -> list[int]:
    """Take over up to ``places`` of these orphans, of people who still take deals."""
    adopted: list[int] = []
    gone, less = [], []
    for id_, user, deals in orphans:
        taken = min(deals, places - len(adopted)) if user in takers else 0
        adopted += [user] * taken
        if taken == deals:
            gone.append((id_,))
        elif taken:
            less.append((id_, deals - taken))
    work.delete(reservation, ("id",), gone)
    work.update(reservation, ("id",), ("deals",), less)
    return adopted


def _open_deals(work: Work, plan: Plan) -> Counter[int]:
    """Count the open deals of each manager on the plan, with those that batches under way will add."""
    open_stages = [stage.id for stage in plan.stages if stage.state == 0]
    rows = work.tuples(_OPEN, {"plan_id": plan.id, "stages": open_stages})
    return Counter({user: int(deals) for user, deals in rows})


_LOCK = (
    select(sales_plan.c.first_rule, sales_plan.c.second_rule)
    .where(sales_plan.c.id == bindparam("plan_id"))
    .with_for_update(key_share=True)
)
_NOW = bindparam("now", type_=Utc)
_ENDED = (
    select(func.max(absence.c.ends_at))
    .where(absence.c.user_id == plan_manager.c.user_id, absence.c.ends_at <= _NOW)
    .correlate(plan_manager)
    .scalar_subquery()
)
_AWAY = (
    select(absence.c.id)
    .where(
        absence.c.user_id == plan_manager.c.user_id,
        absence.c.starts_at <= _NOW,
        or_(absence.c.ends_at.is_(None), absence.c.ends_at > _NOW),
    )
    .exists()
)
_TAKERS = (
    select(plan_manager.c.user_id, plan_manager.c.weight, plan_manager.c.capacity, plan_manager.c.back_at, _ENDED)
    .join(user_account, user_account.c.id == plan_manager.c.user_id)
    .where(plan_manager.c.plan_id == bindparam("plan_id"), plan_manager.c.is_taking, user_account.c.is_active, ~_AWAY)
    .order_by(plan_manager.c.position, plan_manager.c.user_id)
)
_COUNTER = 0
"""What stands for the id where a row is no reservation."""
_STANDING = union_all(
    select(
        reservation.c.id,
        reservation.c.user_id,
        reservation.c.deals,
        reservation.c.batch_id,
        reservation.c.is_settled,
    ).where(reservation.c.plan_id == bindparam("plan_id")),
    select(
        literal(_COUNTER, BigInteger), distribution_counter.c.user_id, distribution_counter.c.assigned, null(), null()
    ).where(distribution_counter.c.plan_id == bindparam("plan_id")),
)
# One statement, so that a batch that commits at this moment is counted once: still reserved, or already open.
_BEING_OPENED = union_all(
    select(stage_total.c.owner_id.label("user_id"), stage_total.c.deals).where(
        stage_total.c.plan_id == bindparam("plan_id"), in_set(stage_total.c.stage_id, "stages")
    ),
    select(reservation.c.user_id, reservation.c.deals).where(
        reservation.c.plan_id == bindparam("plan_id"), reservation.c.is_settled.is_(False)
    ),
).subquery()
_OPEN = select(_BEING_OPENED.c.user_id, func.sum(_BEING_OPENED.c.deals).label("deals")).group_by(
    _BEING_OPENED.c.user_id
)
_DROP_ORPHANS = reservation.delete().where(
    reservation.c.plan_id == bindparam("plan_id"), reservation.c.batch_id == NOBODY
)
_ORPHAN = (
    update(reservation)
    .where(in_set(reservation.c.batch_id, "batches"), reservation.c.is_settled.is_(False))
    .values(batch_id=NOBODY)
)
