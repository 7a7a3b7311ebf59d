"""Ticks go on whatever becomes of the clock on the wall; here it is set while they come."""

import threading
import time
from datetime import datetime, timedelta

import pytest
from apscheduler.schedulers import base

from workers.ticks import Ticks

HOUR = 3600.0


class Wall:
    """A clock on the wall that is set when somebody looks at it next."""

    def __init__(self):
        self.ahead = self.wanted = 0.0
        self.is_set = threading.Event()

    def __call__(self):
        if self.ahead != self.wanted:
            self.ahead = self.wanted
            self.is_set.set()
        return time.time() + self.ahead

    def now(self, zone=None):
        return datetime.now(zone) + timedelta(seconds=self.ahead)


@pytest.fixture
def wall(monkeypatch):
    made = Wall()
    monkeypatch.setattr(base, "datetime", made)
    monkeypatch.setattr(Ticks, "wall", staticmethod(made))
    return made


@pytest.fixture
def ticks():
    made = Ticks(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    yield made
    made.shutdown()


@pytest.mark.parametrize("ahead", [-9 * HOUR, 9 * HOUR])
def test_ticks_go_on_when_the_clock_is_set(wall, ticks, ahead):
    often, seldom = threading.Semaphore(0), []
    ticks.add_job(often.release, "interval", seconds=0.05, misfire_grace_time=None)
    ticks.add_job(lambda: seldom.append(1), "interval", seconds=HOUR, misfire_grace_time=None)
    ticks.start()

    wall.wanted = ahead
    wall.is_set.wait()
    while often.acquire(blocking=False):
        pass  # from before

    assert [often.acquire(timeout=60) for _ in range(5)] == [True] * 5
    assert [job.next_run_time < wall.now(ticks.timezone) + timedelta(hours=1) for job in ticks.get_jobs()] == [True] * 2
    assert seldom == []
