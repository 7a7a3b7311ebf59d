"""The robots that stand on a plan's stages, as a board says them in a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from blocks.catalogue import block_type
from crm.directory import Plan, directory
from db.work import Work
from engine.document import FunnelDocument
from engine.text import LazyText
from funnels.robots import robot_of
from funnels.tables import funnel, funnel_version


@dataclass(frozen=True, slots=True)
class RobotLine:
    """A robot by name: its own title, else what its action makes, else the action itself."""

    funnel_key: str
    name: LazyText | str


def robots_of(work: Work, plan: Plan) -> Mapping[str, tuple[RobotLine, ...]]:
    """Return the published robots of a plan's stages, by the stage's key.  One statement, none while no settings changed."""
    cached: tuple[int, dict[str, dict[str, tuple[RobotLine, ...]]]] | None = work.database.cache.get("robot_lines")
    stamp = directory(work).version
    if cached is None or cached[0] != stamp:
        cached = (stamp, _read(work))
        work.database.cache["robot_lines"] = cached
    return cached[1].get(plan.key, {})


def _read(work: Work) -> dict[str, dict[str, tuple[RobotLine, ...]]]:
    query = (
        select(funnel.c.key, funnel_version.c.document)
        .join(funnel_version, funnel_version.c.id == funnel.c.version_id)
        .where(funnel.c.key.like("robots.%"), funnel.c.state == "published")
        .order_by(funnel.c.key)
    )
    found: dict[str, dict[str, list[RobotLine]]] = defaultdict(lambda: defaultdict(list))
    for row in work.rows(query):
        document = FunnelDocument.model_validate(row.document)
        place = next(
            (node.config for node in document.nodes if "plan" in node.config and "stages" in node.config), None
        )
        if place is None:
            continue
        for node in document.nodes:
            if robot_of(node.id) != node.id:
                continue
            block = block_type(node.type)
            name = node.title or node.config.get("name") or (block.title if block is not None else node.type)
            for stage in place["stages"]:
                found[place["plan"]][stage].append(RobotLine(row.key, name))
    return {plan: {stage: tuple(lines) for stage, lines in stages.items()} for plan, stages in found.items()}
