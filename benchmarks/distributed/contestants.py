"""All contestants of the distributed form by name of their kind; peers among them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.distributed import api, drains, live, places, tick, worker_memory
from benchmarks.frame import Measured
from benchmarks.peers import postgres_run


def dramatiq_postgres(folder: Path, leads: int) -> Measured:
    """The job on plain Dramatiq and psycopg."""
    with places.new_database() as url:
        return postgres_run.measure_dramatiq(
            places.conninfo(url), os.environ[places.REDIS_URL], leads, log=_log(folder)
        )


def dramatiq_orm(folder: Path, leads: int) -> Measured:
    """The job on plain Dramatiq with an ORM session per block."""
    with places.new_database() as url:
        return postgres_run.measure_dramatiq(
            places.conninfo(url), os.environ[places.REDIS_URL], leads, log=_log(folder), orm=True
        )


def dbos(folder: Path, leads: int) -> Measured:
    """The job on a DBOS queue."""
    with places.new_database() as url:
        return postgres_run.measure_dbos(places.conninfo(url), leads, log=_log(folder))


def _log(folder: Path) -> Path:
    return folder / "peer.log"


KINDS: dict[str, Callable[[Path, int], Measured]] = {
    "copy_on_two_connections": drains.copy_on_two_connections,
    "one_worker": drains.one_worker,
    "one_worker_of_one_thread": drains.one_worker_of_one_thread,
    "two_workers_of_one_thread": drains.two_workers_of_one_thread,
    "one_worker_slow_commits": drains.one_worker_slow_commits,
    "one_worker_beside_10_thousand": drains.beside(10_000),
    "one_worker_beside_100_thousand": drains.beside(100_000),
    "one_worker_beside_a_million": drains.beside(1_000_000),
    "tick_beside_a_thousand": tick.tick_beside(1000),
    "tick_beside_a_million": tick.tick_beside(1_000_000),
    "dramatiq_postgres": dramatiq_postgres,
    "dramatiq_orm": dramatiq_orm,
    "dbos": dbos,
    "api_one_a_call": api.one_a_call,
    "api_thousand_a_call": api.thousand_a_call,
    "api_bare_inserts": api.bare_inserts,
    "latency_bare_insert": live.bare_insert,
    "latency_first_effect": live.first_effect,
    "live_idle": live.idle,
    "live_beside_bulk": live.beside_bulk,
    "worker_memory": worker_memory.most_memory,
}
