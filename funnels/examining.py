"""All that is said about a funnel before it runs: what is wrong, what others have to do with it, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from blocks.catalogue import block_type
from crm.directory import directory
from db.work import Work
from engine.changing import Fix, SetValue, changed, put
from engine.document import FunnelDocument
from engine.fixes import with_fixes
from engine.publish_problem import PublishProblem, in_order
from engine.robot import StageRobots
from funnels.clashes import clashing
from funnels.known import Installation
from funnels.offers import InstallationOffers
from funnels.publication.publishing import problems
from funnels.robots import check_robots, compile_robots, of_robot

_MOST_ROUNDS = 100


def examined(work: Work, document: FunnelDocument) -> tuple[PublishProblem, ...]:
    """Return what the publish checks find and what clashes with funnels that run, errors first, each with its quick fixes.

    At most one query, beside the settings.
    """
    found = in_order((*problems(work, document), *clashing(work, document)), [node.id for node in document.nodes])
    return with_fixes(found, document, block_type, InstallationOffers(directory(work)))


def examined_robots(work: Work, stage: StageRobots) -> tuple[PublishProblem, ...]:
    """Return the same about a stage's robots: ``node`` is the robot's id, and fixes change a robot's own settings."""
    settings = directory(work)
    found = list(check_robots(stage, block_type, Installation(settings)))
    offers = InstallationOffers(settings)
    fixes: dict[PublishProblem, tuple[Fix, ...]] = {}
    if all(one.code != "robot_not_action" for one in found):
        for document in compile_robots(stage, block_type):
            for one in with_fixes(problems(work, document), document, block_type, offers):
                fixes[of_robot(one, stage, document)] = tuple(fix for fix in map(_own, one.fixes) if fix is not None)
            found += [of_robot(one, stage, document) for one in clashing(work, document)]
    ordered = in_order(found, [robot.id for robot in stage.robots])
    return tuple(replace(one, fixes=fixes.get(one, ())) for one in ordered)


def _own(fix: Fix) -> Fix | None:
    """Return a fix of a compiled node as one of the robot that it was compiled from; ``None`` where it changes the drawing."""
    changes = []
    for change in fix.changes:
        if not isinstance(change, SetValue) or change.path[0] != "config" or "--" in change.node:
            return None
        changes.append(SetValue(change.node, ("action", *change.path), change.value))
    return Fix(fix.title, tuple(changes))


def put_right(work: Work, found: FunnelDocument) -> tuple[FunnelDocument, tuple[tuple[PublishProblem, Fix], ...]]:
    """Return the funnel with the first fix of each error done, one after another, and what was done."""
    done: list[tuple[PublishProblem, Fix]] = []
    while len(done) < _MOST_ROUNDS:
        seen = {(one.code, one.node, one.field, str(fix.title)) for one, fix in done}
        step = _next(examined(work, found), seen)
        if step is None:
            break
        done.append(step)
        found = changed(found, step[1].changes)
    return found, tuple(done)


def put_robots_right(work: Work, stage: StageRobots) -> tuple[StageRobots, tuple[tuple[PublishProblem, Fix], ...]]:
    """Return the robots with the first fix of each error done, one after another, and what was done."""
    done: list[tuple[PublishProblem, Fix]] = []
    while len(done) < _MOST_ROUNDS:
        seen = {(one.code, one.node, one.field, str(fix.title)) for one, fix in done}
        step = _next(examined_robots(work, stage), seen)
        if step is None:
            break
        done.append(step)
        plain: dict[str, Any] = stage.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for change in step[1].changes:
            for robot in plain.get("robots", ()):
                if isinstance(change, SetValue) and robot["id"] == change.node:
                    put(robot, change.path, change.value)
        stage = StageRobots.model_validate(plain)
    return stage, tuple(done)


def _next(
    problems_: tuple[PublishProblem, ...], seen: set[tuple[str, str | None, str | None, str]]
) -> tuple[PublishProblem, Fix] | None:
    for one in problems_:
        if one.severity == "error" and one.fixes:
            fix = one.fixes[0]
            if (one.code, one.node, one.field, str(fix.title)) not in seen:
                return one, fix
    return None
