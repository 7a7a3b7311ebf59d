"""Robots of a stage, compiled to ordinary funnels, so that nothing runs a deal but the one interpreter.

All robots of a stage share a funnel, one more is for those on leaving.  A robot that listens to events, remembers whom it
had, or takes deals already in the stage has a funnel of its own: its entries are what it remembers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from engine.block import BlockCatalogue
from engine.checks import check
from engine.condition import All
from engine.document import FunnelDocument
from engine.publish_problem import Known, PublishProblem, error, in_order
from engine.robot import OnLeaving, Robot, StageRobots
from engine.story import FunnelTest
from engine.text import _l
from funnels.robot_chains import SHARED_NODES, Column

ACTION_GROUPS: Final = frozenset({"crm", "task", "people", "message", "survey"})
LEFT: Final = "left"

_READABLE = re.compile(r"[a-z0-9][a-z0-9_-]*")
_MOST_READABLE = 31


def compile_robots(stage: StageRobots, catalogue: BlockCatalogue) -> tuple[FunnelDocument, ...]:
    """Return the funnels of a stage's robots: the shared one, the one on leaving, then those of robots that stand alone.

    Deterministic.  A robot's nodes are named by its id, so numbers survive edits.  A test goes with the funnel whose nodes it
    names.  Nothing is checked but the document's form: see ``check_robots``.
    """
    key, name = funnel_key(stage.plan, stage.stage), f"{stage.plan} / {stage.stage}"
    shared = [robot for robot in stage.robots if not robot.stands_alone]
    staying = [robot for robot in shared if not isinstance(robot.when, OnLeaving)]
    leaving = [robot for robot in shared if isinstance(robot.when, OnLeaving)]
    funnels = [
        *([_funnel(key, name, stage, staying, catalogue)] if staying else []),
        *([_funnel(f"{key}.{LEFT}", f"{name}: {LEFT}", stage, leaving, catalogue)] if leaving else []),
        *(
            _funnel(f"{key}.{robot.id}", f"{name}: {robot.id}", stage, [robot], catalogue)
            for robot in stage.robots
            if robot.stands_alone
        ),
    ]
    return tuple(_with_its_tests(one, funnels, stage.tests) for one in funnels)


def _with_its_tests(
    document: FunnelDocument, funnels: Sequence[FunnelDocument], tests: Sequence[FunnelTest]
) -> FunnelDocument:
    """Return a funnel with the tests that name its nodes; the first funnel also has those that name no funnel's."""
    homes = {test.name: next((one for one in funnels if test.nodes <= _names(one)), funnels[0]) for test in tests}
    its = tuple(test for test in tests if homes[test.name] is document)
    return document.model_copy(update={"tests": its}) if its else document


def _names(document: FunnelDocument) -> frozenset[str]:
    return frozenset(node.id for node in document.nodes)


def funnel_key(plan: str, stage: str) -> str:
    """Return the key of the funnel that a stage's robots share: ``robots.<plan>.<stage>``, hashed where that is no key."""
    if len(plan) + len(stage) <= _MOST_READABLE and _READABLE.fullmatch(plan) and _READABLE.fullmatch(stage):
        return f"robots.{plan}.{stage}"
    return f"robots.{blake2b(repr((plan, stage)).encode(), digest_size=8).hexdigest()}"


def robot_of(node: str) -> str | None:
    """Return the id of the robot that a node of a compiled funnel belongs to; ``None`` for the trigger and the branching."""
    return None if node in SHARED_NODES else node.partition("--")[0]


def check_robots(stage: StageRobots, catalogue: BlockCatalogue, known: Known) -> tuple[PublishProblem, ...]:
    """Return everything wrong with a stage's robots, ``node`` being the robot's id; errors first, in the robots' order.

    A plan or stage that does not exist has no node.  What the compiler draws itself is not complained about.
    """
    problems = [
        error(
            "robot_not_action",
            robot.id,
            "action.type",
            _l("{type} is no action; a robot does one", type=robot.action.type),
        )
        for robot in stage.robots
        if (block := catalogue(robot.action.type)) is not None and block.group not in ACTION_GROUPS
    ]
    if not problems:
        for document in compile_robots(stage, catalogue):
            problems += [
                of_robot(found, stage, document)
                for found in check(document, catalogue, known)
                if found.code != "port_unwired"
            ]
    return in_order(problems, [robot.id for robot in stage.robots])


def _funnel(
    key: str, name: str, stage: StageRobots, robots: Sequence[Robot], catalogue: BlockCatalogue
) -> FunnelDocument:
    graph = Column(stage, robots, catalogue).draw()
    return FunnelDocument(key=key, name=name[:200], nodes=tuple(graph.nodes), edges=tuple(graph.edges))


def of_robot(found: PublishProblem, stage: StageRobots, document: FunnelDocument) -> PublishProblem:
    """Return a problem of a compiled node as one of the robot's own settings."""
    if found.node is None or found.node in SHARED_NODES:
        return replace(found, node=None)
    robot_id, _, part = found.node.partition("--")
    if found.field is None:
        return replace(found, node=robot_id)
    if part:
        return replace(found, node=robot_id, field=f"when.{found.field}")
    if not found.field.startswith("condition"):
        return replace(found, node=robot_id, field=f"action.config.{found.field}")
    return replace(found, node=robot_id, field=_own_part(found.field, found.node, stage, document))


def _own_part(field: str, node: str, stage: StageRobots, document: FunnelDocument) -> str:
    """Return the place in the robot's own condition, which is the last part of the compiled guard."""
    guard = next(one.condition for one in document.nodes if one.id == node)
    own = next(robot.condition for robot in stage.robots if robot.id == node)
    last = f"condition.of.{len(guard.of) - 1}." if isinstance(guard, All) and guard != own else ""
    return field.replace(last, "condition.", 1) if last and field.startswith(last) else field
