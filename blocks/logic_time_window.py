"""Let runs go on only at certain hours."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import Field

from engine.block import Block, Context
from engine.duration import Duration, Window
from engine.outcome import Leave, Outcome, Wait
from engine.text import _l
from engine.wall_time import ZoneName


class TimeWindow(Block):
    """Go on through ``next`` while the window is open; hold the run until it opens, or send it out through ``outside``.

    The port ``outside`` exists only where the run does not wait.
    """

    key: ClassVar = "logic.time_window"
    title: ClassVar = _l("Time window")
    about: ClassVar = _l("Lets runs go on only within certain hours and weekdays")
    group: ClassVar = "logic"

    window: Window | None = Field(
        default=None, title=_l("Window"), description=_l("Empty means the working hours of the company")
    )
    time_zone: ZoneName | None = Field(
        default=None, title=_l("Time zone"), description=_l("Empty means that of the company")
    )
    holidays: bool = Field(default=True, title=_l("Respect holidays"))
    outside: Literal["wait", "leave"] = Field(
        default="wait",
        title=_l("Outside the window"),
        description=_l("Wait until it opens, or leave by a port of its own"),
    )

    def ports(self) -> tuple[str, ...]:
        return ("next", "outside") if self.outside == "leave" else ("next",)

    def keeps_hours(self) -> bool:
        return True

    def run(self, ctx: Context) -> Outcome:
        place = (id(self), "opens")
        opens: datetime | None = ctx.memo.get(place)
        if opens is None:
            opens = ctx.memo[place] = self._opening.after(ctx.now, ctx.calendar)
        if opens <= ctx.now:
            return Leave()
        return Leave("outside") if self.outside == "leave" else Wait(opens)

    @cached_property
    def _opening(self) -> Duration:
        """A wait of no length, which ends inside the window."""
        return Duration(
            amount=0,
            unit="seconds",
            calendar="company" if self.window is None else "none",
            time_zone=self.time_zone,
            window=self.window,
            holidays=self.holidays,
        )
