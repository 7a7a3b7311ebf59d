"""A worker under fire: does all that is due and ends, unless it is killed, freezes itself or finds a bomb.

Its one argument is a JSON object: ``url`` of the database, and what is to happen to it.  With ``until`` it waits for others, who
make that file when they bring nothing more.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import func, select

import db.database
import workers.letters
import workers.patience
import workers.suspicion
import workers.sweep
from blocks.crm_add_to_plan import AddToPlan
from channels.http import Rules
from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from crm.tables.journal import inbox
from db import points
from db.database import TROUBLES, Database
from engine.facts import Facts
from funnels.tables import MAX_ATTEMPTS, batch, run
from workers.batch import run_batch
from workers.delivery import CHANNELS, deliver
from workers.letters import sweep_letters
from workers.post import Post

SOON, LATER = 0.01, 0.3


def main() -> None:
    """Be the worker: end with 0 when everything is done, with 3 where the database refused for too long."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    if "time_limits" in order:
        db.database._TIME_LIMITS = order["time_limits"]
    database = Database(order["url"], shift=timedelta(hours=order.get("hours", 0)))
    limit, seconds = order.get("limit", 8), order.get("seconds", 200)
    until = Path(order["until"]) if "until" in order else None
    workers.sweep.GRACE = timedelta(seconds=0.05)
    workers.suspicion.SETTLING = (0.0, 0.0)
    if order.get("deliver"):
        sys.exit(_deliver(database, order))
    if "leads" in order:  # what earlier workers left behind is done before the danger begins
        _work(database, limit, seconds)
    _arm(order)
    if "leads" in order:
        with database.work() as work:
            record_leads(work, [NewLead(f"Lead {one}", source="ads") for one in range(order["leads"])], by=SYSTEM)
    with ThreadPoolExecutor(order.get("threads", 1)) as pool:
        threads = range(order.get("threads", 1))
        every = 0.1 * len(threads)
        ends = list(pool.map(lambda _: _work(database, limit, seconds, sweeps_every=every, until=until), threads))
    sys.exit(max(ends))


def _deliver(database: Database, order: dict[str, Any]) -> int:
    """Send what is due, after what a dead sender left was found."""
    workers.letters.LEASE = timedelta(seconds=0.2)
    post = Post(Rules(allow_private=True))
    if not database.is_sqlite:
        time.sleep(0.3)  # the lease of the dead
    with database.work() as work:
        sweep_letters(work, at_start=database.is_sqlite)
    _arm(order)
    for channel in order.get("channels", CHANNELS):
        deliver(database, post, channel)
    return 0


def _arm(order: dict[str, Any]) -> None:
    if "kill_at" in order:
        point, _, count = order["kill_at"].rpartition(":")
        points.kill_at(point, int(count))
    if order.get("freeze_at") == "amid:copy":
        _freeze_amid_copy()
    elif "freeze_at" in order:
        points._stop = _freezing(order["freeze_at"])
    if "record" in order:
        seen: dict[str, None] = {}

        def note(point: str) -> None:
            if point not in seen:
                seen[point] = None
                with Path(order["record"]).open("a") as file:
                    file.write(point + "\n")

        points._stop = note
    if "bomb" in order:
        _plant(order["bomb"])


def _freezing(wanted: str) -> Any:
    done: list[str] = []

    def stop(point: str) -> None:
        if point == wanted and not done:
            done.append(point)
            _freeze()

    return stop


def _freeze() -> None:
    """Stop at once: told to the process, this thread might run on until another has heard it."""
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _freeze_amid_copy() -> None:
    ordinary = psycopg.Copy.write_row
    stop = _freezing("amid:copy")

    def write_row(self: Any, row: Any) -> None:
        stop("amid:copy")
        ordinary(self, row)

    psycopg.Copy.write_row = write_row  # type: ignore[method-assign]


def _plant(how: str) -> None:
    """Let the block that opens deals go wrong for leads called ``bomb``: end the process, raise, hang, answer with garbage."""
    workers.patience.LOOK_SECONDS = 0.05
    ordinary = AddToPlan.run

    def run_(self: AddToPlan, ctx: Any) -> Any:
        facts: Facts = ctx.facts
        if facts.get("lead.title") == "bomb":
            if how == "exit":
                os._exit(9)
            while how == "hang":
                pass
            if how == "garbage":
                return {"port": "next"}
            raise RuntimeError("a bomb")
        return ordinary(self, ctx)

    AddToPlan.run = run_  # type: ignore[method-assign]


def _work(
    database: Database, limit: int, seconds: float, *, sweeps_every: float = 0.1, until: Path | None = None
) -> int:
    """Work until everything is done, and, where a file is named, that is there."""
    deadline = time.monotonic() + seconds
    swept: float | None = None
    pause = SOON
    while time.monotonic() < deadline:
        try:
            if swept is None or time.monotonic() - swept > sweeps_every:
                workers.sweep.sweep(database, at_start=swept is None)
                swept = time.monotonic()
            if run_batch(database, limit=limit):
                pause = SOON
                continue
            if (until is None or until.exists()) and _all_done(database):
                return 0
            database._shift += timedelta(seconds=1)  # waits are over sooner
        except TROUBLES:
            pass  # what a frozen worker hears from the server; it tries again
        time.sleep(pause)  # what others have is looked for less and less often, as workers do
        pause = min(2 * pause, LATER)
    return 3


def _all_done(database: Database) -> bool:
    with database.reading() as work:
        fresh = work.scalar(select(func.count()).select_from(inbox).where(inbox.c.attempts < MAX_ATTEMPTS))
        waiting = work.scalar(select(func.count()).select_from(run).where(run.c.status == 1))
        batches = work.scalar(select(func.count()).select_from(batch))
    return not (fresh or waiting or batches)


if __name__ == "__main__":
    main()
