"""Leads through the API, until each is finished, beside a bare durable insert through the same web server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import funnel5
from benchmarks.distributed import places, processes
from benchmarks.distributed.clients import Caller, body_of, call_all, lead
from benchmarks.distributed.web import BARE_TABLE
from benchmarks.frame import ContestantError, Measured
from crm.access.actor import SYSTEM
from crm.ways.api_keys import new_api_key
from db.database import Database

CALLERS = 16
AT_ONCE = 1000
LEADS_PATH, BARE_PATH = "/api/v1/leads", "/bare"
LONGEST = 300.0


@dataclass(frozen=True, slots=True)
class Installation:
    """A web server and a worker that answer: where, and with which key."""

    url: str
    port: int
    key: str
    eye: psycopg.Connection[tuple[object, ...]]

    def caller(self, path: str) -> Caller:
        """Return a caller of a path."""
        return Caller(self.port, path, self.key)

    def wait_until_done(self) -> None:
        """Wait until nothing is left in the inbox.

        Raises:
            ContestantError: it takes for ever.
        """
        deadline = time.monotonic() + LONGEST
        while self.eye.execute("select 1 from inbox limit 1").fetchone() is not None:
            if time.monotonic() > deadline:
                raise ContestantError("leads were left in the inbox")
            time.sleep(0.01)


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Start `voronka web` and one `voronka worker`, with the funnel published; warm when given."""
    redis_url = places.empty_redis()
    with places.new_database() as url:
        funnel5.prepare(url, 0)
        database = Database(url)
        with database.work() as work:
            key = new_api_key(work, "bench", ["leads.create"], by=SYSTEM)
        database.close()
        with (
            psycopg.connect(places.conninfo(url), autocommit=True) as eye,
            processes.worker(url, redis_url, folder),
            processes.web(url, redis_url, folder) as port,
        ):
            eye.execute(BARE_TABLE)
            found = Installation(url, port, key, eye)
            for path in (LEADS_PATH, BARE_PATH):
                warm = [found.caller(path) for _ in range(CALLERS)]
                call_all(warm, [body_of(lead(number, "warm")) for number in range(5 * CALLERS)])
            found.wait_until_done()
            yield found


def one_a_call(folder: Path, leads: int) -> Measured:
    """A call for each lead, until all are finished."""
    bodies = [body_of(lead(number)) for number in range(leads)]
    return _sent(folder, LEADS_PATH, bodies, leads)


def thousand_a_call(folder: Path, leads: int) -> Measured:
    """A call for a thousand leads, until all are finished."""
    bodies = [
        body_of({"leads": [lead(number) for number in range(start, min(start + AT_ONCE, leads))]})
        for start in range(0, leads, AT_ONCE)
    ]
    return _sent(folder, LEADS_PATH, bodies, leads)


def bare_inserts(folder: Path, leads: int) -> Measured:
    """A call for each lead that inserts one row durably, and nothing else."""
    return _sent(folder, BARE_PATH, [body_of(lead(number)) for number in range(leads)], 0)


def _sent(folder: Path, path: str, bodies: list[bytes], finished: int) -> Measured:
    with installation(folder) as ours:
        before = funnel5.finished(ours.url)
        callers = [ours.caller(path) for _ in range(min(CALLERS, len(bodies)))]
        started = time.perf_counter()
        call_all(callers, bodies)
        ours.wait_until_done()
        seconds = time.perf_counter() - started
        done = funnel5.finished(ours.url) - before
        if done != finished:
            raise ContestantError(f"{done} of {finished} leads were finished")
        return Measured(finished or len(bodies), seconds)
