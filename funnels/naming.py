"""Names of funnels and their nodes as people say them; robots are named by their stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from blocks.catalogue import block_type
from crm.directory import Directory, directory
from db.sets import in_set
from db.work import Work
from engine.text import _l
from funnels.robots import LEFT, robot_of
from funnels.tables import funnel, funnel_version, run


@dataclass(frozen=True, slots=True)
class FunnelName:
    """A funnel as people say it: ``robots`` is true for those of a stage, which nobody calls a funnel."""

    id: int
    key: str
    name: str
    state: str
    robots: bool


def funnel_names(work: Work) -> dict[int, FunnelName]:
    """Return the names of all funnels by id.  One query."""
    settings = directory(work)
    return {row.id: named(settings, row.id, row.key, row.name, row.state) for row in work.rows(_FUNNELS)}


def named(settings: Directory, funnel_id: int, key: str, name: str, state: str) -> FunnelName:
    """Return a funnel's name from its row: robots of a stage are called by the stage's present name."""
    if not key.startswith("robots."):
        return FunnelName(funnel_id, key, name, state, False)
    plan_key, _, rest = name.partition(" / ")
    stage_key, _, part = rest.partition(": ")
    plan = settings.plan_keys.get(plan_key)
    stage = plan.by_key.get(stage_key) if plan is not None else None
    said = stage.name if stage is not None else stage_key
    if part == LEFT:
        return FunnelName(funnel_id, key, _l("Robots on leaving “{stage}”", stage=said), state, True)
    return FunnelName(funnel_id, key, _l("Robots of “{stage}”", stage=said), state, True)


def funnels_of_runs(work: Work, run_ids: Sequence[int]) -> dict[int, int]:
    """Return the id of the funnel of each run.  One query where there are runs."""
    if not run_ids:
        return {}
    return {row.id: row.funnel_id for row in work.rows(_OF_RUNS, {"runs": list(run_ids)})}


def node_titles(work: Work, version_ids: Sequence[int]) -> dict[int, dict[int, str]]:
    """Return the titles of the nodes of versions by number: a node's own title, else its block's.  One query."""
    wanted = sorted(set(version_ids))
    if not wanted:
        return {}
    return {row.id: _titles(row.document, row.numbers) for row in work.rows(_VERSIONS, {"versions": wanted})}


def _titles(document: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[int, str]:
    nodes = {str(node["id"]): node for node in document.get("nodes", ())}
    titled = {node_id: node["title"] for node_id, node in nodes.items() if node.get("title")}
    found: dict[int, str] = {}
    for node_id, node in nodes.items():
        if node_id not in numbers:
            continue
        block = block_type(str(node.get("type")))
        default = block.title if block is not None else str(node.get("type"))
        robot = robot_of(node_id) if "--" in node_id else None
        found[numbers[node_id]] = titled.get(node_id) or (titled.get(robot) if robot else None) or default
    return found


_FUNNELS = select(funnel.c.id, funnel.c.key, funnel.c.name, funnel.c.state)
_OF_RUNS = select(run.c.id, run.c.funnel_id).where(in_set(run.c.id, "runs"))
_VERSIONS = select(funnel_version.c.id, funnel_version.c.document, funnel_version.c.numbers).where(
    in_set(funnel_version.c.id, "versions")
)
