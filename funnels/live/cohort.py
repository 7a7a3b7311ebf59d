"""The runs of a funnel that began in a period: found by their ids, at most so many, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, cast, func, literal, select

from db.types import BigId
from db.work import Work
from engine.condition_moments import between
from engine.text import LazyText, _l
from engine.wall_time import to_wall
from funnels.tables import FORGOTTEN, node_total, run

CEILING: Final = 20_000
"""So many runs are read at most."""
REACH: Final = 200_000
"""They are looked for among so many runs of the installation, those before the end of the period."""
CHOSEN: Final = "chosen"
PERIODS: Final[Mapping[str, LazyText]] = {
    "all": _l("All time"),
    "today": _l("Today"),
    "7d": _l("7 days"),
    "30d": _l("30 days"),
    CHOSEN: _l("From … to …"),
}
"""Words for each period."""
_MARGIN: Final = 100_000  # processes lease ids ahead, so that those of one hour do not lie in a row
_LENGTHS: Final = {"today": 1, "7d": 7, "30d": 30}
_ENDED, _PARKED = 10, 2
_EARLIEST, _LATEST = date(1970, 1, 2), date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """When somebody entered: ``since <= moment < until``; ``None`` is no bound.  ``first`` and ``last`` are its days."""

    key: str = "all"
    first: date | None = None
    last: date | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_all(self) -> bool:
        """True where nobody is left out."""
        return self.since is None and self.until is None


def period_of(key: str, now: datetime, zone: ZoneInfo, first: date | None = None, last: date | None = None) -> Period:
    """Return a period of ``PERIODS``, in days of ``zone``; ``first`` and ``last`` are those of a chosen one.

    The last 7 days are today and the six before.  What is no period is all time, and so is a chosen one without days.
    """
    today = to_wall(now, zone).date()
    if key == CHOSEN and (first is not None or last is not None):
        if first is not None and last is not None and first > last:
            first, last = last, first
    elif key in _LENGTHS:
        first, last = today - timedelta(days=_LENGTHS[key] - 1), None
    else:
        return Period()
    first = max(first, _EARLIEST) if first is not None else None
    last = min(last, _LATEST) if last is not None else None
    whole = between(first or _EARLIEST, last or _LATEST, zone)
    return Period(
        key, first, last, whole.since if first is not None else None, whole.until if last is not None else None
    )


@dataclass(frozen=True, slots=True)
class Cohort:
    """The runs of a funnel that began in a period.

    ``ids`` are those that were found, the newest first, on ``version_ids``; of them ``inside`` have not ended, ``parked_ids``
    stand still with an error, and of ``forgotten`` the steps are no longer kept.  ``entered`` is how many began in the period:
    more than were found where it ``is_cut``.
    """

    ids: tuple[int, ...]
    version_ids: frozenset[int]
    entered: int
    inside: int
    parked_ids: tuple[int, ...]
    forgotten: int
    is_cut: bool

    @property
    def left(self) -> int:
        """How many of those that were found have ended."""
        return len(self.ids) - self.inside


def cohort(work: Work, funnel_id: int, period: Period, *, ceiling: int = CEILING, reach: int = REACH) -> Cohort:
    """Find the runs of a funnel that began in a period.  Three statements, whatever the number of runs.

    Ids of runs grow by and large with the moment they begin, so a period is a stretch of ids with a margin.
    """
    low, high = _stretch(work, period)
    bottom = max(0, low - _MARGIN, high - reach)
    where = [run.c.id > bottom, run.c.id <= high + _MARGIN, run.c.funnel_id == funnel_id]
    if period.since is not None:
        where.append(run.c.started_at >= period.since)
    if period.until is not None:
        where.append(run.c.started_at < period.until)
    query = (
        select(run.c.id, run.c.version_id, run.c.status, run.c.fence)
        .where(*where)
        .order_by(run.c.id.desc())
        .limit(ceiling + 1)
    )
    rows = work.rows(query)
    found = rows[:ceiling]
    counted = int(work.scalar(_counted(funnel_id, period)) or 0)
    entered = max(counted, len(rows)) if len(rows) > ceiling or bottom else len(found)
    return Cohort(
        tuple(row.id for row in found),
        frozenset(row.version_id for row in found),
        entered,
        sum(row.status < _ENDED for row in found),
        tuple(row.id for row in found if row.status == _PARKED),
        sum(row.fence == FORGOTTEN and row.status >= _ENDED for row in found),
        entered > len(found),
    )


def _stretch(work: Work, period: Period) -> tuple[int, int]:
    """Return the ids between which runs of a period are: above the first, up to the second.  One statement."""
    newest = select(func.coalesce(func.max(run.c.id), 0)).scalar_subquery()
    low = _before(period.since) if period.since is not None else literal(0)
    high = _before(period.until) if period.until is not None else newest
    [row] = work.rows(select(low.label("low"), high.label("high")))
    return int(row.low), int(row.high)


def _before(moment: datetime) -> Any:
    """Return the query for the last id before a moment: the ids are halved until there is one, by one look for each half."""
    begin = select(cast(1, BigId).label("low"), cast(func.coalesce(func.max(run.c.id), 0) + 1, BigId).label("high"))
    halves = begin.cte("halves", recursive=True, nesting=True)
    middle = (halves.c.low + halves.c.high) // 2
    began = select(run.c.started_at).where(run.c.id >= middle).order_by(run.c.id).limit(1).correlate(halves)
    is_before = began.scalar_subquery() < moment
    lower = case((is_before, middle + 1), else_=halves.c.low)
    upper = case((is_before, halves.c.high), else_=middle)
    halves = halves.union_all(select(lower, upper).where(halves.c.low < halves.c.high))
    return select(func.max(halves.c.low) - 1).scalar_subquery()


def _counted(funnel_id: int, period: Period) -> Select[Any]:
    """Return the query for how many entered a funnel in the whole hours of a period, by its totals."""
    where = [node_total.c.funnel_id == funnel_id, node_total.c.node == 0]
    if period.since is not None:
        where.append(node_total.c.hour >= -(-int(period.since.timestamp()) // 3600))
    if period.until is not None:
        where.append(node_total.c.hour < int(period.until.timestamp()) // 3600)
    return select(func.sum(node_total.c.entered)).where(*where)
