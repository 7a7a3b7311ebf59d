"""A look at what a mass action would do: it is done to some, and given up again, so that the look knows every rule."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from crm.access.actor import Actor
from crm.conditions.fields import TABLES
from db.database import Database
from db.work import Work
from funnels.audiences import Chosen, meant
from funnels.jobs import FIRST, RIGHT
from funnels.mass.asking import NewMassAction, require_may
from funnels.mass.doing import DID, outcome_of, try_out
from funnels.mass.locking import lock_records
from funnels.starting import Kind

TRIED: Final = 200
"""On so many, the first ones, it is tried out."""


@dataclass(frozen=True, slots=True)
class Look:
    """Whom a mass action would be about, and what would come of it.

    Attributes:
        audience: how many are meant.
        unseen: how many of those that were chosen are not there, or are hidden from who asks.
        first: the names of the first.
        tried: on how many of them it was tried out.
        fits: how many of these it would be done to.
        reasons: why not to the others, each with how many, the most frequent first.
    """

    audience: int
    unseen: int
    first: tuple[str, ...]
    tried: int
    fits: int
    reasons: tuple[tuple[str, int], ...]


def how_many(
    work: Work,
    kind: Kind,
    chosen: Chosen,
    condition: Any,
    *,
    by: Actor,
    archived: bool = False,
) -> int:
    """Return how many of the records that are meant the actor sees.  One query, beside those of the settings.

    Raises:
        InvalidError: the condition cannot be asked of such records, or too many were chosen.
        NotAllowedError: the actor may not change many at once.
    """
    by.require(RIGHT)
    clause, values = meant(work, kind, chosen, condition, by, archived=archived)
    return int(work.scalar(select(func.count()).select_from(TABLES[kind]).where(clause), values) or 0)


def glance(work: Work, new: NewMassAction, *, by: Actor) -> Look:
    """Return whom it means now, without trying it out: for who is amid a transaction of his own.  Two queries, and the checks.

    Raises:
        InvalidError: the condition cannot be asked, or the action cannot be done.
        NotAllowedError: the actor may not do this to many at once.
    """
    require_may(new.action, new.kind, by)
    new.action.check(work, new.kind)
    seen = how_many(work, new.kind, new.chosen, new.condition, by=by, archived=new.action.of_archived)
    clause, values = meant(work, new.kind, new.chosen, new.condition, by, archived=new.action.of_archived)
    table = TABLES[new.kind]
    rows = work.rows(select(table).where(clause).order_by(table.c.id).limit(FIRST), values) if seen else ()
    unseen = len(new.chosen) - seen if new.chosen is not None else 0
    return Look(seen, unseen, tuple(_name(new.kind, row) for row in rows), 0, 0, ())


class _GivenUpError(Exception):
    """What was tried out shall not be."""


def look(database: Database, new: NewMassAction, *, by: Actor) -> Look:
    """Return whom it means now and what would come of it, and change nothing; what would refuse ``ask`` refuses this.

    A fixed number of statements, in a transaction of its own.

    Raises:
        InvalidError: the condition cannot be asked, or the action cannot be done.
        NotAllowedError: the actor may not do this to many at once.
    """
    found: list[Look] = []
    with suppress(_GivenUpError), database.work() as work:
        found.append(_look(work, new, by))
        raise _GivenUpError
    return found[0]


def _look(work: Work, new: NewMassAction, by: Actor) -> Look:
    require_may(new.action, new.kind, by)
    new.action.check(work, new.kind)
    clause, values = meant(work, new.kind, new.chosen, new.condition, by, archived=new.action.of_archived)
    seen = how_many(work, new.kind, new.chosen, new.condition, by=by, archived=new.action.of_archived)
    if not seen:
        return Look(0, len(new.chosen or ()), (), 0, 0, ())
    records = lock_records(work, new.action, new.kind, clause, values, limit=TRIED, by=by).records
    tried = try_out(work, new.action, new.kind, list(records), records, by=by)
    outcomes = [outcome_of(result) for result in tried.answers.values()]
    reasons = Counter(why.detail or why.code for _, why in outcomes if why is not None)
    return Look(
        seen,
        len(new.chosen) - seen if new.chosen is not None else 0,
        tuple(_name(new.kind, row) for row in list(records.values())[:FIRST]),
        len(records),
        sum(outcome == DID for outcome, _ in outcomes),
        tuple(reasons.most_common()),
    )


def _name(kind: Kind, row: object) -> str:
    name = getattr(row, "name", "") if kind == "lead" else ""
    return name or str(getattr(row, "title", ""))
