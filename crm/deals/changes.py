"""What changed on a board since somebody looked: the journal's newest events, reduced to deals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Integer, bindparam, func, or_, select

from crm.tables.journal import event
from db.types import Utc
from db.work import Work
from engine.event import EVENT_KINDS, KIND_BY_CODE

MOST = 2000
"""After so many events a board is read anew."""
MOST_DEALS = 250
"""And where so many deals changed, as by a mass action: it shows the first of each column only."""
OVERLAP = 200
"""Events are read again that may have become visible after later ones; so long they may have taken."""
_STRAGGLE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Changes:
    """The number to ask with next time, and the deals concerned; ``None`` where too much happened to tell."""

    number: int
    deal_ids: tuple[int, ...] | None


def newest(work: Work) -> int:
    """Return the number of the journal's newest event, 0 where it is empty."""
    [(number,)] = work.tuples(_NEWEST, {})
    return number or 0


def changes_since(work: Work, number: int) -> Changes:
    """Return which deals were touched by the events after ``number``, and by those just before it.  Two statements at most.

    Transactions may become visible in another order than their events have: what is younger than some seconds is told again.
    """
    last = newest(work)
    if last < number:
        return Changes(last, None)
    if last == number:
        return Changes(last, ())
    rows = work.rows(_SINCE, {"number": number, "first": number - OVERLAP, "recent": work.now - _STRAGGLE})
    if len(rows) > MOST:
        return Changes(last, None)
    found: dict[int, None] = {}
    for row in rows:
        kind = KIND_BY_CODE[row.kind]
        if kind.subject == "deal":
            found[row.subject_id] = None
            continue
        data = json.loads(row.data)
        concerned = row.subject_id if data.get("target") == "deal" else data.get("deal")
        if isinstance(concerned, int) and concerned:
            found[concerned] = None
    if len(found) > MOST_DEALS:
        return Changes(last, None)
    return Changes(last, tuple(found))


_TOLD = sorted(
    kind.code
    for kind in EVENT_KINDS.values()
    if kind.subject in ("deal", "task") or kind.name.startswith(("tag.", "comment."))
)
_NEWEST = select(func.max(event.c.id))
_SINCE = (
    select(event.c.kind, event.c.subject_id, event.c.data)
    .where(
        event.c.id > bindparam("first", type_=Integer),
        or_(event.c.id > bindparam("number", type_=Integer), event.c.recorded_at > bindparam("recent", type_=Utc())),
        event.c.kind.in_(_TOLD),
    )
    .order_by(event.c.id)
    .limit(MOST + 1)
)
