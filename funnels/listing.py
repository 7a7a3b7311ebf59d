"""The list of funnels: what state each is in, who passed, who is inside, what stands still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from crm.access.actor import ActorKind, Viewer, unpack
from crm.directory import Directory, directory
from db.work import Work
from engine.text import _l
from funnels.breaking import Tripped, tripped
from funnels.robots import LEFT
from funnels.seeing import require_sight
from funnels.standing_still import stands_still
from funnels.tables import funnel, funnel_version, node_total, refusal, run

ROBOTS: Final = "robots."
REFUSED_DAYS: Final = 7
_PARKED = 2


@dataclass(frozen=True, slots=True)
class ListedFunnel:
    """A funnel of the list.

    ``entered`` is always ``inside`` plus ``left``; ``parked`` of those inside stand still with an error, ``failed`` is how often
    that ever happened.  ``refused`` counts the last seven days.  ``version`` is 0 before the first publishing; ``has_draft`` says
    that the draft differs from it.  ``stage`` is set where robots of a stage were compiled into it: ``Homes / Visit``.
    """

    key: str
    name: str
    state: str
    version: int
    has_draft: bool
    changed_at: datetime
    published_at: datetime | None
    published_by: str
    entered: int
    left: int
    inside: int
    parked: int
    failed: int
    refused: int
    stage: str
    tripped: Tripped | None = None


def funnel_list(work: Work, *, viewer: Viewer) -> tuple[ListedFunnel, ...]:
    """Return all funnels: those that people drew by name, then the robots of stages.  Four queries, whatever the number.

    Raises:
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    require_sight(viewer)
    settings = directory(work)
    columns = [
        funnel.c.id,
        funnel.c.key,
        funnel.c.name,
        funnel.c.state,
        funnel.c.changed_at,
        funnel.c.state_since,
        funnel.c.tripped,
        funnel_version.c.number,
        funnel_version.c.published_at,
        funnel_version.c.published_by,
        (funnel.c.draft == funnel_version.c.document).label("is_same"),
    ]
    rows = work.rows(select(*columns).outerjoin(funnel_version, funnel_version.c.id == funnel.c.version_id))
    totals = {
        row.funnel_id: row
        for row in work.rows(
            select(
                node_total.c.funnel_id,
                func.sum(node_total.c.entered).label("entered"),
                func.sum(node_total.c.left).label("gone"),
                func.sum(node_total.c.failed).label("failed"),
            )
            .where(node_total.c.node == 0)
            .group_by(node_total.c.funnel_id)
        )
    }
    parked = _counts(work, select(run.c.funnel_id, func.count()).where(stands_still()).group_by(run.c.funnel_id))
    since = work.now - timedelta(days=REFUSED_DAYS)
    refused = _counts(
        work, select(refusal.c.funnel_id, func.count()).where(refusal.c.at >= since).group_by(refusal.c.funnel_id)
    )
    found = []
    for row in rows:
        total = totals.get(row.id)
        entered, left, failed = (int(total.entered), int(total.gone), int(total.failed)) if total else (0, 0, 0)
        found.append(
            ListedFunnel(
                row.key,
                robots_name(row.key, row.name),
                row.state,
                row.number or 0,
                row.number is not None and not row.is_same,
                row.changed_at,
                row.published_at,
                actor_name(settings, row.published_by),
                entered,
                left,
                entered - left,
                parked.get(row.id, 0),
                failed,
                refused.get(row.id, 0),
                stage_of(settings, row.key, row.name),
                tripped(row, settings),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.stage, one.name.casefold(), one.key)))


def actor_name(settings: Directory, packed: int | None) -> str:
    """Return who did something: a user's name; empty where it was the command line or the system."""
    if packed is None:
        return ""
    kind, id_ = unpack(packed)
    user = settings.users.get(id_) if kind == ActorKind.USER else None
    return user.name if user is not None else ""


def stage_of(settings: Directory, key: str, name: str) -> str:
    """Return plan and stage whose robots a funnel was compiled from, empty for a funnel that people drew."""
    if not key.startswith(ROBOTS):
        return ""
    plan_key, _, rest = name.partition(" / ")
    stage_key = rest.partition(": ")[0]
    plan = settings.plan_keys.get(plan_key)
    if plan is None:
        return f"{plan_key} / {stage_key}"
    stage = plan.by_key.get(stage_key)
    return f"{plan.name} / {stage.name if stage is not None else stage_key}"


def robots_name(key: str, name: str) -> str:
    """Return what to call a funnel: of a stage's robots, which of them; else its own name."""
    if not key.startswith(ROBOTS):
        return name
    which = name.partition(" / ")[2].partition(": ")[2]
    if not which:
        return _l("Robots on coming")
    return _l("Robots on leaving") if which == LEFT else _l("Robot “{robot}”", robot=which)


def _counts(work: Work, query: object) -> dict[int, int]:
    return {row[0]: row[1] for row in work.rows(query)}  # type: ignore[arg-type]  # a select of two columns
