"""Processes that stay say every few seconds that they live, and what they have done: a row each."""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import Column, Integer, Table, Text, text

from db.database import Database
from db.metadata import metadata
from db.types import Json, Utc, dumps
from db.work import Work

process = Table(
    "process",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # serve | web | worker | scheduler
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("counts", Json, nullable=False),  # what it has done since it started, by name
)

Kind = Literal["serve", "web", "worker", "scheduler"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
BEAT: Final = timedelta(seconds=5)
"""How often a process says that it lives."""
SILENT: Final = timedelta(seconds=20)
"""Who has said nothing for so long is taken for dead."""
KEPT: Final = timedelta(minutes=10)
"""How long the last word of a dead process is kept."""

_BEAT = text(
    "insert into process (id, kind, host, pid, version, started_at, seen_at, counts)"
    " values (:id, :kind, :host, :pid, :version, :now, :now, :counts)"
    " on conflict (id) do update set seen_at = :now, counts = :counts"
)


@dataclass(frozen=True, slots=True)
class Me:
    """The present process, as others see it."""

    kind: Kind
    version: str
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


def beat(database: Database, me: Me) -> None:
    """Say that this process lives, and what it has done.  One short transaction."""
    with database.work() as work:
        work.execute(
            _BEAT,
            {
                "id": me.id,
                "kind": me.kind,
                "host": me.host,
                "pid": me.pid,
                "version": me.version,
                "now": work.stored(work.now),
                "counts": dumps(database.counts.now()),
            },
        )


def leave(database: Database, me: Me) -> None:
    """Say that this process ends in order."""
    with database.work() as work:
        work.execute(process.delete().where(process.c.id == me.id))


def forget_dead(work: Work) -> int:
    """Remove the rows of processes that ended without a word; returns how many."""
    return work.execute(process.delete().where(process.c.seen_at < work.now - KEPT))


def seen(work: Work) -> list[Any]:
    """Return the rows of all processes, also of those that fell silent lately."""
    return list(work.rows(process.select().order_by(process.c.kind, process.c.host, process.c.pid)))
