"""A database with a past: so many runs that wait and as many that are finished.

The product makes a thousand of each; the rest are their copies, row by row in every table, made in the database itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import select

from benchmarks import copies, funnel5
from benchmarks.copies import STRIDE
from benchmarks.distributed import places
from benchmarks.frame import Measured
from crm.access.actor import SYSTEM, ActorKind
from crm.journal import LANES
from crm.tables.records import lead
from db.database import Database
from db.migrations import upgrade
from funnels.starting import Start, start_by_hand
from workers.drain import drain

Kind = Callable[[Path, int], Measured]

DOCUMENT = Path(__file__).with_name("waiting.yaml")
SCALE = "VORONKA_BENCH_SCALE"
MADE = 1000
SHIFTED: Mapping[str, tuple[str, ...]] = {
    "person": ("id",),
    "lead": ("id", "person_id"),
    "deal": ("id", "person_id", "lead_id"),
    "task": ("id", "person_id", "deal_id", "lead_id", "run_id"),
    "record_tag": ("record_id",),
    "assignment_round": ("id",),
    "assignment": ("record_id", "round_id"),
    "event": ("id", "person_id", "subject_id"),
    "run": ("id", "person_id", "subject_id", "event_id"),
    "step": ("run_id",),
    "token": ("id", "run_id", "person_id"),
}
"""The columns of every table that hold ids of what is copied; the others are copied as they are."""

_OF_THE_COPY = f"caused_by + case caused_by % 16 when {ActorKind.RUN:d} then {16 * STRIDE}::bigint * k else 0 end"
REWRITTEN: Mapping[tuple[str, str], str] = {
    ("lead", "external_id"): "external_id || '-' || k",
    ("event", "caused_by"): _OF_THE_COPY,
    ("token", "lane"): f"(person_id + k * {STRIDE}) % {LANES}",
    ("token", "due_at"): "due_at + k * interval '1 second'",
}


def scaled(number: int) -> int:
    """Return how many of `number` the environment asks for, in thousands, at least one thousand."""
    return max(1, round(number * float(os.environ.get(SCALE, "1")) / MADE)) * MADE


def database_with(waiting: int, *, least: int = 0) -> str:
    """Return the address of a database with so many waiting and as many finished runs, a thousand at least.

    It is made at the first call, and stays on the server for later rounds, unless fewer than ``least`` wait there still.
    """
    name = f"history_{waiting}"
    url = places.url_of(name)
    if places.has_database(name) and _waiting(url) < least:
        places.drop_database(name)
    if not places.has_database(name):
        making = f"{name}_making"
        places.create_database(making)
        _make(places.url_of(making), max(1, waiting // MADE))
        with places.admin() as connection:
            rename = sql.SQL("alter database {} rename to {}")
            connection.execute(rename.format(sql.Identifier(making), sql.Identifier(name)))
    return url


def _waiting(url: str) -> int:
    with psycopg.connect(places.conninfo(url), autocommit=True) as connection:
        [number] = connection.execute("select count(*) from token").fetchone() or (0,)
        return int(str(number))


def _make(url: str, times: int) -> None:
    upgrade(url)
    database = Database(url)
    funnel5.set_up_company(database)
    funnel5.open_funnel(database, DOCUMENT)
    funnel5.record(database, MADE, named="waiting")  # nothing else is published yet, so nothing starts by itself
    with database.work() as work:
        starts = [Start("lead", row.id, row.person_id) for row in work.rows(select(lead.c.id, lead.c.person_id))]
        start_by_hand(work, "waiting", starts, by=SYSTEM)
    drain(database)
    funnel5.open_funnel(database)
    funnel5.record(database, MADE, named="finished")
    drain(database)
    database.close()
    copies.multiply(places.conninfo(url), times, shifted=SHIFTED, rewritten=REWRITTEN)
