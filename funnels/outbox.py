"""The outbox: messages on their way out, written together with all else that a run did; and what people decide on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, func, select

from crm.access.actor import Actor, Viewer
from crm.errors import NotAllowedError
from crm.journal import LANES, Cause, cause_of, journal
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.text import unpacked
from funnels.tables import funnel, outbox, run

Channel = Literal["email", "http"]
State = Literal["queued", "sending", "sent", "failed", "unknown", "cancelled"]
STATES: tuple[State, ...] = ("queued", "sending", "unknown", "failed", "sent", "cancelled")
RIGHT = "runs.repair"
"""Who may look into the outbox and decide what becomes of its messages."""

_COLUMNS = (
    "key", "lane", "channel", "person_id", "run_id", "node", "visit", "deal_id", "lead_id", "depth", "payload", "state",
    "attempts", "due_at", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that a run asks for.  ``number`` tells several of one visit apart; ``depth`` counts the funnels behind it."""

    channel: Channel
    person_id: int
    run_id: int
    node: str
    visit: int
    payload: Mapping[str, Any]
    deal_id: int | None = None
    lead_id: int | None = None
    depth: int = 0
    number: int = 0

    @property
    def key(self) -> str:
        """What no two messages share: sent once, however often it is tried."""
        return f"{self.run_id}:{self.node}:{self.visit}:{self.number}"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the page shows it: where it goes, without its text and its headers; ``problem`` says what is wrong with it."""

    id: int
    channel: Channel
    state: State
    to: str
    title: str
    funnel: str
    run_id: int
    node: str
    deal_id: int | None
    lead_id: int | None
    attempts: int
    problem: str
    status: int | None
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None


def queue(work: Work, items: Sequence[NewMessage]) -> None:
    """Put messages into the outbox; they leave after the commit.  One statement, whatever the number."""
    now = work.stored(work.now)
    rows = [
        (
            item.key, item.person_id % LANES, item.channel, item.person_id, item.run_id, item.node, item.visit, item.deal_id,
            item.lead_id, item.depth, dumps(item.payload), "queued", 0, now, now,
        )
        for item in items
    ]  # fmt: skip
    work.insert(outbox, _COLUMNS, rows)
    for channel in sorted({item.channel for item in items}):
        work.after_commit(lambda channel=channel: work.database.poke_delivery(channel))  # type: ignore[misc]  # bound early


def note_outcome(work: Work, row: Row[Any], *, is_sent: bool, status: int | None, cause: Cause) -> None:
    """Write what became of a message into the journal, for runs that wait for it.  What employees are told is no event."""
    if row.payload.get("employee"):
        return
    kind = "http.answered" if row.channel == "http" else "message.sent" if is_sent else "message.failed"
    data: dict[str, object] = {"message": row.id, "run": row.run_id, "node": row.node, "visit": row.visit}
    if row.deal_id is not None:
        data["deal"] = row.deal_id
    if status is not None:
        data["status"] = status
    journal(work).add(kind, row.person_id, row.person_id, data, cause)


def messages(
    work: Work, *, viewer: Viewer, state: State | None = None, before: int | None = None, limit: int = 50
) -> tuple[Message, ...]:
    """Return messages of a state, newest first: at most ``limit``, those with ids below ``before``.  One query.

    Raises:
        NotAllowedError: the viewer may not look into the outbox.
    """
    _require(viewer)
    query = (
        select(outbox, funnel.c.name.label("funnel"))
        .join(run, run.c.id == outbox.c.run_id, isouter=True)
        .join(funnel, funnel.c.id == run.c.funnel_id, isouter=True)
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(outbox.c.state == state)
    if before is not None:
        query = query.where(outbox.c.id < before)
    return tuple(_shown(row) for row in work.rows(query))


def counts(work: Work, *, viewer: Viewer) -> dict[State, int]:
    """Return how many messages there are in each state.  One query.

    Raises:
        NotAllowedError: the viewer may not look into the outbox.
    """
    _require(viewer)
    rows = work.rows(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    found: dict[State, int] = dict.fromkeys(STATES, 0)
    return found | {row[0]: row[1] for row in rows}


def stuck(work: Work, *, viewer: Viewer, most: int = 100) -> int:
    """Return how many messages failed, or may or may not have left; at most ``most``.  One query.

    Raises:
        NotAllowedError: the viewer may not look into the outbox.
    """
    _require(viewer)
    query = select(outbox.c.id).where(outbox.c.state.in_(("failed", "unknown"))).limit(most)
    return int(work.scalar(select(func.count()).select_from(query.subquery())) or 0)


def retry(work: Work, ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Send messages that failed, or whose outcome is unknown, once more.

    One answer each: ``done``, ``not_found``, ``not_ended``.
    """
    by.require(RIGHT)
    rows, answers = _stuck(work, ids, ("failed", "unknown", "cancelled"))
    changes = [(row.id, "queued", 0, work.now, None, None) for row in rows]
    work.update(outbox, ("id",), ("state", "attempts", "due_at", "lease_until", "ended_at"), _stored(work, changes))
    for channel in sorted({row.channel for row in rows}):
        work.after_commit(lambda channel=channel: work.database.poke_delivery(channel))  # type: ignore[misc]  # bound early
    return answers


