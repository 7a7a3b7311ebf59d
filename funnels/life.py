"""How a funnel is doing: its state and since when, how many are inside, why it paused itself, and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from crm.access.actor import Viewer
from crm.directory import directory
from db.work import Work
from engine.document import FunnelDocument
from engine.limits import Limits
from funnels.breaking import Tripped, tripped
from funnels.seeing import find_funnel
from funnels.tables import funnel_version, run

_PARKED, _ENDED = 2, 10


@dataclass(frozen=True, slots=True)
class Life:
    """A funnel's state; ``parked`` of the ``inside`` ones stand still with an error; ``limits`` are in use, else the draft's."""

    key: str
    name: str
    state: str
    since: datetime | None
    inside: int
    parked: int
    tripped: Tripped | None
    limits: Limits


def life_of(work: Work, key: str, *, viewer: Viewer) -> Life:
    """Return how a funnel is doing.  Three queries.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    counts = select(run.c.status, func.count().label("runs")).where(run.c.funnel_id == row.id, run.c.status < _ENDED)
    standing = {one.status: one.runs for one in work.rows(counts.group_by(run.c.status))}
    used = work.scalar(select(funnel_version.c.document).where(funnel_version.c.id == row.version_id))
    return Life(
        key,
        row.name,
        row.state,
        row.state_since,
        sum(standing.values()),
        standing.get(_PARKED, 0),
        tripped(row, directory(work)),
        FunnelDocument.model_validate(used or row.draft).limits,
    )
