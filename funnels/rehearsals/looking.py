"""Rehearsals as people look at them: the list, one with its figures, who went where, and one person moment by moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Row, func, select

from crm.access.actor import Viewer
from crm.directory import directory
from crm.errors import NotFoundError
from crm.tables.journal import event
from db.sets import in_set
from db.work import Work
from engine.block import Trigger
from engine.document import FunnelDocument, Node
from engine.event import EVENT_KINDS
from engine.text import unpacked
from funnels.graph import read_settings
from funnels.listing import actor_name
from funnels.rehearsals.asking import BUSY
from funnels.rehearsals.figures import Figures
from funnels.rehearsals.tables import rehearsal, rehearsal_walk
from funnels.seeing import find_funnel
from funnels.subjects import Whom, whom

State = Literal["asked", "running", "finished", "failed", "aborted"]
PAGE: Final = 50
MOST_COUNTED: Final = 100_000
"""Events are counted so far; there are as many, or more."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal: what was asked, how far it is, and what came of it.

    ``figures`` are there once it is finished, ``really`` where the funnel had been published.  ``events`` is how many events its
    triggers look at, ``left_out`` how many later ones could not happen, ``together`` how many seconds were worked on as one.
    """

    id: int
    document: FunnelDocument
    start: datetime
    end: datetime
    is_unkind: bool
    person_id: int | None
    state: State
    percent: int
    problem: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    figures: Figures | None
    really: Figures | None
    refused: Mapping[str, int]
    events: int
    people: int
    left_out: int
    together: int
    seconds: float
    walks: int

    @property
    def is_busy(self) -> bool:
        """True until it is finished, failed or aborted."""
        return self.state in BUSY


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk of a rehearsal in the list: whose, and what became of it."""

    number: int
    about: Whom
    state: str
    outcome: str
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a walk.

    Attributes:
        at: when.
        is_timer: its time had come; otherwise something happened.
        events: kinds of events that happened to the person then, whoever caused them.
        passed: nodes that were answered, with the port each was left by.
        did: what the run did: the kind of event or the channel, and what is told of it.
        rests: nodes where it rests afterwards, each with when it wakes (``None``: by an event).
    """

    at: datetime
    is_timer: bool
    events: tuple[str, ...]
    passed: tuple[tuple[str, str], ...]
    did: tuple[tuple[str, Mapping[str, Any]], ...]
    rests: tuple[tuple[str, datetime | None], ...]

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "at": self.at.isoformat(),
            "timer": self.is_timer,
            "events": list(self.events),
            "passed": [list(one) for one in self.passed],
            "did": [[kind, dict(told)] for kind, told in self.did],
            "rests": [[node, due.isoformat() if due is not None else None] for node, due in self.rests],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Moment:
        """Return what ``plain`` gave."""
        return cls(
            datetime.fromisoformat(plain["at"]),
            bool(plain["timer"]),
            tuple(plain["events"]),
            tuple((node, port) for node, port in plain["passed"]),
            tuple((kind, told) for kind, told in plain["did"]),
            tuple((node, datetime.fromisoformat(due) if due else None) for node, due in plain["rests"]),
        )


def rehearsals(work: Work, key: str, *, viewer: Viewer) -> tuple[Rehearsal, ...]:
    """Return the rehearsals of a funnel, the newest first.  Two queries.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    query = select(rehearsal).where(rehearsal.c.funnel_id == row.id).order_by(rehearsal.c.id.desc())
    return tuple(_shown(work, one) for one in work.rows(query))