def mark_sent(work: Work, ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Say of messages of unknown outcome that they have arrived.

    One answer each: ``done``, ``not_found``, ``not_ended``.
    """
    by.require(RIGHT)
    rows, answers = _stuck(work, ids, ("unknown", "failed"))
    _end(work, rows, "sent", by)
    return answers


def cancel(work: Work, ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Give messages up that have not left.

    One answer each: ``done``, ``not_found``, ``not_ended`` where one is leaving just now, or has left.
    """
    by.require(RIGHT)
    rows, answers = _stuck(work, ids, ("queued", "unknown", "failed"))
    _end(work, rows, "cancelled", by)
    return answers


def _require(viewer: Viewer) -> None:
    if RIGHT not in viewer.rights:
        raise NotAllowedError(RIGHT)


def _stuck(work: Work, ids: Sequence[int], states: tuple[State, ...]) -> tuple[list[Row[Any]], list[Result]]:
    """Lock the messages that are in one of some states; with an answer for each that was asked for."""
    query = select(outbox).where(in_set(outbox.c.id, "ids")).order_by(outbox.c.id).with_for_update()
    known = {row.id: row for row in work.rows(query, {"ids": list(ids)})}
    fit = {id_: row for id_, row in known.items() if row.state in states}
    answers = [Result(DONE if id_ in fit else "not_ended" if id_ in known else "not_found", (id_,)) for id_ in ids]
    return list(fit.values()), answers


def _end(work: Work, rows: Sequence[Row[Any]], state: State, by: Actor) -> None:
    changes = [(row.id, state, None, work.now) for row in rows]
    work.update(outbox, ("id",), ("state", "lease_until", "ended_at"), _stored(work, changes))
    for row in rows:
        if row.state != "failed":  # of a failure the run has heard already
            note_outcome(work, row, is_sent=state == "sent", status=None, cause=cause_of(by))


def _stored(work: Work, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(work.stored(one) if isinstance(one, datetime) else one for one in row) for row in rows]


def _shown(row: Row[Any]) -> Message:
    payload, result = row.payload, row.result or {}
    if row.channel == "email":
        to, title = payload["to"], payload["subject"]
    else:
        to, title = payload["address"].partition("?")[0], payload["method"]
    return Message(
        row.id,
        row.channel,
        row.state,
        to,
        title,
        row.funnel or "",
        row.run_id,
        row.node,
        row.deal_id,
        row.lead_id,
        row.attempts,
        unpacked(result.get("words", "")) if row.state != "sent" else "",
        result.get("status"),
        row.created_at,
        row.due_at,
        row.ended_at,
    )
