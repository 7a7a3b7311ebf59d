"""Feed the Dramatiq peer with leads, let its own command line serve them, and time it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks import rows
from benchmarks.frame import ContestantError, Measured
from benchmarks.peers import dramatiq_plain as peer

ROOT = Path(__file__).parents[2]
THREADS = 8
SLOWEST_LEADS_PER_SECOND = 5


def measure(path: Path, redis_url: str, leads: int) -> Measured:
    """Take `leads` leads through the job: one worker process of `THREADS` threads, Redis between the blocks.

    All first messages wait in Redis before the worker starts.  The clock runs from the first block's start to the
    last block's end as the peer wrote them down, so no start-up counts.

    Raises:
        ContestantError: the worker stopped, or was not ready within 30 s and a fifth of a second per lead.
    """
    namespace = f"peer-{uuid.uuid4()}"
    with closing(peer.connect(str(path))) as connection:
        _record_leads(connection, leads)
        _send_all(redis_url, namespace, leads)
        environment = {"PEER_DATABASE": str(path), "PEER_REDIS_URL": redis_url, "PEER_NAMESPACE": namespace}
        with _worker(environment, path.with_suffix(".log")) as process:
            _wait(connection, process, leads, path.with_suffix(".log"))
        (seconds,) = connection.execute("select max(finished_at) - min(started_at) from walk").fetchone()
    return Measured(leads, seconds)


def _record_leads(connection: sqlite3.Connection, leads: int) -> None:
    connection.executescript(rows.SQLITE_SCHEMA + peer.SCHEMA)
    connection.execute("begin")
    connection.execute("insert into rotation values (?, 0)", (peer.PLAN,))
    connection.executemany("insert into lead values (?,?,?,?,?)", rows.leads(leads))
    connection.execute("insert into walk(id, lead_id, node) select id, id, ? from lead", (peer.check_source.__name__,))
    connection.execute("commit")


def _send_all(redis_url: str, namespace: str, leads: int) -> None:
    broker = peer.new_broker(redis_url, namespace)
    peer.serve_on(broker)
    for walk in range(1, leads + 1):
        peer.send(peer.check_source, walk)
    broker.close()


@contextlib.contextmanager
def _worker(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    options = ["--processes", "1", "--threads", str(THREADS)]
    command = [sys.executable, "-m", "dramatiq", f"{peer.__name__}:setup", *options]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait(connection: sqlite3.Connection, process: subprocess.Popen[bytes], leads: int, log: Path) -> None:
    deadline = time.monotonic() + 30 + leads / SLOWEST_LEADS_PER_SECOND
    while True:
        (left,) = connection.execute("select count(*) from walk where finished_at is null").fetchone()
        if not left:
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise ContestantError(f"{left} of {leads} leads left unfinished:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)
