"""Who is inside a funnel: at a node, or parked with an error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from crm.access.actor import Viewer
from db.work import Work
from funnels.seeing import find_funnel
from funnels.standing_still import stands_still
from funnels.stored_error import error_words
from funnels.subjects import Whom, whom
from funnels.tables import run, token

PAGE: Final = 25
MOST_PARKED: Final = 200
_ENDED, _PARKED = 10, 2


@dataclass(frozen=True, slots=True)
class Insider:
    """A run that rests at a node.  ``until`` is ``None`` where it waits for an event only, or stands still with an error.

    ``is_held`` says that its funnel is paused: it does not wake, whatever ``until`` says.
    """

    run_id: int
    about: Whom
    since: datetime
    until: datetime | None
    is_held: bool
    is_parked: bool


@dataclass(frozen=True, slots=True)
class Parked:
    """A run that stands still: where (the node's id; empty where it was parked as a whole), and why."""

    run_id: int
    about: Whom
    started_at: datetime
    node: str
    code: str
    message: str


def at_node(work: Work, key: str, node: str, *, viewer: Viewer, after: int = 0) -> tuple[tuple[Insider, ...], int]:
    """Return who rests at a node, the longest there first, a page at a time; and what to give as ``after`` for the next page.

    The second is 0 where there is no more.  Seven queries at most.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    number = row.numbers.get(node)
    if number is None:
        return (), 0
    query = (
        select(token, run.c.status, run.c.subject_kind, run.c.subject_id)
        .join(run, run.c.id == token.c.run_id)
        .where(run.c.funnel_id == row.id, run.c.status < _ENDED, token.c.node == number, token.c.id > after)
        .order_by(token.c.id)
        .limit(PAGE + 1)
    )
    rows = work.rows(query)
    shown = rows[:PAGE]
    about = whom(work, [_place(one) for one in shown], viewer=viewer)
    found = tuple(
        Insider(
            one.run_id,
            about[_place(one)],
            one.arrived_at,
            one.due_at or one.held_due_at,
            one.held_due_at is not None,
            one.status == _PARKED,
        )
        for one in shown
    )
    return found, shown[-1].id if len(rows) > PAGE else 0


def parked(work: Work, key: str, *, viewer: Viewer, node: str = "") -> tuple[tuple[Parked, ...], int]:
    """Return the parked runs of a funnel, or of one node, the oldest first, at most ``MOST_PARKED``; and how many there are.

    Six queries at most.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    where = [run.c.funnel_id == row.id, stands_still(), *_at(node)]
    rows = work.rows(select(run).where(*where).order_by(run.c.id).limit(MOST_PARKED))
    count = len(rows)
    if count == MOST_PARKED:
        count = int(work.scalar(select(func.count()).select_from(run).where(*where)) or 0)
    about = whom(work, [_place(one) for one in rows], viewer=viewer)
    return tuple(_parked(one, about[_place(one)]) for one in rows), count


def parked_ids(work: Work, key: str, *, viewer: Viewer, node: str = "") -> list[int]:
    """Return the ids of all parked runs of a funnel, or of one node, the oldest first.  Two queries."""
    row = find_funnel(work, key, viewer)
    query = select(run.c.id).where(run.c.funnel_id == row.id, stands_still(), *_at(node))
    return [one.id for one in work.rows(query.order_by(run.c.id))]


def _at(node: str) -> list[ColumnElement[bool]]:
    """Return the condition that a run failed at a node: its error begins with it."""
    return [run.c.error.startswith(f'{{"node":"{node}",', autoescape=True)] if node else []


def _parked(row: Any, about: Whom) -> Parked:
    error = json.loads(row.error or "{}")
    return Parked(
        row.id,
        about,
        row.started_at,
        str(error.get("node") or ""),
        str(error.get("code") or ""),
        error_words(error),
    )


def _place(row: Any) -> tuple[int, int, int]:
    return row.subject_kind, row.subject_id, row.person_id
