"""A test made of what really happened to somebody: what people did, moment by moment, and the way that he went."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from crm.access.actor import ActorKind, Viewer, unpack
from crm.directory import directory
from crm.errors import NotFoundError
from crm.tables.journal import event
from crm.tables.records import deal, lead, task
from crm.ways.kinds import TOLD_TYPES
from db.work import Work
from engine.event import EVENT_KINDS, KIND_BY_CODE
from engine.story import FunnelTest, Given, Then
from engine.story_steps import (
    AnyStep,
    ClockShows,
    DealCloses,
    DealMoves,
    DealOpens,
    FormSent,
    LeadComes,
    Pressed,
    TagPut,
    TaskDone,
    written,
)
from funnels.rehearsals.looking import one_rehearsal, walk
from funnels.rehearsals.tables import rehearsal_walk
from funnels.tables import run
from funnels.trace import trace

MOST_EVENTS: Final = 100
_FORMAT: Final = "%Y-%m-%d %H:%M"
_KINDS: Final = (
    "lead.created", "form.submitted", "deal.created", "deal.moved", "deal.won", "deal.lost", "task.completed", "tag.added",
    "tag.removed", "manual.start",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Walked:
    """The walk that a test is made of: through which funnel, whose, from when until when, and where it went and is."""

    funnel: str
    person_id: int
    began: datetime
    ended: datetime
    nodes: tuple[str, ...]
    rests_at: tuple[str, ...]
    is_over: bool


def walked(work: Work, key: str, run_id: int, *, viewer: Viewer) -> Walked:
    """Return the walk of a run through a funnel, as far as it got.

    Raises:
        NotFoundError: there is no such run in this funnel.
        NotAllowedError: the viewer may not look at funnels.
    """
    found = trace(work, run_id, viewer=viewer)
    if found.funnel != key:
        raise NotFoundError("run", run_id)
    return Walked(
        key,
        int(work.scalar(select(run.c.person_id).where(run.c.id == run_id))),
        found.started_at,
        found.ended_at or work.now,
        tuple(dict.fromkeys(one.node for one in found.steps)),
        tuple(dict.fromkeys(one.node for one in found.rests)),
        found.status == "completed",
    )


def rehearsed(work: Work, key: str, rehearsal_id: int, number: int, *, viewer: Viewer) -> Walked:
    """Return the walk of one person in a rehearsal, until its period ended.

    Raises:
        NotFoundError: there is no such walk, or the viewer may not see the record.
        NotAllowedError: the viewer may not look at funnels.
    """
    one = one_rehearsal(work, key, rehearsal_id, viewer=viewer)
    found, moments = walk(work, one, number, viewer=viewer)
    mine = (rehearsal_walk.c.rehearsal_id == rehearsal_id, rehearsal_walk.c.number == number)
    return Walked(
        key,
        int(work.scalar(select(rehearsal_walk.c.person_id).where(*mine))),
        moments[0].at if moments else one.start,
        one.end,
        tuple(dict.fromkeys(node for moment in moments for node, _ in moment.passed)),
        tuple(dict.fromkeys(node for node, _ in moments[-1].rests)) if moments else (),
        found.state == "ended",
    )


def story_of(work: Work, way: Walked, *, name: str) -> FunnelTest:
    """Return the test that says what happened: sources and other values that name nobody are given, names and phones are not.

    What people did is repeated to the minute; what funnels and robots did is left to them.  Four queries at most.
    """
    zone = ZoneInfo(directory(work).calendar.zone)
    rows = _events(work, way)
    began = min([way.began, *(row.occurred_at for row in rows)]).astimezone(zone)
    steps = list(_steps(work, way, rows))
    when: list[str] = []
    clock = began.strftime(_FORMAT)
    for at, step in steps:
        shown = at.astimezone(zone).strftime(_FORMAT)
        if shown > clock:
            when.append(written(ClockShows(shown)))
            clock = shown
        when.append(written(step))
    last = _end(way).astimezone(zone).strftime(_FORMAT)
    if last > clock:
        when.append(written(ClockShows(last)))
    given = Given(at=began.strftime(_FORMAT), lead=_lead(work, way), deal=_deal(work, way, rows, steps))
    then = Then(
        went_through=way.nodes[:200],
        rests_at=way.rests_at if way.rests_at and not way.is_over else None,
        ended=True if way.is_over else None,
        started=True,
    )
    return FunnelTest(name=name, given=given, when=tuple(when[:200]), then=then)


def _end(walked: Walked) -> datetime:
    """Return the end, a minute later, so that what happened in its last minute has happened."""
    return walked.ended + timedelta(minutes=1)


def _events(work: Work, walked: Walked) -> Sequence[Row[Any]]:
    codes = [EVENT_KINDS[kind].code for kind in _KINDS]
    query = (
        select(event.c.kind, event.c.subject_id, event.c.caused_by, event.c.data, event.c.occurred_at)
        .where(event.c.person_id == walked.person_id, event.c.kind.in_(codes))
        .where(event.c.occurred_at >= walked.began - timedelta(seconds=60), event.c.occurred_at <= walked.ended)
        .order_by(event.c.id)
        .limit(MOST_EVENTS)
    )
    return [row for row in work.rows(query) if unpack(row.caused_by)[0] is not ActorKind.RUN]


def _steps(work: Work, walked: Walked, rows: Sequence[Row[Any]]) -> Iterator[tuple[datetime, AnyStep]]:
    """Yield what people did and when; a lead that came by a form came once, and a deal that closed moved once."""
    settings = directory(work)
    by_form = {row.subject_id for row in rows if KIND_BY_CODE[row.kind].name == "form.submitted"}
    closing = {stage.key for plan in settings.plans.values() for stage in plan.stages if stage.kind in ("won", "lost")}
    for row in rows:
        data = json.loads(row.data)
        at = row.occurred_at
        match KIND_BY_CODE[row.kind].name:
            case "lead.created" if row.subject_id not in by_form:
                yield at, LeadComes()
            case "form.submitted":
                yield at, FormSent(str(data["form"]))
            case "deal.created":
                yield at, DealOpens()
            case "deal.moved" if data.get("stage") not in closing:
                yield at, DealMoves(str(data["stage"]))
            case "deal.won":
                yield at, DealCloses("won")
            case "deal.lost":
                yield at, DealCloses("lost", str(data.get("reason") or ""))
            case "task.completed":
                yield at, TaskDone(_node_of(work, walked, row.subject_id))
            case "tag.added" | "tag.removed" as kind:
                for name in data.get("tags", ()):
                    yield at, TagPut(str(name), is_on=kind == "tag.added")
            case "manual.start":
                yield at, Pressed(str(data.get("label", "start")))
            case _:
                continue


def _node_of(work: Work, walked: Walked, task_id: int) -> str:
    """Return the node that made a task; nothing where it was no node of this funnel."""
    made_by = work.scalar(select(task.c.made_by).where(task.c.id == task_id)) or ""
    own, _, node = str(made_by).partition("/")
    return node if own == walked.funnel else ""


def _lead(work: Work, walked: Walked) -> dict[str, Any] | None:
    query = select(lead.c.source, lead.c.fields).where(lead.c.person_id == walked.person_id)
    rows = work.rows(query.order_by(lead.c.id).limit(1))
    if not rows:
        return None
    known = directory(work).fields
    kept = rows[0].fields or {}
    told = {
        f"field.{key}": value
        for key, value in kept.items()
        if (one := known.get(("lead", key))) is not None
        and one.type in TOLD_TYPES
        and isinstance(value, str | int | float | bool)
    }
    return {**({"source": rows[0].source} if rows[0].source else {}), **told}


def _deal(
    work: Work, walked: Walked, rows: Sequence[Row[Any]], steps: Sequence[tuple[datetime, AnyStep]]
) -> dict[str, Any] | None:
    """Return the deal that was there when it began, where it stood then, or that people opened; none where a funnel made it."""
    opens = any(isinstance(step, DealOpens) for _, step in steps)
    settings = directory(work)
    columns = (deal.c.id, deal.c.plan_id, deal.c.stage_id, deal.c.amount, deal.c.created_at)
    for row in work.rows(select(*columns).where(deal.c.person_id == walked.person_id).order_by(deal.c.id)):
        if opens:
            return {"plan": settings.plans[row.plan_id].key, "amount": row.amount}
        if row.created_at < walked.began - timedelta(seconds=60):
            moved = EVENT_KINDS["deal.moved"].code
            froms = [json.loads(one.data).get("from") for one in rows if (one.kind, one.subject_id) == (moved, row.id)]
            stage = settings.stages[row.stage_id]
            stood = froms[0] if froms else stage.key
            closed = not froms and stage.kind != "open"
            return {
                "plan": settings.plans[row.plan_id].key,
                **({"stage": stood} if stood and not closed else {}),
                "amount": row.amount,
            }
    return None
