"""Measure one contestant in this process: `python -m benchmarks.contest KIND LEADS FOLDER`.

Writes what it measured to `result.json` in `FOLDER`.  A process of its own gives every contestant a fresh heap.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import psycopg

from benchmarks import funnel5, latency, memory, pages, reference, statements
from benchmarks.canvas import drawing
from benchmarks.distributed import contestants, history, places
from benchmarks.frame import Contestant, ContestantError, Measured
from benchmarks.million import asking
from benchmarks.peers import dramatiq_run

ROOT = Path(__file__).parents[1]
FEW_REPEATS = 5
QUICK_SCALE = "0.01"
SLOWEST_LEADS_PER_SECOND = 100

Drain = Callable[[str], Measured]


def measure(contestant: Contestant, folder: Path, *, quick: bool, environment: dict[str, str]) -> Measured:
    """Measure `contestant` in a new process that works in the empty `folder`.

    Raises:
        ContestantError: the process failed; the message is the last line it said, the rest is in a log beside `folder`.
    """
    leads = contestant.quick_leads if quick else contestant.leads
    command = [sys.executable, "-m", __name__, contestant.kind, str(leads), str(folder)]
    ours = ({history.SCALE: QUICK_SCALE} if quick else {}) | os.environ | environment
    with subprocess.Popen(command, cwd=ROOT, env=ours, stderr=subprocess.PIPE, text=True) as process:
        try:
            _, words = process.communicate()
        except BaseException:
            process.terminate()  # it ends what it has started
            raise
    if process.returncode:
        folder.with_name(f"{contestant.kind}.log").write_text(words)
        said = words.strip().rpartition("\n")[2]
        raise ContestantError(said.removeprefix("benchmarks.frame.ContestantError: "))
    return Measured(**json.loads((folder / "result.json").read_text()))


def sqlite_reference(folder: Path, leads: int) -> Measured:
    """The bare bulk write on SQLite."""
    return reference.write_sqlite(folder / "reference.db", leads)


def postgres_reference(_folder: Path, leads: int) -> Measured:
    """The bare bulk write on PostgreSQL."""
    with places.new_database() as url:
        return reference.write_postgres(places.conninfo(url), leads)


def dramatiq(folder: Path, leads: int) -> Measured:
    """The job on plain Dramatiq."""
    return dramatiq_run.measure(folder / "dramatiq.db", os.environ[places.REDIS_URL], leads)


def sqlite_drain(folder: Path, leads: int, *, drain: Drain = funnel5.drain) -> Measured:
    """The job on our engine and SQLite."""
    url = f"sqlite:///{folder}/drain-{uuid.uuid4().hex}.db"
    funnel5.prepare(url, leads)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    gc.collect()
    return _complete(drain(url), leads)


def sqlite_drain_few(folder: Path, leads: int) -> Measured:
    """The same for few leads, `FEW_REPEATS` times anew, because once is over too soon."""
    each = [sqlite_drain(folder, leads) for _ in range(FEW_REPEATS)]
    return Measured(sum(m.leads for m in each), sum(m.seconds for m in each))


def postgres_drain(_folder: Path, leads: int, *, drain: Drain = funnel5.drain) -> Measured:
    """The job on our engine and PostgreSQL, statistics fresh and the log flushed as for the reference."""
    with places.new_database() as url:
        funnel5.prepare(url, leads)
        with psycopg.connect(places.conninfo(url), autocommit=True) as connection:
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")
        gc.collect()
        return _complete(drain(url), leads)


def postgres_worker(folder: Path, leads: int) -> Measured:
    """The job done by one worker process on PostgreSQL: the product's own loop with its threads."""
    return postgres_drain(folder, leads, drain=funnel5.work)


def sqlite_statements(folder: Path, leads: int) -> Measured:
    """The statements of the job on SQLite, counted at the driver."""
    return sqlite_drain(folder, leads, drain=_drain_counted)


def postgres_statements(folder: Path, leads: int) -> Measured:
    """The statements of the job on PostgreSQL, counted at the driver."""
    return postgres_drain(folder, leads, drain=_drain_counted)


def embedded_memory(folder: Path, leads: int) -> Measured:
    """The peak memory of the embedded process that does the job beside serving."""
    url = f"sqlite:///{folder}/embedded.db"
    funnel5.prepare(url, leads)
    command, environment = funnel5.serve(url)
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log)
    try:
        started = time.monotonic()
        deadline = started + 60 + leads / SLOWEST_LEADS_PER_SECOND
        while (done := funnel5.finished(url)) < leads:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ContestantError(f"{done} of {leads} leads done; see {log.name}")
            time.sleep(0.5)
        return Measured(leads, time.monotonic() - started, peak_mib=memory.peak_mib(process.pid))
    finally:
        process.terminate()
        process.wait(30)


KINDS: dict[str, Callable[[Path, int], Measured]] = {
    kind.__name__: kind
    for kind in (
        sqlite_reference,
        postgres_reference,
        dramatiq,
        sqlite_drain,
        sqlite_drain_few,
        postgres_worker,
        sqlite_statements,
        postgres_statements,
        embedded_memory,
        latency.form_effect,
        latency.bare_insert,
        pages.board_page,
        pages.health_page,
        pages.page_statements,
        pages.board_assets,
    )
}
KINDS |= contestants.KINDS | asking.KINDS | drawing.KINDS


def _complete(measured: Measured, leads: int) -> Measured:
    if measured.leads != leads:
        raise ContestantError(f"drained {measured.leads} of {leads} leads")
    return measured


def _drain_counted(url: str) -> Measured:
    """Drain and replace the engine's own count of statements by the drivers'."""
    with statements.counted() as counter:
        measured = funnel5.drain(url)
    return replace(measured, statements=counter.calls)


def end_by_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that what it has started ends with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


if __name__ == "__main__":
    end_by_sigterm()
    kind, leads, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    (folder / "result.json").write_text(json.dumps(asdict(KINDS[kind](folder, leads))))
