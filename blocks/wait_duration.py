"""Hold a run for a while."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from blocks.interrupts import INTERRUPTED, Interrupts, interrupts
from engine.block import Block, Context
from engine.calendar import WorkingCalendar
from engine.duration import Duration, NeverOpenError
from engine.outcome import Fail, Happened, Leave, Outcome, Wait
from engine.setting import FactPath
from engine.text import _l


class WaitDuration(Block):
    """Hold the run for ``lasting``, counted from now or from the moment in a field, then leave through ``next``.

    Where that is over already, the run goes on at once.  Leaves through ``interrupted`` where one of the events came first;
    the port exists only with ``interrupt_on``.
    """

    key: ClassVar = "wait.duration"
    title: ClassVar = _l("Wait")
    about: ClassVar = _l("Holds the run for a while")
    group: ClassVar = "wait"
    rests: ClassVar = True

    lasting: Duration = Field(title=_l("How long"))
    since: FactPath | None = Field(
        default=None,
        title=_l("Counted from"),
        description=_l("A field with a moment, as deal.stage_entered_at; empty means from now"),
    )
    interrupt_on: Interrupts = ()

    def ports(self) -> tuple[str, ...]:
        return ("next", INTERRUPTED) if self.interrupt_on else ("next",)

    def awaits(self) -> frozenset[str]:
        return frozenset(self.interrupt_on)

    def keeps_hours(self) -> bool:
        return self.lasting.keeps_hours

    def run(self, ctx: Context) -> Outcome:
        if isinstance(ctx.signal, Happened):
            return Leave(INTERRUPTED)
        if ctx.signal is not None:
            return Leave()
        moment = ctx.facts.get(self.since) if self.since is not None else None
        try:
            until = self.lasting.after(moment if isinstance(moment, datetime) else ctx.now, ctx.calendar)
        except NeverOpenError as error:
            return Fail(error.code, error.message)
        return Wait(max(until, ctx.now), interrupts(self.interrupt_on))

    def rest_since(self, came: datetime, now: datetime, calendar: WorkingCalendar) -> Wait | None:
        """Return the wait counted from the coming, unless it counts from a field."""
        if self.since is not None:
            return None
        try:
            return Wait(max(self.lasting.after(came, calendar), now), interrupts(self.interrupt_on))
        except NeverOpenError:
            return None
