"""How a stage's robots are drawn as a graph: a trigger, chains of waits and actions, and the guards between them.

A robot ``call`` becomes the node ``call`` and, where it waits, ``call--wait``.  Robots after the previous one follow it; a
robot at once begins a chain of its own.  A guard on the action decides at the last moment: whether the deal is still in the
stage, whose move it was, and the robot's own condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from engine.block import BlockCatalogue
from engine.document import Edge, Node
from engine.robot import Action, AfterStay, AgainAfter, AroundDate, ExistingNow, OnEvent, OnLeaving, Robot, StageRobots

ENTERED: Final = "stage--entered"
EXITED: Final = "stage--exited"
EXISTING: Final = "stage--existing"
EXISTING_LABEL: Final = "in the stage already"
BRANCHES: Final = "stage--branches"
SHARED_NODES: Final = frozenset({ENTERED, EXITED, EXISTING, BRANCHES})

_FAILED = "failed"
_MOVED = "deal.moved"

Plain = dict[str, Any]


@dataclass(slots=True)
class Graph:
    """Nodes and edges, as far as they are drawn."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def line(self, source: str, port: str, target: str | None) -> None:
        """Draw a line, where there is something to lead to."""
        if target is not None:
            self.edges.append(Edge(source=source, port=port, target=target))


@dataclass(frozen=True, slots=True)
class Column:
    """The robots of one funnel, with what its trigger must know of all of them."""

    stage: StageRobots
    robots: Sequence[Robot]
    catalogue: BlockCatalogue

    @property
    def origins(self) -> list[str]:
        """Whose moves start any of the robots."""
        return sorted({origin for robot in self.robots for origin in robot.origins})

    @property
    def takes_skipped(self) -> bool:
        """True where a robot runs for deals that jumped over the stage."""
        return any(robot.if_skipped == "run" for robot in self.robots)

    @property
    def leaving(self) -> bool:
        """True for robots on leaving."""
        return isinstance(self.robots[0].when, OnLeaving)

    def draw(self) -> Graph:
        """Return the whole graph."""
        graph = Graph()
        start = EXITED if self.leaving else ENTERED
        graph.nodes.append(
            Node(
                id=start, type="trigger.stage_left" if self.leaving else "trigger.stage_entered", config=self._trigger()
            )
        )
        takes_existing = isinstance(self.robots[0].existing, ExistingNow)
        if takes_existing:  # such a robot stands alone
            graph.nodes.append(Node(id=EXISTING, type="trigger.manual_start", config=self._existing_trigger()))
        rows = _chains(self.robots)
        if len(rows) > 1:
            graph.nodes.append(Node(id=BRANCHES, type="logic.parallel", config={"branches": len(rows)}))
            graph.line(start, "next", BRANCHES)
        for number, row in enumerate(rows, 1):
            source, port = (BRANCHES, f"branch_{number}") if len(rows) > 1 else (start, "next")
            if isinstance(row[0].when, OnEvent):
                first = _check(row[0])
                self._draw_listener(graph, row[0], row[0].when)
            else:
                first = _entry(row[0])
                self._draw_chain(graph, row)
            graph.line(source, port, first)
            if takes_existing:
                graph.line(EXISTING, "next", first)
        return graph

    def _trigger(self) -> Plain:
        first = self.robots[0]
        config: Plain = {
            "plan": self.stage.plan,
            "stages": [self.stage.stage],
            "origins": self.origins,
            "enrolment": self._enrolment(),
        }
        if not self.leaving:
            config["on_recall"] = "recall" in self.origins
            config["also_skipped"] = self.takes_skipped
        if isinstance(first.again, AgainAfter):
            config["cooldown"] = {"amount": first.again.days, "unit": "days"}
        if isinstance(first.existing, ExistingNow):
            config["existing_per_hour"] = first.existing.per_hour
        return config

    def _existing_trigger(self) -> Plain:
        """Return the settings of the trigger for deals in the stage already; how they come: see ``funnels.existing``."""
        of_both = self._trigger()
        kept: Plain = {name: of_both[name] for name in ("enrolment", "cooldown") if name in of_both}
        return {"label": EXISTING_LABEL, **kept}

    def _enrolment(self) -> str:
        if self.robots[0].again == "first_entry":
            return "once"
        if self.leaving:
            return "parallel"
        outlives = any(robot.if_left == "run" for robot in self.robots) and any(map(_waits, self.robots))
        return "parallel" if outlives else "restart"

    def _draw_chain(self, graph: Graph, row: Sequence[Robot]) -> None:
        for number, robot in enumerate(row):
            following = _entry(row[number + 1]) if number + 1 < len(row) else None
            if _waits(robot):
                outliving = next((_entry(later) for later in row[number + 1 :] if later.if_left == "run"), None)
                self._draw_wait(graph, robot, following, outliving)
            self._draw_action(graph, robot, following)

    def _draw_wait(self, graph: Graph, robot: Robot, following: str | None, outliving: str | None) -> None:
        wait = _wait(robot)
        config: Plain
        interrupts: Plain = {"interrupt_on": [_MOVED]} if robot.if_left == "cancel" else {}
        if isinstance(robot.when, AfterStay):
            lasting = robot.when.lasting.model_dump(mode="json", exclude_defaults=True)
            type_, config = "wait.duration", {"lasting": lasting, "since": "deal.stage_entered_at"}
        else:
            assert isinstance(robot.when, AroundDate)
            shift = -robot.when.days if robot.when.side == "before" else robot.when.days
            type_, config = "wait.until_date", {"field": robot.when.field, "shift": shift}
            graph.line(wait, "empty", following)
            graph.line(wait, "past", robot.id if robot.when.if_past == "run" else following)
        graph.nodes.append(
            Node(
                id=wait,
                type=type_,
                config={**config, **interrupts},
                condition=_all(self._standing_guards(robot)),
                when_late=robot.when_late,
            )
        )
        graph.line(wait, "next", robot.id)
        if interrupts:
            graph.line(wait, "interrupted", outliving)

    def _draw_action(self, graph: Graph, robot: Robot, following: str | None) -> None:
        own = [robot.condition.model_dump(mode="json", by_alias=True)] if robot.condition is not None else []
        graph.nodes.append(
            Node(
                id=robot.id,
                type=robot.action.type,
                type_version=robot.action.type_version,
                title=robot.title,
                note=robot.note,
                config=_config(robot.action, self.catalogue),
                condition=_all([*self._standing_guards(robot), *own]),
                on_error=robot.on_error,
            )
        )
        for port in _ports(robot.action, self.catalogue):
            graph.line(robot.id, port, following)

    def _draw_listener(self, graph: Graph, robot: Robot, when: OnEvent) -> None:
        """Draw a robot that answers to every event until the deal leaves: look, wait, act, and look again."""
        check, wait, end = _check(robot), _wait(robot), f"{robot.id}--end"
        awaited = [{"port": "happened", "event": kind} for kind in when.events]
        if _MOVED not in when.events:
            awaited.append({"port": "moved", "event": _MOVED})
        about = "deal" if all(kind.startswith("deal.") for kind in when.events) else "person"
        graph.nodes += [
            Node(id=check, type="logic.condition", config={"condition": _all(self._here())}),
            Node(id=wait, type="wait.event", config={"events": awaited, "about_the": about}),
            Node(id=end, type="logic.exit"),
        ]
        self._draw_action(graph, robot, check)
        graph.line(check, "yes", wait)
        graph.line(check, "no", end)
        for port in dict.fromkeys(one["port"] for one in awaited):
            graph.line(wait, port, robot.id if port == "happened" else check)

    def _standing_guards(self, robot: Robot) -> list[Plain]:
        """Return what must hold for a robot whatever its own condition says, less what the trigger has seen to."""
        guards: list[Plain] = []
        if sorted(robot.origins) != self.origins:
            guards.append({"op": "in", "field": "trigger.origin", "values": sorted(robot.origins)})
        if self.leaving:
            return guards
        came_in = {"field": "trigger.stage", "value": self.stage.stage}
        if self.takes_skipped and robot.if_skipped == "ignore":
            guards.append({"op": "is", **came_in})
        if isinstance(robot.when, OnEvent) or robot.if_left == "cancel":
            here = self._here()
            guards += (
                [{"op": "any", "of": [_all(here), {"op": "is_not", **came_in}]}] if robot.if_skipped == "run" else here
            )
        return guards

    def _here(self) -> list[Plain]:
        return [
            {"op": "is", "field": "deal.plan", "value": self.stage.plan},
            {"op": "is", "field": "deal.stage", "value": self.stage.stage},
        ]


