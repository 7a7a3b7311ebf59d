"""The walk: from where a run stands to where it rests next, as a pure function."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, assert_never

from engine.block import Context
from engine.calendar import WorkingCalendar
from engine.effect import Effect, SetFields
from engine.facts import Facts
from engine.joining import Joins
from engine.outcome import Answered, Do, End, Fail, Leave, Outcome, TimedOut, Wait
from engine.program import Program, ProgramNode
from engine.request import DONE, Result
from engine.standing import Advance, Arrival, Ask, Failure, Rest, Standing
from engine.text import _l

Refusal = Callable[[Effect, Facts], tuple[str, str] | SetFields | None]

STEPS_PER_WALK = 200
"""A walk that answered so many nodes rests and goes on in the next batch, so that no run starves the others."""


def advance(
    program: Program,
    standing: Standing,
    arrivals: Sequence[Arrival],
    facts: Facts,
    now: datetime,
    *,
    calendar: WorkingCalendar,
    seed: int,
    refusal: Refusal | None = None,
    memo: dict[object, Any] | None = None,
) -> Advance:
    """Walk every arrival until it rests, ends, fails, or asks a command.

    Same input, same answer.  Always returns: after ``STEPS_PER_WALK`` nodes what is left rests until ``now``.  Where one token
    fails, those already woken are still settled and the others rest as arriving: the run stands still as a whole.

    ``refusal`` says why an effect could not be applied, before anything is: the block that asked for it then fails.  For new
    values of fields it may answer with the values as the fields will hold them, which is what later blocks then see.
    ``memo`` lets blocks share between the runs of one batch what depends on ``now`` and ``calendar`` only.
    """
    ctx = Context(now, facts, calendar, seed, memo=memo if memo is not None else {})
    return _Walk(program, standing, arrivals, Advance(facts, standing), ctx, refusal).go()


def resume(
    program: Program,
    before: Advance,
    result: Result,
    facts: Facts,
    now: datetime,
    *,
    calendar: WorkingCalendar,
    seed: int,
    refusal: Refusal | None = None,
    memo: dict[object, Any] | None = None,
) -> Advance:
    """Go on after the command that ``before.ask`` asked answered with ``result``.

    ``facts`` are ``before.facts``, or fresh ones.  ``effects`` and ``steps`` of the answer are those of this part of the walk;
    all else holds for the walk from its beginning.
    """
    assert before.ask is not None
    # Whoever resumes first goes on where the walk stopped; a second begins anew from its values, and comes to the same.
    walk, before.walk = before.walk, None
    if isinstance(walk, _Walk) and facts is before.facts:
        return walk.go_on(before, before.ask.node, result)
    so_far = Advance(facts, before.standing, rests=list(before.rests), dropped=set(before.dropped))
    earlier = before.standing.resting[: len(before.standing.resting) - len(before.rests)]
    arrivals = (Arrival(before.ask.node, Answered(result)), *before.arrivals)
    standing = Standing(before.standing.visits, before.standing.joined, earlier)
    ctx = Context(now, facts, calendar, seed, memo=memo if memo is not None else {})
    return _Walk(program, standing, arrivals, so_far, ctx, refusal).go()


class _Walk:
    """One walk: the queue of tokens, and in ``result`` what has come of them so far."""

    def __init__(
        self,
        program: Program,
        standing: Standing,
        arrivals: Iterable[Arrival],
        result: Advance,
        ctx: Context,
        refusal: Refusal | None,
    ) -> None:
        self.program = program
        self.queue = deque(arrivals)
        self.visits = dict(standing.visits)
        self.result = result
        self.ctx = ctx
        self.refusal = refusal
        self.joins = Joins(program, standing, self.queue, result)
        self.last = "done"

    def go_on(self, before: Advance, node: int, answer: Result) -> Advance:
        """Go on with the answer to what was asked, as ``resume`` says."""
        self.result = Advance(before.facts, before.standing, rests=list(before.rests), dropped=set(before.dropped))
        self.visits = dict(self.visits)
        self.joins.go_on_with(self.result)
        self.queue.appendleft(Arrival(node, Answered(answer)))
        return self.go()

    def go(self) -> Advance:
        """Walk until nobody can go on."""
        result, queue = self.result, self.queue
        while result.outcome is None and result.ask is None:
            if queue:
                arrival = queue.popleft()
                if arrival.signal is None and (result.failure is not None or len(result.steps) >= STEPS_PER_WALK):
                    result.rests.append(Rest(arrival.node, self.ctx.now, arriving=True))
                elif arrival.signal is None and not queue:
                    self._stride(arrival)
                else:
                    self._answer(arrival)
            elif result.failure is None and (node := self.joins.stuck()) is not None:
                self._fire(node, Leave(node.main))
            else:
                break
        result.facts = self.ctx.facts
        result.arrivals = tuple(queue)
        if result.outcome is None and result.ask is None and result.failure is None and not self.joins.anybody_rests():
            result.outcome = self.last
        result.by_chance = self.ctx.has_drawn
        result.standing = Standing(self.visits, *self.joins.state())
        result.walk = self if result.ask is not None else None
        return result

    def _stride(self, arrival: Arrival) -> None:
        """Take a lone token along plain nodes, one after the other: what most walks are, without a queue for each step."""
        result, ctx, nodes = self.result, self.ctx, self.program.nodes
        steps, number = result.steps, arrival.node
        ctx.signal, ctx.visit = None, 1
        while True:
            node = nodes.get(number)
            if node is None or not node.is_plain:
                self._answer(Arrival(number))
                return
            if self.program.tracks_visits:
                self._visit(node)
            ctx.node, ctx.incoming = node.id, node.incoming
            outcome = node.block.run(ctx)
            if type(outcome) is not Leave or outcome.also:
                self._act(node, Arrival(number), outcome)
                return
            if outcome.effects and self.refusal is not None:
                checked = self._checked(outcome)
                if type(checked) is not Leave:
                    self._failed(node, Arrival(number), *checked)
                    return
                outcome = checked
            for effect in outcome.effects:
                result.effects.append((len(steps), effect))
                if type(effect) not in self.program.unseen:
                    ctx.facts = ctx.facts.after(effect)
            steps.append((number, outcome.port))
            target = node.exits.get(outcome.port)
            if target is None:
                self.last = f"end:{outcome.port}"
                return
            if len(steps) >= STEPS_PER_WALK:
                self.queue.append(Arrival(target))
                return
            number = target

    def _answer(self, arrival: Arrival) -> None:
        """Ask the node of one token and act on its outcome."""
        node = self.program.nodes.get(arrival.node)
        if node is None:
            self._fail(arrival, "node_gone", _l("the version has no node number {number}", number=arrival.node))
            return
        ctx, signal = self.ctx, arrival.signal
        if signal is None:
            if node.counts:
                self.visits[node.number] = self.visits.get(node.number, 0) + 1
            if node.guard is not None and node.may_be_skipped and not node.guard.test(ctx.facts, ctx.now):
                self._leave(node, Leave("skipped" if "skipped" in node.exits else node.main))
                return
            if self.program.tracks_visits:
                self._visit(node)
            if node.opens:
                self.joins.begin_round(node)
        elif type(signal) is Answered:
            self._settle(node, arrival, signal.result)
            return
        elif type(signal) is TimedOut and self._decided_by_lateness(node, arrival):
            return
        ctx.node, ctx.visit, ctx.incoming = node.id, self.visits.get(node.number, 1), node.incoming
        ctx.signal = signal
        if node.block.joins:
            self._join(node, arrival)
        else:
            self._act(node, arrival, node.block.run(ctx))

    def _act(self, node: ProgramNode, arrival: Arrival, outcome: Outcome) -> None:
        match outcome:
            case Leave():
                checked = self._checked(outcome) if outcome.effects and self.refusal is not None else outcome
                if type(checked) is Leave:
                    self._leave(node, checked)
                else:
                    self._failed(node, arrival, *checked)
            case Do():
                self._ask(node, outcome)
            case End():
                self._end(node, outcome)
            case Wait():
                self._rest(node, arrival, outcome)
            case Fail():
                self._failed(node, arrival, outcome.code, outcome.message)
            case _:
                assert_never(outcome)

    def _rest(self, node: ProgramNode, arrival: Arrival, wait: Wait) -> None:
        """Let a token rest; messages whose answers it waits for are sent first."""
        for effect in wait.effects:
            answer = self.refusal(effect, self.ctx.facts) if self.refusal is not None else None
            if isinstance(answer, tuple):
                self._failed(node, arrival, *answer)
                return
        self.result.effects += [(len(self.result.steps), effect) for effect in wait.effects]
        self.result.rests.append(Rest(node.number, wait.until, wait.events))

    def _checked(self, leave: Leave) -> Leave | tuple[str, str]:
        """Return an outcome with its effects as they will be applied; or why one cannot be, as a code and words."""
        assert self.refusal is not None
        effects = leave.effects
        for number, effect in enumerate(effects):
            answer = self.refusal(effect, self.ctx.facts)
            if isinstance(answer, SetFields):
                effects = (*effects[:number], answer, *effects[number + 1 :])
            elif answer is not None:
                return answer
        return leave if effects is leave.effects else leave._replace(effects=effects)

    def _visit(self, node: ProgramNode) -> None:
        """Let conditions see that the run has been here."""
        run = self.ctx.facts.records.get("run", {})
        visited = run.get("visited")
        been = visited if isinstance(visited, frozenset) else frozenset[str]()
        self.ctx.facts = self.ctx.facts.with_records({"run": {**run, "visited": been | {node.id}}})

    def _ask(self, node: ProgramNode, do: Do) -> None:
        if self.result.failure is None:
            self.result.ask = Ask(node.number, do.request)
        else:
            self.result.rests.append(Rest(node.number, self.ctx.now, arriving=True))

    def _end(self, node: ProgramNode, end: End) -> None:
        """End the whole run, whoever else is on the way; an end also settles a failure of another token."""
        result = self.result
        result.steps.append((node.number, end.outcome))
        result.outcome = end.outcome
        result.failure = None
        self.queue.clear()
        self.joins.forget_all()

    def _leave(self, node: ProgramNode, leave: Leave) -> None:
        result = self.result
        step = len(result.steps)
        for effect in leave.effects:
            result.effects.append((step, effect))
            if type(effect) not in self.program.unseen:
                self.ctx.facts = self.ctx.facts.after(effect)
        result.steps.append((node.number, leave.port))
        for port in (leave.port, *leave.also):
            target = node.exits.get(port)
            if target is not None:
                self.queue.append(Arrival(target))
            else:
                self.last = f"end:{port}"

    def _settle(self, node: ProgramNode, arrival: Arrival, result: Result) -> None:
        """Leave by the port that a command's answer names."""
        self.ctx.facts = self.ctx.facts.with_records(result.records)
        port = node.main if result.code == DONE else result.code
        if port != "failed" and port in node.block.ports():
            self._leave(node, Leave(port))
        else:
            detail = result.detail or _l("the command answered {code}", code=result.code)
            self._failed(node, Arrival(arrival.node), result.code, detail)

    def _failed(self, node: ProgramNode, arrival: Arrival, code: str, message: str) -> None:
        """Take the port ``failed`` where it is wired, go on where the node says so, else stand still for a person."""
        if "failed" in node.exits:
            self._leave(node, Leave("failed"))
        elif node.on_error == "continue":
            self._leave(node, Leave(node.main))
        else:
            self._fail(arrival, code, message)

    def _fail(self, arrival: Arrival, code: str, message: str) -> None:
        """Note the first failure; the token of a second rests, and is asked again when the run is set going."""
        if self.result.failure is None:
            self.result.failure = Failure(arrival.node, code, message, woken=arrival.signal is not None)
        else:
            self.result.rests.append(Rest(arrival.node, self.ctx.now, arriving=arrival.signal is None))

    def _decided_by_lateness(self, node: ProgramNode, arrival: Arrival) -> bool:
        """Apply the node's rule for waking late; true where the rule has decided and the block is not asked."""
        now = self.ctx.now
        if node.late_then == "run_now" or arrival.due_at is None or now - arrival.due_at <= node.late_after:
            return False
        match node.late_then:
            case "skip":
                self._leave(node, Leave("skipped"))
            case "ask":
                self._fail(arrival, "late", _l("it woke later than its limit, and its rule is to ask a person"))
            case _:
                opens = self.ctx.calendar.next_open(now)
                if opens <= now:
                    return False
                self.result.rests.append(Rest(node.number, opens))
        return True

    def _join(self, node: ProgramNode, arrival: Arrival) -> None:
        """Ask a join about a token; while it answers ``Wait``, one token rests there for all that came."""
        signal = self.joins.arrived(node, arrival)
        if signal is None:
            self.result.steps.append((node.number, "merged"))
            return
        self.ctx.signal = signal
        outcome = node.block.run(self.ctx)
        if not isinstance(outcome, Wait):
            self._fire(node, outcome)
        elif self.joins.holds(node, arrival):
            self.result.rests.append(Rest(node.number, outcome.until, outcome.events))
        else:
            self.result.steps.append((node.number, "merged"))

    def _fire(self, node: ProgramNode, outcome: Outcome) -> None:
        """Let a join go on, once for all that came."""
        self.joins.go_on(node)
        self._act(node, Arrival(node.number), outcome)
