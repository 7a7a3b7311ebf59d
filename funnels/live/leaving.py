"""When those leave who are at a node: how many on which day, and when most of them leave at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from crm.access.actor import Viewer
from db.work import Work
from engine.wall_time import to_utc, to_wall
from funnels.graph import node_counts, parked_by_node
from funnels.seeing import find_funnel
from funnels.tables import run, token

CEILING: Final = 20_000
"""So many moments are read at most, the next ones first."""
REACH: Final = 50_000
"""They are looked for among so many that are due next in the installation."""
DAYS: Final = 5
RUSH: Final = timedelta(minutes=5)
_CROWD, _PART = 3, 0.25
_ENDED = 10


@dataclass(frozen=True, slots=True)
class Rush:
    """The five minutes of a day in which most leave."""

    since: datetime
    until: datetime
    count: int


@dataclass(frozen=True, slots=True)
class LeavingDay:
    """How many leave on a day of the zone, and the rush of it, where there is one."""

    day: date
    count: int
    rush: Rush | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """When those leave who are ``inside`` a node: ``inside`` = ``now`` + those of ``days`` + ``later`` + ``open`` + ``parked``.

    ``now`` are due already, ``later`` come after the last of the ``days``, ``open`` wait for something to happen and no moment,
    ``parked`` stand still with an error.  Where the moments ``are_cut``, ``later`` are all whose moment was not read, and
    ``open`` is not known.  ``is_held`` where the funnel is paused, so that nobody leaves.
    """

    inside: int
    now: int
    days: tuple[LeavingDay, ...]
    later: int
    open: int
    parked: int
    is_held: bool
    are_cut: bool


def leaving(
    work: Work,
    key: str,
    node: str,
    *,
    viewer: Viewer,
    zone: ZoneInfo,
    ceiling: int = CEILING,
    reach: int = REACH,
) -> Leaving:
    """Return when those leave who are at a node of a funnel.  Five statements, whatever their number.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    number = row.numbers.get(node, -1)
    entered, left, _ = node_counts(work, row.id).get(number, (0, 0, 0))
    parked = parked_by_node(work, row.id)[node]
    is_held = row.state == "paused"
    query = _held(row.id, number) if is_held else _due(row.id, number, reach)
    moments = {one.due: int(one.tokens) for one in work.rows(query.limit(ceiling))}
    inside, timed = entered - left, sum(moments.values())
    are_cut = len(moments) == ceiling or (not is_held and int(work.scalar(_coming(reach)) or 0) >= reach)
    now, days, later = _spread(moments, work.now, zone)
    others = max(0, inside - timed - parked)
    return Leaving(
        inside, now, days, later + (others if are_cut else 0), 0 if are_cut else others, parked, is_held, are_cut
    )


def _coming(reach: int) -> Select[Any]:
    """Return the query for how many are due at all, as far as they are looked at."""
    coming = select(token.c.due_at).where(token.c.due_at.is_not(None)).order_by(token.c.due_at).limit(reach).subquery()
    return select(func.count()).select_from(coming)


def _due(funnel_id: int, number: int, reach: int) -> Select[Any]:
    """Return the query for the moments at which those at a node are due, the next first."""
    columns = (token.c.run_id, token.c.node, token.c.due_at)
    coming = select(*columns).where(token.c.due_at.is_not(None)).order_by(token.c.due_at).limit(reach).subquery()
    query = select(coming.c.due_at.label("due"), func.count().label("tokens")).join(run, run.c.id == coming.c.run_id)
    ours = query.where(coming.c.node == number, run.c.funnel_id == funnel_id, run.c.status < _ENDED)
    return ours.group_by(coming.c.due_at).order_by(coming.c.due_at)


def _held(funnel_id: int, number: int) -> Select[Any]:
    """Return the same for a paused funnel, whose moments are put aside: those of its oldest runs."""
    query = (
        select(run.c.id).where(run.c.funnel_id == funnel_id, run.c.status < _ENDED).order_by(run.c.id).limit(CEILING)
    )
    oldest = query.subquery()
    put_aside = select(token.c.held_due_at.label("due"), func.count().label("tokens"))
    ours = put_aside.join(oldest, oldest.c.id == token.c.run_id).where(token.c.node == number)
    return ours.where(token.c.held_due_at.is_not(None)).group_by(token.c.held_due_at).order_by(token.c.held_due_at)


def _spread(moments: Mapping[datetime, int], now: datetime, zone: ZoneInfo) -> tuple[int, tuple[LeavingDay, ...], int]:
    """Return how many are due already, those of the next days with the rush of each, and how many come later."""
    due = sum(count for moment, count in moments.items() if moment <= now)
    by_day: dict[date, Counter[datetime]] = {}
    for moment, count in moments.items():
        if moment > now:
            wall = to_wall(moment, zone)
            by_day.setdefault(wall.date(), Counter())[_beginning(wall)] += count
    days = sorted(by_day)
    told = tuple(LeavingDay(day, by_day[day].total(), _rush(by_day[day], zone)) for day in days[:DAYS])
    return due, told, sum(by_day[day].total() for day in days[DAYS:])


def _beginning(wall: datetime) -> datetime:
    """Return when the five minutes begin in which a wall time lies."""
    return wall.replace(minute=wall.minute - wall.minute % 5, second=0, microsecond=0)


def _rush(parts: Counter[datetime], zone: ZoneInfo) -> Rush | None:
    """Return the fullest five minutes of a day, the earliest of several; none where nobody crowds there."""
    begin = min(parts, key=lambda part: (-parts[part], part))
    if parts[begin] < _CROWD or parts[begin] < _PART * parts.total():
        return None
    since = to_utc(begin, zone)
    return Rush(since, since + RUSH, parts[begin])
