"""The robots that stand on a plan's stages, as a board says them in a line each: what, when, and whether it works."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from blocks.catalogue import block_type
from blocks.wait_duration import WaitDuration
from blocks.wait_event import WaitEvent
from crm.directory import Directory, Plan, directory
from db.sets import in_set
from db.work import Work
from engine.document import FunnelDocument, Node
from engine.program import read_block
from engine.text import LazyText, _l
from funnels.robot_chains import EXITED
from funnels.robots import robot_of
from funnels.standing_still import stands_still
from funnels.tables import funnel, funnel_version, run
from funnels.words.names import event_name, listed
from funnels.words.sentences import sentence
from funnels.words.values import duration
from voronka_error import VoronkaError

_STANDING = ("published", "paused", "draining")


@dataclass(frozen=True, slots=True)
class RobotLine:
    """A robot by name: its own title, else what its action makes, else the action itself.

    ``when`` says when it acts, empty for at once; ``does`` what exactly.  ``state`` is that of its funnel (``published``,
    ``paused``, ``draining``); ``stuck`` deals stand still in it with an error, among all robots of the funnel.
    """

    funnel_key: str
    name: LazyText | str
    when: LazyText | str = ""
    does: LazyText | str = ""
    state: str = "published"
    stuck: int = 0


Lines = Mapping[str, tuple[RobotLine, ...]]


def robots_of(work: Work, plan: Plan) -> Lines:
    """Return the robots of a plan's stages, by the stage's key, in their order.

    One statement where there are robots, one more when settings changed.
    """
    cached: tuple[int, dict[str, dict[str, tuple[RobotLine, ...]]]] | None = work.database.cache.get("robot_lines")
    settings = directory(work)
    if cached is None or cached[0] != settings.version:
        cached = (settings.version, _read(work, settings))
        work.database.cache["robot_lines"] = cached
    found = cached[1].get(plan.key, {})
    keys = sorted({line.funnel_key for lines in found.values() for line in lines})
    if not keys:
        return found
    stuck = {row.key: row.runs for row in work.rows(_STUCK, {"keys": keys})}
    if not stuck:
        return found
    return {
        stage: tuple(replace(line, stuck=stuck.get(line.funnel_key, 0)) for line in lines)
        for stage, lines in found.items()
    }


def _read(work: Work, settings: Directory) -> dict[str, dict[str, tuple[RobotLine, ...]]]:
    query = (
        select(funnel.c.key, funnel.c.state, funnel_version.c.document)
        .join(funnel_version, funnel_version.c.id == funnel.c.version_id)
        .where(funnel.c.key.like("robots.%"), funnel.c.state.in_(_STANDING))
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
        nodes = {node.id: node for node in document.nodes}
        for node in document.nodes:
            if robot_of(node.id) != node.id:
                continue
            line = RobotLine(row.key, _name(node), _when(nodes, node.id, settings), _does(node, settings), row.state)
            for stage in place["stages"]:
                found[place["plan"]][stage].append(line)
    return {plan: {stage: tuple(lines) for stage, lines in stages.items()} for plan, stages in found.items()}


def _name(node: Node) -> LazyText | str:
    block = block_type(node.type)
    return node.title or node.config.get("name") or (block.title if block is not None else node.type)


def _does(node: Node, settings: Directory) -> LazyText | str:
    try:
        return sentence(read_block(node, block_type), settings)
    except VoronkaError:
        return ""


def _when(nodes: Mapping[str, Node], robot: str, settings: Directory) -> LazyText | str:
    """Return when a robot acts; nothing for at once."""
    wait = nodes.get(f"{robot}--wait")
    if wait is None:
        return _l("on leaving") if EXITED in nodes else ""
    try:
        block = read_block(wait, block_type)
    except VoronkaError:
        return ""
    match block:
        case WaitDuration():
            return _l("after {duration}", duration=duration(block.lasting))
        case WaitEvent():
            events = [event_name(one.event) for one in block.events if one.port == "happened"]
            return _l("at each: {events}", events=listed(events, last="or"))
    return sentence(block, settings)


_STUCK = (
    select(funnel.c.key, func.count().label("runs"))
    .join(run, run.c.funnel_id == funnel.c.id)
    .where(in_set(funnel.c.key, "keys"), stands_still())
    .group_by(funnel.c.key)
)
