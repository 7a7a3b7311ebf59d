"""Drains by worker processes, beside the bare bulk write; and what history and slow commits change about them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks import funnel5, reference
from benchmarks.distributed import history, places
from benchmarks.distributed.processes import await_ready, go, running
from benchmarks.frame import ContestantError, Measured
from db.database import Database

THREADS = 2
SLOWEST_LEADS_PER_SECOND = 100


def copy_on_two_connections(folder: Path, leads: int) -> Measured:
    """The bare bulk write by two processes, half of the leads each."""
    half = leads // 2
    shares = [(1, half), (half + 1, leads - half)]
    log = folder / "copier.log"
    with places.new_database() as url, contextlib.ExitStack() as stack:
        reference.create_postgres(places.conninfo(url))
        processes = [
            stack.enter_context(
                running("benchmarks.distributed.copier", (places.conninfo(url), str(first), str(count)), {}, log)
            )
            for first, count in shares
        ]
        for process in processes:
            await_ready(process, log)
        started = time.perf_counter()
        go(processes)
        for process in processes:
            assert process.stdout is not None
            if process.stdout.readline() != b"done\n":
                raise ContestantError(f"a connection ended: {log.read_text()[-1000:]}")
        return Measured(leads, time.perf_counter() - started)


def one_worker(folder: Path, leads: int) -> Measured:
    """The job by one worker process."""
    return _fresh_drain(folder, leads, workers=1)


def one_worker_of_one_thread(folder: Path, leads: int) -> Measured:
    """The job by one worker process of one thread."""
    return _fresh_drain(folder, leads, workers=1, threads=1)


def two_workers_of_one_thread(folder: Path, leads: int) -> Measured:
    """The job by two worker processes of one thread each: as two cores do the most."""
    return _fresh_drain(folder, leads, workers=2, threads=1)


def one_worker_slow_commits(folder: Path, leads: int) -> Measured:
    """The job by one worker process while every commit of the database takes a millisecond longer."""
    return _fresh_drain(folder, leads, workers=1, settings=("commit_siblings = 0", "commit_delay = 1000"))


def beside(waiting: int) -> history.Kind:
    """Return the contestant that does the job by one worker process beside so many waiting and as many finished runs."""

    def one_worker_beside(folder: Path, leads: int) -> Measured:
        url = history.database_with(history.scaled(waiting))
        database = Database(url)
        funnel5.record(database, leads, named=folder.name)
        database.close()
        return _drain(url, folder, leads, workers=1)

    return one_worker_beside


def _fresh_drain(
    folder: Path, leads: int, *, workers: int, threads: int = THREADS, settings: Sequence[str] = ()
) -> Measured:
    with places.new_database() as url:
        funnel5.prepare(url, leads)
        with places.admin() as connection:
            name = sql.Identifier(url.rpartition("/")[2])
            for setting in settings:
                connection.execute(sql.SQL("alter database {} set {}").format(name, sql.SQL(setting)))
        return _drain(url, folder, leads, workers=workers, threads=threads)


def _drain(url: str, folder: Path, leads: int, *, workers: int, threads: int = THREADS) -> Measured:
    """Let worker processes that are ready drain the inbox; the clock runs until it is empty."""
    places.settle(url)
    before = funnel5.finished(url)
    log = folder / "worker.log"
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(running("benchmarks.distributed.worker", (url, str(threads)), {}, log))
            for _ in range(workers)
        ]
        for process in processes:
            await_ready(process, log)
        eye = stack.enter_context(psycopg.connect(places.conninfo(url), autocommit=True))
        started = time.perf_counter()
        go(processes)
        while eye.execute("select 1 from inbox limit 1").fetchone() is not None:
            ended = any(process.poll() is not None for process in processes)
            if ended or time.perf_counter() - started > 60 + leads / SLOWEST_LEADS_PER_SECOND:
                raise ContestantError(f"leads were left: {log.read_text()[-1000:]}")
            time.sleep(0.01)
        seconds = time.perf_counter() - started
    done = funnel5.finished(url) - before
    if done != leads:
        raise ContestantError(f"{leads} leads were taken in, but {done} runs ended")
    return Measured(leads, seconds)
