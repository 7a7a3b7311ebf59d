"""Publish checks: what is wrong with a funnel before anybody walks through it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from engine.block import Block, BlockCatalogue
from engine.checks_graph import draw, graph_problems
from engine.checks_habits import habit_problems
from engine.checks_joins import join_problems
from engine.checks_settings import read_blocks, settings_problems
from engine.document import FunnelDocument
from engine.publish_problem import Known, PublishProblem, in_order, warning
from engine.robot import StageRobots
from engine.setting import references
from engine.text import _l

__all__ = ["Known", "PublishProblem", "check", "check_together"]

_FEED_PLAN: Final = frozenset({"crm.add_to_plan"})
_CREATES_TASK: Final = "task.create"


def check(document: FunnelDocument, catalogue: BlockCatalogue, known: Known) -> tuple[PublishProblem, ...]:
    """Return everything wrong with a document: errors first, each group in the order of the nodes; none when it is clean.

    What depends on a block that cannot be read is left out, so that one mistake is named once.
    """
    read = read_blocks(document, catalogue)
    drawing = draw(document, read.types, read.blocks)
    problems = (
        *read.problems,
        *graph_problems(drawing),
        *join_problems(drawing),
        *settings_problems(drawing, known),
        *habit_problems(drawing),
    )
    return in_order(problems, drawing.nodes)


def check_together(
    documents: Iterable[FunnelDocument],
    catalogue: BlockCatalogue,
    *,
    robots: Iterable[StageRobots] = (),
    even_plans: Collection[str] = (),
    stages: Iterable[tuple[str, str]] = (),
) -> tuple[PublishProblem, ...]:
    """Return warnings about all published funnels and robots taken together; the plans first.

    Args:
        documents: every published funnel, compiled robots included.
        catalogue: the blocks.
        robots: the robots of every stage.
        even_plans: keys of sales plans that hand leads out evenly; a block should feed each.
        stages: (plan, stage) of the stages where work is done; a robot should create a task in each.
    """
    fed = {
        plan
        for document in documents
        for block in read_blocks(document, catalogue).blocks.values()
        for plan in _fed(block)
    }
    tasked = {(on.plan, on.stage) for on in robots if any(robot.action.type == _CREATES_TASK for robot in on.robots)}
    unfed = sorted(set(even_plans) - fed)
    idle = [at for at in stages if at not in tasked]
    return (
        *(
            warning(
                "plan_unfed",
                None,
                None,
                _l("nobody is ever brought to the sales plan {plan}: no block feeds it", plan=plan),
            )
            for plan in unfed
        ),
        *(
            warning(
                "stage_without_task",
                None,
                None,
                _l("the stage {stage} of {plan} has no robot that creates a task", stage=stage, plan=plan),
            )
            for plan, stage in idle
        ),
    )


def _fed(block: Block) -> Iterator[str]:
    if block.key in _FEED_PLAN:
        yield from (found.key for found in references(block) if found.kind == "plan")
