"""Why a deal has its owner: the round of distribution that chose him, or whose hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, select

from crm.access.actor import ActorKind, unpack
from crm.deals.distribution import RELATED, play
from crm.directory import User, directory
from crm.tables.distribution import assignment, assignment_round
from crm.tables.journal import event
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who took deals then: what he had of them when the choice was made."""

    user: User
    counted: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """How a deal came to its owner.

    ``how`` is ``evenly``, ``fewest``, ``related``, or ``given``: by hand, by a robot that names him, by an import.
    ``candidates`` stand in the order of the plan.  ``adopted``: the place was promised to him by a batch that did not end.
    """

    owner: User
    how: Literal["evenly", "fewest", "related", "given"]
    at: datetime
    cause: ActorKind
    cause_id: int
    candidates: tuple[Candidate, ...] = ()
    by_draw: bool = False
    adopted: bool = False


def owner_choice(work: Work, deal_id: int, person_id: int, owner: User | None) -> Choice | None:
    """Return how a deal that the caller may see came to its owner; ``None`` where nothing tells.  Two queries."""
    if owner is None:
        return None
    given = None
    for row in work.rows(_EVENTS, {"person": person_id, "deal": deal_id}):
        if json.loads(row.data).get("owner") == owner.id:
            given = row
            break
    if given is None:
        return None
    cause, cause_id = unpack(given.caused_by)
    chosen = Choice(owner, "given", given.occurred_at, cause, cause_id)
    for row in work.rows(_ASSIGNMENTS, {"record": deal_id, "user": owner.id}):
        if row.round_id == 0 and row.reason == RELATED and given.kind == _CREATED:
            chosen = Choice(owner, "related", given.occurred_at, cause, cause_id)
        elif row.at == given.recorded_at:
            return _by_round(work, chosen, row.rule, json.loads(row.story), row.seed, row.place)
    return chosen


def _by_round(work: Work, chosen: Choice, rule: str, story: Mapping[str, object], seed: int, place: int) -> Choice:
    """Play a round again up to the place of the deal, so that each candidate's counter is what it was at that moment."""
    users, counted, adopted = directory(work).users, story["counted"], story["adopted"]
    assert isinstance(counted, dict)
    assert isinstance(adopted, list)
    counters = {int(user): int(count) for user, count in counted.items()}
    at_random = bool(story.get("random"))
    before = Counter(adopted[:place])
    if place >= len(adopted):
        before.update(play(story, place - len(adopted), seed=seed))
    candidates = tuple(
        Candidate(users[user], count + before[user], user == chosen.owner.id)
        for user, count in counters.items()
        if user in users
    )
    how: Literal["fewest", "evenly"] = "fewest" if rule == "fewest" else "evenly"
    return Choice(
        chosen.owner, how, chosen.at, chosen.cause, chosen.cause_id, candidates, at_random, place < len(adopted)
    )


_CREATED = EVENT_KINDS["deal.created"].code
_EVENTS = (
    select(event.c.kind, event.c.caused_by, event.c.occurred_at, event.c.recorded_at, event.c.data)
    .where(
        event.c.person_id == bindparam("person"),
        event.c.subject_id == bindparam("deal"),
        event.c.kind.in_((_CREATED, EVENT_KINDS["deal.assigned"].code)),
    )
    .order_by(event.c.id.desc())
    .limit(50)
)
_ASSIGNMENTS = (
    select(
        assignment.c.round_id,
        assignment.c.place,
        assignment.c.reason,
        assignment_round.c.at,
        assignment_round.c.rule,
        assignment_round.c.story,
        assignment_round.c.seed,
    )
    .join_from(assignment, assignment_round, assignment_round.c.id == assignment.c.round_id, isouter=True)
    .where(
        assignment.c.record_id == bindparam("record"),
        assignment.c.record_kind == SUBJECT_CODES["deal"],
        assignment.c.user_id == bindparam("user"),
    )
)
