"""Who moved a deal last, and where to: for somebody whose own move came too late."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, select

from crm.access.actor import ActorKind, Viewer, unpack
from crm.deals.visible import may_see
from crm.tables.journal import event
from crm.tables.records import deal
from db.work import Work
from engine.event import EVENT_KINDS


@dataclass(frozen=True, slots=True)
class LastMove:
    """A move: whose doing it was (kind and id), when, and the keys of the stages."""

    kind: ActorKind
    actor_id: int
    at: datetime
    came_from: str | None
    stage: str


def last_move(work: Work, deal_id: int, *, viewer: Viewer) -> LastMove | None:
    """Return the last move of a deal; ``None`` where it never moved, or the viewer may not see it.  One query."""
    rows = work.rows(_LAST.where(may_see(viewer)), {"deal": deal_id})
    if not rows:
        return None
    kind, actor_id = unpack(rows[0].caused_by)
    data = json.loads(rows[0].data)
    return LastMove(kind, actor_id, rows[0].occurred_at, data.get("from"), data["stage"])


_LAST = (
    select(event.c.caused_by, event.c.occurred_at, event.c.data)
    .join(deal, deal.c.person_id == event.c.person_id)
    .where(
        deal.c.id == bindparam("deal", type_=BigInteger),
        event.c.subject_id == deal.c.id,
        event.c.kind == EVENT_KINDS["deal.moved"].code,
    )
    .order_by(event.c.id.desc())
    .limit(1)
)
