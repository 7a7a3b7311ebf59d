"""Walks of a deal through the robots of a stage, with a clock that is set by hand."""

from datetime import UTC, datetime, timedelta

from blocks.catalogue import block_type
from engine.advance import advance, resume
from engine.calendar import WorkingCalendar
from engine.event import Event
from engine.facts import Facts
from engine.match import match, told
from engine.outcome import Happened, TimedOut
from engine.program import build
from engine.request import Result
from engine.robot import StageRobots
from engine.standing import Arrival, Standing
from funnels.numbering import number
from funnels.robots import compile_robots

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def stage(*robots):
    """Return the robots of the stage ``new`` of ``retail``; each adds a tag of its own id unless it says otherwise."""
    plain = [{"action": {"type": "crm.add_tags", "config": {"tags": [robot["id"]]}}, **robot} for robot in robots]
    return StageRobots.model_validate({"plan": "retail", "stage": "new", "robots": plain})


def moved(to="new", *, origin="hand", skipped=(), came_from="won", kind="deal.moved"):
    """Return the event of a deal that was moved, or another one about it."""
    data = {"plan": "retail", "stage": to, "from": came_from, "skipped": list(skipped)}
    return Event(1, kind, 7, "deal", 5, data, MONDAY, origin=origin)


class Walk:
    """One run of a compiled funnel: what was done so far, in order, and where it rests."""

    def __init__(self, robots, event, *, at=0, deal=None):
        document = compile_robots(robots, block_type)[at]
        self.program = build(document, number({}, document), block_type)
        self.now = MONDAY
        self.done = []
        self.outcome = None
        self.standing = Standing()
        self.rests = []
        here = {"plan": "retail", "stage": event.data["stage"], "stage_entered_at": MONDAY}
        self.deal = {**here, **(deal or {})}
        trigger = self.program.triggers[0]
        self.started = match(self.program, trigger, event, Facts({"deal": self.deal}), self.now) is None
        if self.started:
            self.trigger = told(event)
            self._go([Arrival(trigger.number)])

    def after(self, **days):
        """Let the clock run, and wake what is due."""
        self.now = MONDAY + timedelta(**days)
        due = [rest for rest in self.rests if rest.due_at is not None and rest.due_at <= self.now]
        for rest in due:
            self._wake(rest, TimedOut())
        return self

    def happens(self, kind, **deal):
        """Let an event happen that changed the deal so."""
        self.deal = {**self.deal, **deal}
        event = moved(self.deal["stage"], kind=kind)
        for rest in list(self.rests):
            port = next((one.port for one in rest.events if one.kind == kind), None)
            if port is not None and rest in self.rests:
                self._wake(rest, Happened(event, port))
        return self

    @property
    def at(self):
        """Where the run rests."""
        return sorted(self.program.nodes[rest.node].id for rest in self.rests)

    def _wake(self, rest, signal):
        self.rests.remove(rest)
        before, resting = self.standing, tuple(one.node for one in self.rests)
        self.standing = Standing(before.visits, before.joined, resting)
        self._go([Arrival(rest.node, signal, rest.due_at)])

    def _go(self, arrivals):
        facts = Facts({"deal": self.deal, "trigger": self.trigger})
        result = advance(self.program, self.standing, arrivals, facts, self.now, calendar=WorkingCalendar(), seed=1)
        self._note(result)
        while result.ask is not None:
            self.done.append(self.program.nodes[result.ask.node].id)
            self.deal = {**self.deal, "stage": result.ask.request.stage, "stage_entered_at": self.now}
            answer = Result("done", records={"deal": self.deal})
            result = resume(self.program, result, answer, result.facts, self.now, calendar=WorkingCalendar(), seed=1)
            self._note(result)
        assert result.failure is None
        self.standing = result.standing
        self.rests = [rest for rest in self.rests if rest.node not in result.dropped] + result.rests
        self.outcome = result.outcome
        if result.outcome is not None:
            self.rests = []

    def _note(self, result):
        self.done += [tag for _, effect in result.effects for tag in sorted(effect.tags)]