def _chains(robots: Sequence[Robot]) -> list[list[Robot]]:
    rows: list[list[Robot]] = []
    for robot in robots:
        if robot.order == "at_once" or not rows:
            rows.append([])
        rows[-1].append(robot)
    return rows


def _waits(robot: Robot) -> bool:
    return isinstance(robot.when, AfterStay | AroundDate)


def _entry(robot: Robot) -> str:
    return _wait(robot) if _waits(robot) else robot.id


def _wait(robot: Robot) -> str:
    return f"{robot.id}--wait"


def _check(robot: Robot) -> str:
    return f"{robot.id}--check"


def _all(parts: Sequence[Plain]) -> Any:
    """Return parts as one condition: none is no condition, one is itself."""
    if len(parts) < 2:
        return parts[0] if parts else None
    return {"op": "all", "of": list(parts)}


def _config(action: Action, catalogue: BlockCatalogue) -> Plain:
    """Return the settings of an action; the record it works on is the deal, where it has one and names none."""
    block = catalogue(action.type)
    works_on_a_record = block is not None and "on" in block.model_fields
    return {"on": "deal", **action.config} if works_on_a_record else action.config


def _ports(action: Action, catalogue: BlockCatalogue) -> Iterator[str]:
    """Yield the ports that lead on from an action: every one but ``failed``, where a person is waited for."""
    block = catalogue(action.type)
    try:
        ports: tuple[str, ...] = block.model_validate(action.config).ports() if block is not None else ("next",)
    except ValidationError:
        ports = ("next",)
    yield from (port for port in ports if port != _FAILED)
