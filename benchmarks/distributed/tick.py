"""What one second costs while many wait: the look at what is due, the due runs themselves, and the scheduler's work."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.distributed import history, places
from benchmarks.frame import ContestantError, Measured
from crm.deals.totals import compact
from db.database import Database
from db.lease import hold
from funnels.node_totals import fold_node_totals
from workers.batch import run_batch
from workers.lookout import due_in
from workers.sweep import sweep

WARMING = 3
"""Ticks that are not measured."""
DUE = 10
"""How many runs become due at each tick."""


def tick_beside(waiting: int) -> history.Kind:
    """Return the contestant that ticks beside so many waiting and as many finished runs.

    It gives the median of the ticks, as the time of all at that pace.
    """

    def tick(_folder: Path, ticks: int) -> Measured:
        all_ticks = WARMING + ticks
        url = history.database_with(history.scaled(waiting), least=all_ticks * DUE)
        places.settle(url)
        database = Database(url)
        with psycopg.connect(places.conninfo(url), autocommit=True) as connection:
            times = [_tick(database, connection) for _ in range(all_ticks)][WARMING:]
        database.close()
        return Measured(ticks, median(times) * ticks)

    return tick


def _tick(database: Database, connection: psycopg.Connection[tuple[object, ...]]) -> float:
    connection.execute(
        "update token set due_at = now() where id in (select id from token order by due_at limit %s)", (DUE,)
    )
    started = time.perf_counter()
    hold(database, "scheduler", "bench")
    due_in(database)
    done = run_batch(database)
    sweep(database)
    with database.work() as work:
        compact(work)
        fold_node_totals(work, since=None)
    due_in(database)
    if run_batch(database) or done.runs != DUE:
        raise ContestantError(f"{done.runs} of {DUE} due runs went on")
    return time.perf_counter() - started
