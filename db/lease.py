"""A lease: of several processes that could do something, one does, and another takes over within seconds of its death."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Column, Table, Text, text

from db.database import Database
from db.metadata import metadata
from db.types import Utc

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Utc, nullable=False),
)

LASTING = timedelta(seconds=3)

_TAKE = text(
    "insert into lease (name, holder, until) values (:name, :holder, :until)"
    " on conflict (name) do update set holder = :holder, until = :until"
    " where lease.holder = :holder or lease.until < :now or lease.until > :until returning holder"
)


def hold(database: Database, name: str, holder: str, *, lasting: timedelta = LASTING) -> bool:
    """Take or renew a lease; true where ``holder`` has it now, until it lets ``lasting`` pass without asking again.

    A lease that would last longer than one taken now is from before the clock was set back, and counts as over.
    """
    with database.work() as work:
        until, now = work.stored(work.now + lasting), work.stored(work.now)
        return bool(work.rows(_TAKE, {"name": name, "holder": holder, "until": until, "now": now}))


def release(database: Database, name: str, holder: str) -> None:
    """Give a lease up, so that another need not wait for its end."""
    with database.work() as work:
        work.execute(lease.delete().where(lease.c.name == name, lease.c.holder == holder))
