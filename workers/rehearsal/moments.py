"""The walks of a rehearsal moment by moment: what happened, which nodes were passed, what was done, where it rested."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import ActorKind
from crm.tables.journal import event
from crm.tables.records import task
from db.sets import in_set
from db.work import Work
from engine.event import KIND_BY_CODE
from funnels.rehearsals.looking import Moment
from workers.rehearsal.walks import Passed, Sent, Walk

_SILENT: Final = frozenset({"message.sent", "message.failed", "http.answered", "run.parked", "run.repaired"})
_LONGEST: Final = 2000

Did = tuple[str, Mapping[str, Any]]


def moments_of(work: Work, walks: Sequence[Walk], sent: Sequence[Sent]) -> list[tuple[Moment, ...]]:
    """Return the moments of each walk, in order.  Two queries, whatever the number."""
    people = sorted({walk.person_id for walk in walks})
    query = select(
        event.c.kind, event.c.person_id, event.c.subject_id, event.c.caused_by, event.c.occurred_at, event.c.data
    )
    happened: dict[int, list[tuple[datetime, str, int]]] = defaultdict(list)
    did: dict[int, dict[datetime, list[Did]]] = defaultdict(lambda: defaultdict(list))
    titles = {
        row.id: row.title
        for row in work.rows(
            select(task.c.id, task.c.title).where(in_set(task.c.person_id, "people"), task.c.run_id.is_not(None)),
            {"people": people},
        )
    }
    rows = work.rows(query.where(in_set(event.c.person_id, "people")).order_by(event.c.id), {"people": people})
    for kind, person_id, subject_id, caused_by, at, text in rows:
        name = KIND_BY_CODE[kind].name
        if caused_by % 16 == ActorKind.RUN and name not in _SILENT:
            told = json.loads(text)
            if name == "task.created":
                told["title"] = titles.get(subject_id, "")
            did[caused_by // 16][at].append((name, told))
        if name not in ("run.parked", "run.repaired"):
            happened[person_id].append((at, name, caused_by))
    for one in sent:
        told = {key: str(value)[:_LONGEST] for key, value in one.payload.items() if key in _TOLD}
        did[one.run_id][one.at].append((one.channel, told))
    return [_moments(walk, happened[walk.person_id], did[walk.run_id]) for walk in walks]


_TOLD: Final = ("to", "subject", "text", "method", "address")


def _moments(
    walk: Walk, happened: Sequence[tuple[datetime, str, int]], did: Mapping[datetime, Sequence[Did]]
) -> tuple[Moment, ...]:
    passed: dict[datetime, list[Passed]] = defaultdict(list)
    for one in walk.passed:
        passed[one.at].append(one)
    found = []
    own = walk.run_id * 16 + ActorKind.RUN
    times = sorted({*passed, *did})
    for place, at in enumerate(times):
        others = tuple(dict.fromkeys(kind for moment, kind, by in happened if moment == at and by != own))
        rests: tuple[tuple[str, datetime | None], ...]
        if place + 1 < len(times):  # what it is left by next is where it rests meanwhile
            following = passed.get(times[place + 1])
            rests = ((following[0].node, times[place + 1]),) if following else ()
        else:
            rests = tuple((one.node, one.due_at) for one in walk.rests)
        steps = tuple((one.node, one.port) for one in passed.get(at, ()))
        found.append(Moment(at, not others, others, steps, tuple(did.get(at, ())), rests))
    return tuple(found)
