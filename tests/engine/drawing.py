"""Small funnels for tests: blocks that do one thing each, and a way to draw and walk them in a line."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from blocks.catalogue import block_type
from engine.advance import advance
from engine.block import Block
from engine.calendar import WorkingCalendar
from engine.document import FunnelDocument
from engine.effect import AddTags, SendEmail
from engine.facts import Facts
from engine.outcome import Do, End, Fail, Happened, Leave, TimedOut, Wait
from engine.program import build
from engine.request import MoveDeal
from engine.standing import Arrival, Standing

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALENDAR = WorkingCalendar()


class Step(Block):
    key: ClassVar = "test.step"
    title: ClassVar = "Step"
    about: ClassVar = "Leaves"
    group: ClassVar = "logic"
    more: ClassVar = ("other",)

    port: str = "next"

    def run(self, ctx):
        return Leave(self.port, (AddTags(frozenset({ctx.node}), "lead"),))


class Rests(Block):
    key: ClassVar = "test.rests"
    title: ClassVar = "Rests"
    about: ClassVar = "Rests"
    group: ClassVar = "wait"
    rests: ClassVar = True

    hours: int = 1

    def run(self, ctx):
        if isinstance(ctx.signal, Happened):
            return Leave(ctx.signal.port)
        return Wait(ctx.now + timedelta(hours=self.hours)) if ctx.signal is None else Leave()


class Fails(Block):
    key: ClassVar = "test.fails"
    title: ClassVar = "Fails"
    about: ClassVar = "Fails"
    group: ClassVar = "logic"
    rests: ClassVar = False

    after_rest: bool = False

    def run(self, ctx):
        return Wait(ctx.now) if self.after_rest and ctx.signal is None else Fail("broken", "it broke")


class Asks(Block):
    key: ClassVar = "test.asks"
    title: ClassVar = "Asks"
    about: ClassVar = "Asks"
    group: ClassVar = "crm"
    more: ClassVar = ("no_deal",)
    after_rest: bool = False

    def run(self, ctx):
        return Wait(ctx.now) if self.after_rest and ctx.signal is None else Do(MoveDeal("offer"))


class Ends(Block):
    key: ClassVar = "test.ends"
    title: ClassVar = "Ends"
    about: ClassVar = "Ends"
    group: ClassVar = "logic"
    main: ClassVar = None

    def run(self, ctx):
        return End("success")


class Sends(Block):
    key: ClassVar = "test.sends"
    title: ClassVar = "Sends"
    about: ClassVar = "Sends"
    group: ClassVar = "message"
    more: ClassVar = ("failed",)
    sends: ClassVar = True

    waits: bool = False

    def run(self, ctx):
        if ctx.signal is not None:
            return Leave()
        mail = SendEmail(ctx.place, "a@b.cd", "Hi", "Hi")
        return Wait(ctx.now + timedelta(hours=1), effects=(mail,)) if self.waits else Leave(effects=(mail,))


OURS = {block.key: block for block in (Step, Rests, Fails, Asks, Ends, Sends)}
SHORT = {
    "start": "trigger.manual_start",
    "parallel": "logic.parallel",
    "join": "logic.join",
    "go_to": "logic.go_to",
    "condition": "logic.condition",
}


def catalogue(key):
    return OURS.get(key) or block_type(key)


def document(nodes, edges, **more):
    """Nodes as ``{"a": "step", "b": ("join", {config}, {node fields})}``, edges as ``"a.next>b a.other>c"``."""
    drawn = []
    for name, what in nodes.items():
        type_, config, fields = (*what, {}, {})[:3] if isinstance(what, tuple) else (what, {}, {})
        drawn.append({"id": name, "type": SHORT.get(type_, f"test.{type_}"), "config": config, **fields})
    lines = []
    for edge in edges.split():
        source, _, target = edge.partition(">")
        node, _, port = source.partition(".")
        lines.append({"from": node, "port": port or "next", "to": target})
    return FunnelDocument.model_validate({"key": "f", "name": "F", "nodes": drawn, "edges": lines, **more})


def program(nodes, edges):
    return build(document(nodes, edges), numbers(nodes), catalogue)


def numbers(nodes):
    return {name: number for number, name in enumerate(nodes, 1)}


class Run:
    """A run kept in memory, as the runner keeps it in tables."""

    def __init__(self, drawn, records=None):
        self.program = drawn
        self.facts = Facts({"lead": {}} if records is None else records)
        self.now = NOW
        self.standing = Standing()
        self.rests = []
        self.names = {number: node.id for number, node in drawn.nodes.items()}
        self.steps = []
        self.last = None

    def walk(self, *arrivals):
        """Walk tokens that were taken from ``rests``, or begin."""
        self.last = advance(self.program, self.standing, arrivals, self.facts, self.now, calendar=CALENDAR, seed=1)
        return self.take(self.last)

    def take(self, last):
        self.last = last
        self.facts = last.facts
        self.rests = [rest for rest in self.rests if rest.node not in last.dropped] + last.rests
        self.standing = last.standing
        self.steps += [f"{self.names.get(node, node)}.{port}" for node, port in last.steps]
        return last

    def start(self, node="start"):
        return self.walk(Arrival(self.program.node(node).number))

    def arrival_of(self, rest, signal=None):
        return Arrival(rest.node, None if rest.arriving else signal or TimedOut(), rest.due_at)

    def wake(self, *names, signal=None, late=timedelta(0)):
        """Wake the tokens at these nodes, each at its own moment."""
        woken = [self._taken(name) for name in names]
        self.now = max([self.now, *(rest.due_at for rest in woken if rest.due_at)]) + late
        resting = tuple(rest.node for rest in self.rests)
        self.standing = Standing(self.standing.visits, self.standing.joined, resting)
        return self.walk(*(self.arrival_of(rest, signal) for rest in woken))

    def _taken(self, name):
        rest = next(rest for rest in self.rests if self.names[rest.node] == name)
        self.rests.remove(rest)
        return rest

    @property
    def at(self):
        return sorted(self.names[rest.node] for rest in self.rests)
