"""Who was refused lately by a funnel's triggers, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from crm.access.actor import Viewer
from crm.directory import Directory, directory
from crm.tables.journal import event
from db.work import Work
from engine.condition import Reason
from engine.event import KIND_BY_CODE, SUBJECT_CODES
from engine.text import LazyText, _l
from funnels.naming import node_titles
from funnels.seeing import find_funnel
from funnels.subjects import Whom, whom
from funnels.tables import refusal
from funnels.words.names import event_name, field_name

PAGE: Final = 50
DAYS: Final = 7
REASONS: Final[Mapping[str, LazyText]] = {
    "filter": _l("the condition of the trigger does not hold"),
    "settings": _l("the settings of the trigger do not fit"),
    "enrolled": _l("already inside, or was before"),
    "cooldown": _l("too soon after the last time"),
    "self_caused": _l("this funnel caused the event itself"),
    "too_deep": _l("too many funnels stand behind the event"),
    "paused": _l("the funnel was paused"),
    "draining": _l("the funnel was draining"),
}


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How many were refused at a trigger (the node's id and its title) for a reason."""

    node: str
    title: str
    code: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal: whom, when, by what event, and why in words."""

    id: int
    node: str
    at: datetime
    about: Whom
    event: str
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Refusals:
    """The refusals of the last ``days``: counts by trigger and reason, the most frequent first, and a page of the newest.

    ``more`` is what to give as ``before`` for the next page, 0 where there is none.
    """

    days: int
    counts: tuple[RefusalCount, ...]
    newest: tuple[Refused, ...]
    more: int


def refusals(
    work: Work, key: str, *, viewer: Viewer, node: str = "", code: str = "", before: int = 0, days: int = DAYS
) -> Refusals:
    """Return who was refused lately, by all triggers or by one, for any reason or for one.  Eight queries at most.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    settings = directory(work)
    names = {number: name for name, number in row.numbers.items()}
    titles = node_titles(work, [row.version_id]).get(row.version_id, {}) if row.version_id is not None else {}
    lately = (refusal.c.funnel_id == row.id, refusal.c.at >= work.now - timedelta(days=days))
    counted = select(refusal.c.node, refusal.c.code, func.count().label("count")).where(*lately)
    counts = tuple(
        RefusalCount(
            names.get(one.node, ""),
            titles.get(one.node) or names.get(one.node, ""),
            one.code,
            REASONS.get(one.code, one.code),
            one.count,
        )
        for one in work.rows(counted.group_by(refusal.c.node, refusal.c.code).order_by(func.count().desc()))
    )
    query = (
        select(refusal, event.c.kind, event.c.subject_id)
        .outerjoin(event, event.c.id == refusal.c.event_id)
        .where(*lately)
        .order_by(refusal.c.id.desc())
        .limit(PAGE + 1)
    )
    if node:
        query = query.where(refusal.c.node == row.numbers.get(node, -1))
    if code:
        query = query.where(refusal.c.code == code)
    if before:
        query = query.where(refusal.c.id < before)
    rows = work.rows(query)
    shown = rows[:PAGE]
    about = whom(work, [_place(one) for one in shown], viewer=viewer)
    newest = tuple(
        Refused(
            one.id,
            names.get(one.node, ""),
            one.at,
            about[_place(one)],
            event_name(KIND_BY_CODE[one.kind].name) if one.kind is not None else "",
            one.code,
            why(one.code, one.reason, settings),
        )
        for one in shown
    )
    return Refusals(days, counts, newest, shown[-1].id if len(rows) > PAGE else 0)


def why(code: str, reason: Any, settings: Directory) -> str:
    """Return the words for one refusal: what was seen and what was needed, where the condition was the reason."""
    first = (reason or {}).get("first")
    if first is not None:
        failing = Reason.from_plain(first)
        if failing.field is not None:
            failing = replace(failing, field=field_name(failing.field, settings))
        return failing.text
    text = (reason or {}).get("text")
    if isinstance(text, list) and len(text) == 2:
        return LazyText(str(text[0]), params=text[1])
    if code in ("settings", "cooldown"):
        return str((reason or {}).get("message") or REASONS[code])
    return REASONS.get(code, code)


def _place(row: Any) -> tuple[int, int, int]:
    if row.kind is None:
        return SUBJECT_CODES["person"], row.person_id, row.person_id
    return SUBJECT_CODES[KIND_BY_CODE[row.kind].subject], row.subject_id, row.person_id


MOST: Final = 10_000
"""So many refusals are counted at most."""


def refused_lately(work: Work, funnel_id: int, *, days: int = DAYS) -> dict[int, int]:
    """Return how many each trigger of a funnel refused lately, by its number; of many the newest ``MOST``.  One query."""
    lately = select(refusal.c.node).where(
        refusal.c.funnel_id == funnel_id, refusal.c.at >= work.now - timedelta(days=days)
    )
    newest = lately.order_by(refusal.c.at.desc()).limit(MOST).subquery()
    rows = work.rows(select(newest.c.node, func.count().label("refusals")).group_by(newest.c.node))
    return {row.node: row.refusals for row in rows}
