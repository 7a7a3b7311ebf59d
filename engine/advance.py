"""The walk: from where a run stands to where it rests next, as a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, assert_never

from engine.block import Context
from engine.calendar import WorkingCalendar
from engine.effect import Effect
from engine.facts import Facts
from engine.outcome import Answered, Awaited, Do, End, Fail, Leave, Merged, Outcome, Signal, TimedOut, Wait
from engine.program import Program, ProgramNode
from engine.request import DONE, Request, Result

STEPS_PER_WALK: Final = 200
"""A walk that answered so many nodes rests and goes on in the next batch, so that no run starves the others."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A token that has something to do: at ``node``, newly come (no signal) or woken.  ``due_at`` is when it meant to wake."""

    node: int
    signal: Signal | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """A place where a token rests.  ``due_at`` and ``events`` end the rest; a join's may have neither."""

    node: int
    due_at: datetime | None = None
    events: tuple[Awaited, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run remembers between walks.

    ``visits`` counts visits of nodes on cycles.  ``joined`` counts the branches that came to a join.  ``resting`` are the nodes
    where other tokens of the run rest now.
    """

    visits: Mapping[int, int] = field(default_factory=dict)
    joined: Mapping[int, int] = field(default_factory=dict)
    resting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run stands still and waits for a person."""

    node: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that must be answered before the walk goes on at ``node``."""

    node: int
    request: Request


@dataclass(slots=True)
class Advance:
    """What a walk came to.

    ``effects`` carry the index of their step.  ``steps`` are (node, port) in order.  ``rests`` are new places of rest;
    ``dropped`` are nodes whose resting tokens are gone.  ``ask`` with ``arrivals`` is where to go on once the command answered.
    ``outcome`` is set when the run is over.
    """

    facts: Facts
    standing: Standing
    effects: list[tuple[int, Effect]] = field(default_factory=list)
    steps: list[tuple[int, str]] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    ask: Ask | None = None
    arrivals: tuple[Arrival, ...] = ()
    outcome: str | None = None
    failure: Failure | None = None


def advance(
    program: Program,
    standing: Standing,
    arrivals: Sequence[Arrival],
    facts: Facts,
    now: datetime,
    *,
    calendar: WorkingCalendar,
    seed: int,
) -> Advance:
    """Walk every arrival until it rests, ends, fails, or asks a command.

    Same input, same answer.  Always returns: after ``STEPS_PER_WALK`` nodes what is left rests until ``now``.
    """
    return _Walk(program, standing, arrivals, facts, now, calendar, seed).go()


def answered(before: Advance, result: Result) -> tuple[Arrival, ...]:
    """Return the arrivals to go on with once ``before.ask`` got its answer."""
    assert before.ask is not None
    return (Arrival(before.ask.node, Answered(result)), *before.arrivals)


class _Walk:
    """One call of ``advance``: the queue of tokens and what has come of them so far."""

    def __init__(
        self,
        program: Program,
        standing: Standing,
        arrivals: Sequence[Arrival],
        facts: Facts,
        now: datetime,
        calendar: WorkingCalendar,
        seed: int,
    ) -> None:
        self.program = program
        self.queue = list(arrivals)
        self.resting = list(standing.resting)
        self.visits = dict(standing.visits)
        self.joined = dict(standing.joined)
        self.ctx = Context(now, facts, calendar, seed)
        self.result = Advance(facts, standing)
        self.last = "done"

    def go(self) -> Advance:
        result = self.result
        while self.queue and result.outcome is None and result.failure is None and result.ask is None:
            if len(result.steps) >= STEPS_PER_WALK:
                result.rests.extend(Rest(arrival.node, self.ctx.now) for arrival in self.queue)
                self.queue.clear()
                break
            self._answer(self.queue.pop(0))
            if not self.queue and result.ask is None:
                self._release_joins()
        result.facts = self.ctx.facts
        result.arrivals = tuple(self.queue)
        if result.failure is not None:
            result.rests.extend(Rest(arrival.node, self.ctx.now) for arrival in self.queue)
        elif result.ask is None and result.outcome is None and not result.rests and not self.resting:
            result.outcome = self.last
        result.standing = Standing(self.visits, self.joined, tuple(self.resting))
        return result

    def _answer(self, arrival: Arrival) -> None:
        """Ask the node of one token and act on its outcome."""
        node = self.program.nodes.get(arrival.node)
        if node is None:
            self._fail(arrival.node, "node_gone", f"the version has no node number {arrival.node}")
            return
        ctx = self.ctx
        if arrival.signal is None:
            if node.cyclic:
                self.visits[node.number] = self.visits.get(node.number, 0) + 1
            if node.guard is not None and not node.guard.test(ctx.facts, ctx.now):
                self._leave(node, Leave("skipped" if "skipped" in node.exits else _main_port(node)))
                return
        elif isinstance(arrival.signal, Answered):
            self._settle(node, arrival.signal.result)
            return
        elif isinstance(arrival.signal, TimedOut) and arrival.due_at is not None and node.late_then != "run_now":
            if ctx.now - arrival.due_at > node.late_after and self._late(node):
                return
        if node.block.joins and not self._join(node, arrival.signal):
            return
        ctx.node, ctx.visit, ctx.incoming = node.id, self.visits.get(node.number, 1), node.incoming
        ctx.signal = arrival.signal
        self._act(node, node.block.run(ctx))

    def _act(self, node: ProgramNode, outcome: Outcome) -> None:
        match outcome:
            case Leave():
                self._leave(node, outcome)
            case Do():
                self.result.ask = Ask(node.number, outcome.request)
            case End():
                self.result.steps.append((node.number, outcome.outcome))
                self.result.outcome = outcome.outcome
                self.queue.clear()
                self.result.rests.clear()
            case Wait():
                self.result.rests.append(Rest(node.number, outcome.until, outcome.events))
            case Fail():
                self._failed(node, outcome.code, outcome.message)
            case _:
                assert_never(outcome)

    def _leave(self, node: ProgramNode, leave: Leave) -> None:
        result = self.result
        step = len(result.steps)
        for effect in leave.effects:
            result.effects.append((step, effect))
            self.ctx.facts = self.ctx.facts.after(effect)
        result.steps.append((node.number, leave.port))
        for port in (leave.port, *leave.also):
            target = node.exits.get(port)
            if target is not None:
                self.queue.append(Arrival(target))
            else:
                self.last = f"end:{port}"

    def _settle(self, node: ProgramNode, result: Result) -> None:
        """Leave by the port that a command's answer names."""
        self.ctx.facts = self.ctx.facts.with_records(result.records)
        port = _main_port(node) if result.code == DONE else result.code
        if port in node.block.ports():
            self._leave(node, Leave(port))
        else:
            self._failed(node, result.code, result.detail or f"the command answered {result.code!r}")

    def _failed(self, node: ProgramNode, code: str, message: str) -> None:
        """Take the port ``failed`` where it is wired, go on where the node says so, else stand still for a person."""
        if "failed" in node.exits:
            self._leave(node, Leave("failed"))
        elif node.on_error == "continue":
            self._leave(node, Leave(_main_port(node)))
        else:
            self._fail(node.number, code, message)

    def _fail(self, number: int, code: str, message: str) -> None:
        self.result.failure = Failure(number, code, message)

    def _late(self, node: ProgramNode) -> bool:
        """Apply the node's rule for waking late; true where the rule has decided and the block is not asked."""
        match node.late_then:
            case "skip":
                self._leave(node, Leave("skipped"))
            case "ask":
                self._fail(node.number, "late", "it woke later than its limit, and its rule is to ask a person")
            case "next_window":
                opens = self.ctx.calendar.next_open(self.ctx.now)
                if opens <= self.ctx.now:
                    return False
                self.result.rests.append(Rest(node.number, opens))
            case _:
                return False
        return True

    def _join(self, node: ProgramNode, signal: Signal | None) -> bool:
        """Count an arrival at a join; true where the block must be asked, false where the token is swallowed.

        The block sees ``Merged(arrived)``.  While it answers ``Wait``, one token rests for all; once it left, those that
        come later are swallowed until every edge has brought one.
        """
        number = node.number
        if signal is not None:
            self.joined[number] = -self.joined.get(number, 0)
            return True
        arrived = self.joined.get(number, 0)
        if arrived < 0:
            self.joined[number] = arrived - 1
            if -self.joined[number] >= node.incoming:
                del self.joined[number]
            self.result.steps.append((number, "merged"))
            return False
        self.joined[number] = arrived + 1
        self.ctx.node, self.ctx.visit, self.ctx.incoming = node.id, self.visits.get(number, 1), node.incoming
        self.ctx.signal = Merged(arrived + 1)
        outcome = node.block.run(self.ctx)
        if isinstance(outcome, Wait):
            if arrived == 0:
                self.result.rests.append(Rest(number, outcome.until, outcome.events))
            else:
                self.result.steps.append((number, "merged"))
            return False
        self._fire(node, outcome)
        return False

    def _fire(self, node: ProgramNode, outcome: Outcome) -> None:
        """Let a join go on: its resting token is gone, and with ``cancel_rest`` so are the branches still on their way."""
        number = node.number
        arrived = self.joined.pop(number, 0)
        self._drop({number})
        if getattr(node.block, "cancel_rest", False):
            self._drop(node.upstream - {number})
            self.queue = [arrival for arrival in self.queue if arrival.node not in node.upstream]
        elif arrived < node.incoming:
            self.joined[number] = -arrived
        self._act(node, outcome)

    def _drop(self, nodes: set[int] | frozenset[int]) -> None:
        self.result.rests = [rest for rest in self.result.rests if rest.node not in nodes]
        self.result.dropped |= nodes.intersection(self.resting)
        self.resting = [number for number in self.resting if number not in nodes]

    def _release_joins(self) -> None:
        """Where only joins are left resting, nobody else can come: the first of them goes on with what arrived."""
        waiting = [*self.resting, *(rest.node for rest in self.result.rests)]
        if self.result.outcome is not None or self.result.failure is not None or not waiting:
            return
        nodes = self.program.nodes
        if all(number in nodes and nodes[number].block.joins for number in waiting):
            node = nodes[waiting[0]]
            self._fire(node, Leave(_main_port(node)))


def _main_port(node: ProgramNode) -> str:
    return node.block.main or "next"
