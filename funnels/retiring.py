"""Robots that a stage's file no longer has: their funnels let nobody in any more; who is inside goes on to the end."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from blocks.catalogue import block_type
from crm.access.actor import Actor
from db.work import Work
from engine.document import FunnelDocument
from engine.robot import StageRobots
from funnels.robots import compile_robots, funnel_key
from funnels.states import StateChange, drain
from funnels.tables import funnel

_LETTING_IN = ("published", "paused")


def left_over(work: Work, stage: StageRobots) -> tuple[str, ...]:
    """Return the keys of the stage's funnels that let deals in and that its robots no longer compile to.  One query.

    A robot that shared its funnel with others is no funnel of its own: the next version of that funnel is without it.
    """
    base = funnel_key(stage.plan, stage.stage)
    kept = {document.key for document in compile_robots(stage, block_type)}
    query = (
        select(funnel.c.key, funnel.c.draft)
        .where(or_(funnel.c.key == base, funnel.c.key.startswith(f"{base}.", autoescape=True)))
        .where(funnel.c.state.in_(_LETTING_IN))
        .order_by(funnel.c.key)
    )
    return tuple(row.key for row in work.rows(query) if row.key not in kept and _stands_on(row.draft, stage))


def retire(work: Work, keys: Sequence[str], *, by: Actor) -> list[StateChange]:
    """Let nobody into these funnels any more.

    Raises:
        NotAllowedError: he may not publish.
    """
    return drain(work, keys, by=by)


def _stands_on(draft: object, stage: StageRobots) -> bool:
    """True where a funnel starts at this stage: its key alone might be another's."""
    starts = [node.config for node in FunnelDocument.model_validate(draft).nodes if "stages" in node.config]
    return any(config.get("plan") == stage.plan and list(config["stages"]) == [stage.stage] for config in starts)
