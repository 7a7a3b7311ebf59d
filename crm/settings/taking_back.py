"""Take handovers back: what still is where they put it goes back to whom it belonged to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, bindparam, select, text

from crm.access.actor import Actor, Viewer
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import User, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import note
from crm.settings.hand_over import KINDS, HandedOver, Kind, anybodys, assign_tasks, require_viewer
from crm.settings.people import OPEN_LEADS
from crm.tables.journal import BY_HAND, event
from crm.tables.records import deal, lead, task
from db.sets import in_set
from db.types import Utc
from db.work import Work
from engine.event import EVENT_KINDS
from engine.text import _l

TAKEN_BACK_WITHIN: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Former:
    """A handover that was made: ``to`` ``None`` was by distribution.  ``id`` is what takes it back."""

    id: int
    at: datetime
    by: int
    to: User | None
    done: HandedOver


def former(work: Work, user_id: int, *, viewer: Viewer) -> tuple[Former, ...]:
    """Return the last handovers of somebody's records, newest first, as far back as one may take back.  One query.

    Raises:
        NotAllowedError: the viewer may not manage people.
    """
    require_viewer(viewer)
    users = directory(work).users
    rows = work.rows(_FORMER, {"user": user_id, "since": work.now - TAKEN_BACK_WITHIN})
    found = []
    for row in rows:
        data = json.loads(row.data)
        done = HandedOver(data.get("deals", 0), data.get("leads", 0), data.get("tasks", 0))
        found.append(Former(row.id, row.recorded_at, row.caused_by, users.get(data.get("to")), done))
    return tuple(found)


def take_back(work: Work, event_ids: Sequence[int], *, by: Actor) -> list[HandedOver]:
    """Undo handovers, named by ``Former.id``: what still is where they put it goes back; one answer per handover.

    A fixed number of statements per handover.

    Raises:
        NotFoundError: there was no such handover.
        InvalidError: the person whose records they were was deactivated, or it is too long ago.
    """
    by.require("users.edit")
    return [_take_back(work, one, by) for one in event_ids]


def _take_back(work: Work, event_id: int, by: Actor) -> HandedOver:
    settings = directory(work)
    rows = work.rows(select(event).where(event.c.id == event_id, event.c.kind == _CHANGED))
    if not rows or json.loads(rows[0].data).get("action") != "handed_over":
        raise NotFoundError("handover", event_id)
    made = rows[0]
    owner = settings.users[made.subject_id]
    if not owner.is_active:
        raise InvalidError(_l("{name} was deactivated: let him in again first", name=owner.name))
    if work.now - made.recorded_at > TAKEN_BACK_WITHIN:
        raise InvalidError(_l("this was more than {days} days ago", days=TAKEN_BACK_WITHIN.days))
    went: dict[Kind, dict[int, int]] = {kind: {} for kind in KINDS}
    same = work.rows(_SAME, {"by": made.caused_by, "at": made.recorded_at})
    for row in same:
        data = json.loads(row.data)
        if data.get("from") == owner.id:
            went[_KIND_OF[row.kind]][row.subject_id] = data.get("owner") or data.get("responsible")
    back: dict[Kind, list[int]] = {kind: _still(work, kind, went[kind]) for kind in KINDS}
    items = [
        *(NewOwner("deal", one, owner.login) for one in back["deal"]),
        *(NewOwner("lead", one, owner.login) for one in back["lead"]),
    ]
    if items:
        assign_owners(work, items, by=anybodys(by))
    if back["task"]:
        query = select(task.c.id, task.c.person_id, task.c.responsible_id, task.c.version)
        found = work.rows(query.where(in_set(task.c.id, "ids")).with_for_update(), {"ids": back["task"]})
        assign_tasks(work, found, {row.id: owner for row in found}, by)
    done = HandedOver(
        len(back["deal"]),
        len(back["lead"]),
        len(back["task"]),
        sum(len(several) for several in went.values()) - sum(len(several) for several in back.values()),
    )
    counts = {"deals": done.deals, "leads": done.leads, "tasks": done.tasks}
    note(work, "user", owner.login, "taken_back", owner.id, by, {"to": owner.id, **counts})
    return done


def _still(work: Work, kind: Kind, went: dict[int, int]) -> list[int]:
    """Return those that still belong to whom they went, and are open."""
    if not went:
        return []
    table = {"deal": deal, "lead": lead, "task": task}[kind]
    owner = task.c.responsible_id if kind == "task" else table.c.owner_id
    is_open = {"deal": deal.c.state == 0, "lead": OPEN_LEADS, "task": task.c.status == 0}[kind]
    rows = work.rows(select(table.c.id, owner.label("owner")).where(in_set(table.c.id, "ids"), is_open),
                     {"ids": sorted(went)})  # fmt: skip
    return sorted(row.id for row in rows if row.owner == went[row.id])


_CHANGED: Final = EVENT_KINDS["config.changed"].code
_KIND_OF: Final[dict[int, Kind]] = {EVENT_KINDS[f"{kind}.assigned"].code: kind for kind in KINDS}
_FORMER: Final = (
    select(event.c.id, event.c.recorded_at, event.c.caused_by, event.c.data)
    .where(
        text(BY_HAND),
        event.c.recorded_at > bindparam("since", type_=Utc),
        event.c.kind == _CHANGED,
        event.c.subject_id == bindparam("user", type_=BigInteger),
        event.c.data.like('%"action":"handed_over"%'),
    )
    .order_by(event.c.recorded_at.desc(), event.c.id.desc())
    .limit(10)
)
_SAME: Final = select(event.c.kind, event.c.subject_id, event.c.data).where(
    text(BY_HAND),
    event.c.caused_by == bindparam("by", type_=BigInteger),
    event.c.recorded_at == bindparam("at", type_=Utc),
    event.c.kind.in_(sorted(_KIND_OF)),
)
