"""Ticks that come as regularly as time passes, whatever becomes of the computer's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_STOPPED

log = structlog.get_logger(__name__)

JUMP = 0.5
"""Seconds by which the clock may go wrong before all dates are moved."""
LONGEST = 1.0
"""Seconds after which the clock is looked at again."""


class Ticks(BackgroundScheduler):  # type: ignore[misc]  # APScheduler has no types
    """APScheduler, whose dates move with the clock.

    It plans by the clock on the wall: set back by an hour, it would not tick for an hour; set on, it would do at once what is due
    much later.  ``wall`` and ``steady`` are seconds of that clock, and of one that nobody sets.
    """

    wall: Callable[[], float] = staticmethod(time.time)
    steady: Callable[[], float] = staticmethod(time.monotonic)

    def _main_loop(self) -> None:
        ahead, wait = self.wall() - self.steady(), 0.0
        while self.state != STATE_STOPPED:
            self._event.wait(min(wait, LONGEST))
            self._event.clear()
            jumped = self.wall() - self.steady() - ahead
            if abs(jumped) > JUMP:
                ahead += jumped
                self._move(timedelta(seconds=jumped))
            wait = self._process_jobs()

    def _move(self, span: timedelta) -> None:
        log.warning("clock_jumped", seconds=round(span.total_seconds(), 1))
        for job in self.get_jobs():
            job.modify(next_run_time=job.next_run_time + span)
