"""A funnel among the others that run: which write the same, and which start one another in a circle."""

from __future__ import annotations

from sqlalchemy import select

from blocks.catalogue import block_type
from crm.directory import Directory, Plan, directory
from db.work import Work
from engine.clashes import PlanStages, Touches, clashes, touches
from engine.document import FunnelDocument
from engine.publish_problem import PublishProblem
from funnels.tables import funnel, funnel_version

_CACHED = "funnel_touches"
_RUNNING = ("published", "paused")


def clashing(work: Work, document: FunnelDocument) -> tuple[PublishProblem, ...]:
    """Return warnings about a funnel among the others that run, robots of stages included.

    One query when settings changed, which publishing counts as; none otherwise.
    """
    settings = directory(work)
    others = [one for one in _others(work, settings) if one.key != document.key]
    return tuple(clashes(touches(document, block_type), others, _plans(settings)))


def _others(work: Work, settings: Directory) -> tuple[Touches, ...]:
    cached: tuple[int, tuple[Touches, ...]] | None = work.database.cache.get(_CACHED)
    if cached is None or cached[0] != settings.version:
        query = (
            select(funnel.c.key, funnel.c.name, funnel_version.c.document)
            .join(funnel_version, funnel_version.c.id == funnel.c.version_id)
            .where(funnel.c.state.in_(_RUNNING))
            .order_by(funnel.c.key)
        )
        found = tuple(touches(FunnelDocument.model_validate(row.document), block_type) for row in work.rows(query))
        cached = (settings.version, found)
        work.database.cache[_CACHED] = cached
    return cached[1]


def _plans(settings: Directory) -> dict[str, PlanStages]:
    return {plan.key: _stages(plan) for plan in settings.plans.values() if not plan.is_archived and plan.stages}


def _stages(plan: Plan) -> PlanStages:
    return PlanStages(
        tuple(stage.key for stage in plan.stages),
        plan.first_stage.key,
        frozenset(stage.key for stage in plan.stages if stage.state == 1),
        frozenset(stage.key for stage in plan.stages if stage.state == 2),
    )
