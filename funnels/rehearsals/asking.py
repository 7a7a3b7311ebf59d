"""A rehearsal is asked for, and aborted; workers carry it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from crm.access.actor import Actor
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import note_only
from db.sets import in_set
from db.work import Work
from engine.document import FunnelDocument
from engine.text import _l
from funnels.publication.publishing import problems
from funnels.rehearsals.tables import rehearsal, rehearsal_walk
from funnels.tables import funnel

RIGHT: Final = "funnels.edit"
"""Who may edit funnels may rehearse them."""
BUSY: Final = ("asked", "running")
KEPT: Final = 20
"""So many rehearsals of a funnel are kept; older ones are forgotten."""
LONGEST: Final = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class NewRehearsal:
    """A rehearsal of a funnel's draft on what happened from ``start`` until ``end`` (excluded).

    ``is_unkind``: no message arrives, and no request is answered.  ``person_id`` takes one person only.
    """

    funnel: str
    start: datetime
    end: datetime
    is_unkind: bool = False
    person_id: int | None = None


def ask_for_rehearsals(work: Work, items: list[NewRehearsal], *, by: Actor) -> list[int]:
    """Ask for rehearsals; returns their ids.  Workers begin at once.

    Raises:
        InvalidError: a period cannot be, or a draft has errors that would stop its publishing.
        NotAllowedError: the actor may not edit funnels.
        NotFoundError: there is no such funnel.
    """
    by.require(RIGHT)
    query = select(funnel).where(in_set(funnel.c.key, "keys"))
    known = {row.key: row for row in work.rows(query, {"keys": sorted({item.funnel for item in items})})}
    rows = []
    for id_, item in zip(work.ids("rehearsal", len(items)), items, strict=True):
        row = known.get(item.funnel)
        if row is None:
            raise NotFoundError("funnel", item.funnel)
        _require_possible(work, item, FunnelDocument.model_validate(row.draft))
        rows.append(
            {
                "id": id_, "funnel_id": row.id, "document": row.draft, "starts_at": item.start, "ends_at": item.end,
                "is_unkind": item.is_unkind, "person_id": item.person_id, "state": "asked", "percent": 0, "attempts": 0,
                "due_at": work.now, "caused_by": by.packed, "asked_at": work.now,
            }
        )  # fmt: skip
        note_only(work, "rehearsal", item.funnel, "created", id_, by)
    if rows:
        work.flush()
        work.connection.execute(rehearsal.insert(), rows)
        _forget(work, {row["funnel_id"] for row in rows})
    return [row["id"] for row in rows]


def _require_possible(work: Work, item: NewRehearsal, document: FunnelDocument) -> None:
    if item.start >= item.end:
        raise InvalidError(_l("the period ends before it begins: choose a later end"))
    if item.end - item.start > LONGEST:
        raise InvalidError(_l("the period is longer than three years: choose a shorter one"))
    if item.start >= work.now:
        raise InvalidError(_l("the period is to come: a rehearsal runs on what has happened"))
    if any(one.severity == "error" for one in problems(work, document)):
        raise InvalidError(_l("the draft has errors that would stop its publishing: mend them first"))


def _forget(work: Work, funnel_ids: set[int]) -> None:
    """Forget what is older than the last rehearsals of each funnel and is not under way.  Three statements."""
    query = (
        select(rehearsal.c.id, rehearsal.c.funnel_id)
        .where(in_set(rehearsal.c.funnel_id, "funnels"), rehearsal.c.state.not_in(BUSY))
        .order_by(rehearsal.c.id.desc())
    )
    seen: dict[int, int] = {}
    old = []
    for id_, funnel_id in work.rows(query, {"funnels": sorted(funnel_ids)}):
        seen[funnel_id] = seen.get(funnel_id, 0) + 1
        if seen[funnel_id] >= KEPT:
            old.append((id_,))
    work.delete(rehearsal_walk, ("rehearsal_id",), old)
    work.delete(rehearsal, ("id",), old)


def abort_rehearsals(work: Work, ids: list[int], *, by: Actor) -> int:
    """End rehearsals that are under way; returns how many were.  One statement."""
    by.require(RIGHT)
    changes = {"state": "aborted", "ended_at": work.now}
    mine = in_set(rehearsal.c.id, "rehearsals", ids)
    return work.execute(rehearsal.update().where(mine, rehearsal.c.state.in_(BUSY)).values(changes))
