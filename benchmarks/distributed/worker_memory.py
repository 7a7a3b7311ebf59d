"""The memory of one worker process while it does the job."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg

from benchmarks import funnel5, memory
from benchmarks.distributed import places, processes
from benchmarks.frame import ContestantError, Measured

SLOWEST_LEADS_PER_SECOND = 100


def most_memory(folder: Path, leads: int) -> Measured:
    """The largest proportional memory of `voronka worker` while it drains the leads, looked at five times a second."""
    redis_url = places.empty_redis()
    with places.new_database() as url:
        funnel5.prepare(url, leads)
        with (
            psycopg.connect(places.conninfo(url), autocommit=True) as eye,
            processes.worker(url, redis_url, folder) as process,
        ):
            most, started = 0.0, time.monotonic()
            while eye.execute("select 1 from inbox limit 1").fetchone() is not None:
                late = time.monotonic() - started > 60 + leads / SLOWEST_LEADS_PER_SECOND
                if late or process.poll() is not None:
                    raise ContestantError("the worker left leads undone")
                most = max(most, memory.proportional_mib(process.pid))
                time.sleep(0.2)
            return Measured(leads, time.monotonic() - started, peak_mib=max(most, memory.proportional_mib(process.pid)))
