"""Feed the peers on PostgreSQL with leads, let their own programs serve them, and time it by what they wrote down."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import psycopg
from dramatiq.brokers.redis import RedisBroker

from benchmarks import rows
from benchmarks.frame import ContestantError, Measured
from benchmarks.peers import dramatiq_orm, dramatiq_postgres, postgres_job

ROOT = Path(__file__).parents[2]
THREADS = 8
SLOWEST_LEADS_PER_SECOND = 3
DBOS = [sys.executable, "-m", "benchmarks.peers.dbos_queue"]


def measure_dramatiq(conninfo: str, redis_url: str, leads: int, *, log: Path, orm: bool = False) -> Measured:
    """Take `leads` leads through the job: one worker process of `THREADS` threads, Redis between the blocks.

    All first messages wait in Redis before the worker starts.  The clock runs from the first block's start to the last
    block's end as the peer wrote them down, so no start-up counts.

    Raises:
        ContestantError: the worker stopped, or was far too slow.
    """
    peer = dramatiq_orm if orm else dramatiq_postgres
    namespace = f"peer-{uuid.uuid4()}"
    environment = {"PEER_DATABASE": conninfo, "PEER_REDIS_URL": redis_url, "PEER_NAMESPACE": namespace}

    def feed() -> None:
        _send_all(peer, redis_url, namespace, leads)

    options = ["--processes", "1", "--threads", str(THREADS)]
    return _measure(
        conninfo, leads, feed, [sys.executable, "-m", "dramatiq", f"{peer.__name__}:setup", *options], environment, log
    )


def measure_dbos(conninfo: str, leads: int, *, log: Path) -> Measured:
    """The same by one DBOS process that finds its queue full.

    Raises:
        ContestantError: DBOS is not installed (`make bench` does it), stopped, or was far too slow.
    """
    environment = {"PEER_DATABASE": conninfo}

    def feed() -> None:
        done = subprocess.run(
            [*DBOS, str(leads)], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ContestantError(done.stderr.strip().rpartition("\n")[2])

    return _measure(conninfo, leads, feed, DBOS, environment, log)


def _measure(
    conninfo: str, leads: int, feed: Callable[[], None], command: list[str], environment: Mapping[str, str], log: Path
) -> Measured:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        _record_leads(connection, leads)
        feed()
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
        with _serving(command, environment, log) as process:
            _wait(connection, process, leads, log)
        row = connection.execute(
            "select extract(epoch from max(finished_at) - min(started_at))::float8 from walk"
        ).fetchone()
        assert row is not None
        return Measured(leads, row[0])


def _record_leads(connection: psycopg.Connection[object], leads: int) -> None:
    connection.execute(rows.POSTGRES_SCHEMA + postgres_job.SCHEMA)
    connection.execute("insert into rotation values (%s, 0)", (postgres_job.PLAN,))
    with connection.cursor() as cursor, cursor.copy("copy lead from stdin") as copy:
        for row in rows.leads(leads):
            copy.write_row(row)
    connection.execute("insert into walk(id, lead_id, node) select id, id, %s from lead", (postgres_job.FIRST,))


def _send_all(peer: ModuleType, redis_url: str, namespace: str, leads: int) -> None:
    broker = RedisBroker(url=redis_url, namespace=namespace)  # type: ignore[no-untyped-call]  # Dramatiq's own
    peer.serve_on(broker)
    for walk in range(1, leads + 1):
        peer.send(postgres_job.FIRST, walk)
    broker.close()


@contextlib.contextmanager
def _serving(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdin=subprocess.PIPE, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _wait(connection: psycopg.Connection[object], process: subprocess.Popen[bytes], leads: int, log: Path) -> None:
    deadline = time.monotonic() + 60 + leads / SLOWEST_LEADS_PER_SECOND
    while True:
        row = connection.execute("select count(*) from walk where finished_at is null").fetchone()
        assert row is not None
        if row == (0,):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise ContestantError(f"{row} of {leads} leads left unfinished:\n{log.read_text()[-2000:]}")
        time.sleep(0.2)