def one_rehearsal(work: Work, key: str, id_: int, *, viewer: Viewer) -> Rehearsal:
    """Return a rehearsal of a funnel.  Two queries.

    Raises:
        NotFoundError: there is no such funnel or rehearsal.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    rows = work.rows(select(rehearsal).where(rehearsal.c.funnel_id == row.id, rehearsal.c.id == id_))
    if not rows:
        raise NotFoundError("rehearsal", id_)
    return _shown(work, rows[0])


def _shown(work: Work, row: Row[Any]) -> Rehearsal:
    result = row.result or {}
    return Rehearsal(
        row.id,
        FunnelDocument.model_validate(row.document),
        row.starts_at,
        row.ends_at,
        row.is_unkind,
        row.person_id,
        row.state,
        row.percent,
        unpacked(row.problem) if row.problem else "",
        actor_name(directory(work), row.caused_by),
        row.asked_at,
        row.ended_at,
        Figures.of(result["figures"]) if "figures" in result else None,
        Figures.of(result["really"]) if result.get("really") else None,
        result.get("refused", {}),
        result.get("events", 0),
        result.get("people", 0),
        result.get("left_out", 0),
        result.get("together", 0),
        result.get("seconds", 0.0),
        result.get("walks", 0),
    )


def walks(
    work: Work, one: Rehearsal, *, viewer: Viewer, node: str = "", state: str = "", after: int = 0
) -> tuple[tuple[Walked, ...], int]:
    """Return who went, a page at a time, and what to give as ``after`` for the next page (0: no more).  Four queries at most.

    ``node`` narrows to who came to it, ``state`` to who is waiting, stands parked or ended.
    """
    query = select(rehearsal_walk).where(rehearsal_walk.c.rehearsal_id == one.id, rehearsal_walk.c.number > after)
    if node:
        query = query.where(rehearsal_walk.c.nodes.contains(f" {node} ", autoescape=True))
    if state:
        query = query.where(rehearsal_walk.c.state == state)
    rows = work.rows(query.order_by(rehearsal_walk.c.number).limit(PAGE + 1))
    shown = rows[:PAGE]
    about = whom(work, [_place(row) for row in shown], viewer=viewer)
    found = tuple(
        Walked(row.number, about[_place(row)], row.state, row.outcome, tuple(row.nodes.split())) for row in shown
    )
    return found, shown[-1].number if len(rows) > PAGE else 0


def walk(work: Work, one: Rehearsal, number: int, *, viewer: Viewer) -> tuple[Walked, tuple[Moment, ...]]:
    """Return a walk, moment by moment.  Four queries at most.

    Raises:
        NotFoundError: the rehearsal has none with this number, or the viewer may not see the record.
    """
    rows = work.rows(
        select(rehearsal_walk).where(rehearsal_walk.c.rehearsal_id == one.id, rehearsal_walk.c.number == number)
    )
    if not rows:
        raise NotFoundError("rehearsal", one.id)
    [row] = rows
    about = whom(work, [_place(row)], viewer=viewer)[_place(row)]
    if not about.title and viewer.owner_ids is not None:
        raise NotFoundError(about.kind, about.id)
    shown = Walked(row.number, about, row.state, row.outcome, tuple(row.nodes.split()))
    return shown, tuple(Moment.of(plain) for plain in row.moments)


def _place(row: Row[Any]) -> tuple[int, int, int]:
    return row.subject_kind, row.subject_id, row.person_id


def matching(work: Work, document: FunnelDocument, start: datetime, end: datetime) -> int:
    """Return how many events of a period are of the kinds that a draft's triggers look at, ``MOST_COUNTED`` at most.

    Some thirty look-ups by the journal's key, and one query along it.
    """
    kinds = sorted({EVENT_KINDS[kind].code for node in document.nodes for kind in _kinds(node)})
    if not kinds:
        return 0
    first = first_event(work, start)
    query = (
        select(event.c.id)
        .where(
            event.c.id >= first,
            event.c.occurred_at >= start,
            event.c.occurred_at < end,
            in_set(event.c.kind, "kinds", kinds),
        )
        .limit(MOST_COUNTED)
    )
    return int(work.scalar(select(func.count()).select_from(query.subquery())) or 0)


def _kinds(node: Node) -> frozenset[str]:
    _, block, _ = read_settings(node)
    return block.kinds if isinstance(block, Trigger) else frozenset()


def first_event(work: Work, since: datetime) -> int:
    """Return the id of the first event that was noted since a moment, found by halves along the journal's key."""
    low, high = 1, (work.scalar(select(func.max(event.c.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        rows = work.rows(
            select(event.c.id, event.c.recorded_at).where(event.c.id >= middle).order_by(event.c.id).limit(1)
        )
        if not rows or rows[0].recorded_at >= since:
            high = middle
        else:
            low = int(rows[0].id) + 1
    return low
