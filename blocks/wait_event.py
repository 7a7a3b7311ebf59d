"""Hold a run until something happens."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.block import Block, Context
from engine.calendar import WorkingCalendar
from engine.duration import Duration, NeverOpenError
from engine.outcome import About, Awaited, Fail, Happened, Leave, Outcome, Wait
from engine.setting import EventName, PortName, Text
from engine.text import _l

TIMEOUT = "timeout"


class AwaitedEvent(BaseModel):
    """One event to wait for, and the way out when it comes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: PortName = Field(title=_l("Port"))
    event: EventName = Field(title=_l("Event"))
    where: dict[Text, bool | int | str] = Field(
        default_factory=dict,
        title=_l("Only where"),
        description=_l("Values that the event must carry, as stage: offer"),
    )


class WaitEvent(Block):
    """Hold the run until one of some events happens to its person, or to its deal.

    Leaves through the port of the event that came first; through ``timeout`` where none came in time.  The port exists
    only with a timeout.
    """

    key: ClassVar = "wait.event"
    title: ClassVar = _l("Wait for an event")
    about: ClassVar = _l("Holds the run until something happens, or until time is up")
    group: ClassVar = "wait"
    main: ClassVar = None
    rests: ClassVar = True

    events: tuple[AwaitedEvent, ...] = Field(min_length=1, max_length=20, title=_l("Events"))
    about_the: About = Field(
        default="person", title=_l("Whose events"), description=_l("Of the person, or of the run's deal only")
    )
    timeout: Duration | None = Field(default=None, title=_l("Not longer than"), description=_l("Empty means for ever"))

    @model_validator(mode="after")
    def _has_free_ports(self) -> Self:
        if any(awaited.port in {TIMEOUT, "failed", "skipped"} for awaited in self.events):
            raise ValueError(_l("the ports timeout, failed and skipped have their own meaning; take another name"))
        return self

    def ports(self) -> tuple[str, ...]:
        named = dict.fromkeys(awaited.port for awaited in self.events)
        return (*named, *((TIMEOUT,) if self.timeout is not None else ()))

    def awaits(self) -> frozenset[str]:
        return frozenset(awaited.event for awaited in self.events)

    def run(self, ctx: Context) -> Outcome:
        if isinstance(ctx.signal, Happened):
            return Leave(ctx.signal.port)
        if ctx.signal is not None:
            return Leave(TIMEOUT)
        try:
            until = self.timeout.after(ctx.now, ctx.calendar) if self.timeout is not None else None
        except NeverOpenError as error:
            return Fail(error.code, error.message)
        return Wait(until, self._awaited())

    def rest_since(self, came: datetime, now: datetime, calendar: WorkingCalendar) -> Wait | None:
        """Return the wait for the events, its timeout counted from the coming."""
        try:
            until = max(self.timeout.after(came, calendar), now) if self.timeout is not None else None
        except NeverOpenError:
            return None
        return Wait(until, self._awaited())

    def _awaited(self) -> tuple[Awaited, ...]:
        return tuple(Awaited(one.event, one.port, one.where or None, self.about_the) for one in self.events)
