"""How soon a single lead has its first effect: through web, Redis and worker, on an idle system and beside bulk work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import funnel5
from benchmarks.distributed import processes
from benchmarks.distributed.api import BARE_PATH, LEADS_PATH, Installation, installation
from benchmarks.distributed.clients import body_of, lead
from benchmarks.frame import ContestantError, Measured

PAUSE = 0.05
PAUSE_LONG = 0.15
"""Seconds between two leads; 400 of the long ones are a minute."""
LONGEST = 60.0


def bare_insert(folder: Path, calls: int) -> Measured:
    """A call's time until its bare insert is durable."""
    with installation(folder) as ours:
        return _paced(calls, PAUSE, lambda number: _bare(ours, number))


def first_effect(folder: Path, calls: int) -> Measured:
    """The time from sending a lead to the commit of the deal that its funnel opens."""
    with installation(folder) as ours:
        return _paced(calls, PAUSE, lambda number: _effect(ours, number))


def idle(folder: Path, calls: int) -> Measured:
    """The same at the pace of `beside_bulk`."""
    with installation(folder) as ours:
        return _paced(calls, PAUSE_LONG, lambda number: _effect(ours, number))


def beside_bulk(folder: Path, calls: int) -> Measured:
    """The same while thousands of leads that came in bulk are worked on all the time."""
    log = folder / "feeder.log"
    with (
        installation(folder) as ours,
        processes.running("benchmarks.distributed.feeder", (ours.url,), {}, log) as feeder,
    ):
        processes.await_ready(feeder, log)
        processes.go([feeder])
        before = funnel5.finished(ours.url)
        measured = _paced(calls, PAUSE_LONG, lambda number: _effect(ours, number))
        if ours.eye.execute("select 1 from inbox limit 1").fetchone() is None:
            raise ContestantError("the bulk was over before the leads were")
        if funnel5.finished(ours.url) - before < 2 * calls:
            raise ContestantError("no bulk was done beside the leads")
        return measured


def _paced(calls: int, pause: float, call: Callable[[int], float]) -> Measured:
    """Call so often, with pauses; gives the median as the time of all, and the 99th percentile."""
    times = []
    for number in range(calls + 3):
        time.sleep(pause)
        times.append(call(number))
    del times[:3]
    slowest = sorted(times)[min(len(times) - 1, int(len(times) * 0.99))]
    return Measured(calls, median(times) * calls, p99=slowest)


def _bare(ours: Installation, number: int) -> float:
    caller = ours.caller(BARE_PATH)
    started = time.perf_counter()
    caller.call(body_of(lead(number, "live")))
    seconds = time.perf_counter() - started
    caller.close()
    return seconds


def _effect(ours: Installation, number: int) -> float:
    caller = ours.caller(LEADS_PATH)
    started = time.perf_counter()
    person = json.loads(caller.call(body_of(lead(number, "live"))))["person"]
    while ours.eye.execute("select 1 from deal where person_id = %s", (person,)).fetchone() is None:
        if time.perf_counter() - started > LONGEST:
            raise ContestantError(f"lead {number} had no effect within {LONGEST:.0f} s")
        time.sleep(0.0005)
    seconds = time.perf_counter() - started
    caller.close()
    return seconds
