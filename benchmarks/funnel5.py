"""Our own engine as a contestant: the job "funnel-5" through the real published funnel, interpreter and journal.

Each lead, already recorded, is taken in, passes a condition, gets a deal for a manager by even distribution, a task
with a deadline and a tag, and ends.  Everything is done through the product's own commands, durable as shipped.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.frame import ContestantError, Measured
from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from crm.tables.journal import inbox
from db.database import Database
from db.migrations import upgrade
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from funnels.tables import run
from workers.drain import drain as drain_all
from workers.loop import Loop
from workers.walker import COMPLETED

DOCUMENT = Path(__file__).with_name("funnel5.yaml")
MANAGERS = 4
SOURCES = ("ads", "site")
RECORDED_AT_ONCE = 1000
BATCH = 1000
THREADS = 2


def prepare(url: str, leads: int) -> None:
    """Fill the empty database `url`: schema, company, plan, stages, `MANAGERS` managers, funnel, recorded leads.

    The funnel is `DOCUMENT`, published; the leads' sources alternate over `SOURCES`, so that all pass the condition.
    """
    upgrade(url)
    database = Database(url)
    set_up_company(database)
    open_funnel(database)
    record(database, leads)
    database.close()


def set_up_company(database: Database) -> None:
    """Make the company, its plan with stages, and `MANAGERS` managers."""
    logins = [f"manager{number}" for number in range(MANAGERS)]
    with database.work() as work:
        set_up(work, NewOrganization(name="Bench", zone="Europe/Kyiv", currency="UAH", language="en"))
        add_users(work, [NewUser(login=login, name=login, role="manager") for login in logins], by=SYSTEM)
        stages = (NewStage("New"), NewStage("Won", kind="won"), NewStage("Lost", kind="lost"))
        plan = NewPlan(
            name="Sales", key="sales", stages=stages, average_check=1000, distribution="even", managers=tuple(logins)
        )
        create_plan(work, plan, by=SYSTEM)


def open_funnel(database: Database, document: Path = DOCUMENT) -> None:
    """Publish a funnel's file."""
    with database.work() as work:
        found = read(document.read_text(encoding="utf-8"))
        save_draft(work, found, by=SYSTEM)
        publish(work, found.key, by=SYSTEM)


def record(database: Database, leads: int, *, named: str = "bench") -> None:
    """Record leads; their sources alternate over `SOURCES`, their external ids begin with `named`."""
    for start in range(0, leads, RECORDED_AT_ONCE):
        with database.work() as work:
            items = [
                NewLead(
                    title=f"Request {number}",
                    name=f"Name {number}",
                    source=SOURCES[number % len(SOURCES)],
                    external_id=f"{named}-{number}",
                )
                for number in range(start, min(start + RECORDED_AT_ONCE, leads))
            ]
            record_leads(work, items, by=SYSTEM)


def drain(url: str) -> Measured:
    """Take in and run everything that is due in the prepared database, in this process, until nothing is.

    The clock starts when the engine is ready to look for work.
    """
    database = Database(url)
    started = time.perf_counter()
    done = drain_all(database, limit=BATCH, worker="bench")
    seconds = time.perf_counter() - started
    ended = finished(url)
    if ended != done.events:
        raise ContestantError(f"{done.events} leads were taken in, but {ended} runs ended")
    database.close()
    return Measured(ended, seconds, statements=done.statements, supersteps=done.supersteps)


def work(url: str) -> Measured:
    """Do the same as a worker process does it: by the product's own loop with `THREADS` threads, woken by one poke."""
    database = Database(url)
    with database.reading() as reading:
        leads = int(reading.scalar(select(func.count()).select_from(inbox)))
    loop = Loop(database, threads=THREADS)
    started = time.perf_counter()
    loop.start()
    loop.poke()
    while _is_anything_left(database):
        time.sleep(0.05)  # who asks takes turns with who works
    seconds = time.perf_counter() - started
    loop.stop()
    database.close()
    ended = finished(url)
    if ended != leads:
        raise ContestantError(f"{leads} leads were taken in, but {ended} runs ended")
    return Measured(ended, seconds)


def _is_anything_left(database: Database) -> bool:
    with database.reading() as reading:
        return bool(reading.rows(select(inbox.c.event_id).limit(1)))


def serve(url: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line of the embedded process for `url`, and what it adds to the environment."""
    return [sys.executable, "-m", "voronka", "serve"], {"VORONKA_DATABASE_URL": url, "VORONKA_PORT": "0"}


def finished(url: str) -> int:
    """Return how many runs have ended."""
    database = Database(url)
    try:
        with database.reading() as work:
            return int(work.scalar(select(func.count()).select_from(run).where(run.c.status == COMPLETED)))
    finally:
        database.close()
