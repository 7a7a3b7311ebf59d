"""Databases for one measurement on the run's own server, and its Redis, emptied."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator

import psycopg
import redis
from psycopg import sql

POSTGRES_URL, REDIS_URL = "BENCH_POSTGRES_URL", "BENCH_REDIS_URL"


@contextlib.contextmanager
def new_database() -> Iterator[str]:
    """Make an empty database on the server, with the server's own URL but for its name; drop it afterwards."""
    name = f"bench_{uuid.uuid4().hex}"
    create_database(name)
    try:
        yield url_of(name)
    finally:
        drop_database(name)


def create_database(name: str) -> None:
    """Make an empty database."""
    with admin() as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def drop_database(name: str) -> None:
    """Remove a database, whoever is connected to it."""
    with admin() as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def has_database(name: str) -> bool:
    """True where the server has a database of this name."""
    with admin() as connection:
        return connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is not None


def url_of(name: str) -> str:
    """Return SQLAlchemy's address of a database of the server."""
    return f"{os.environ[POSTGRES_URL].rpartition('/')[0]}/{name}"


def conninfo(url: str) -> str:
    """Return psycopg's own form of an address."""
    return url.replace("+psycopg", "", 1)


def admin() -> psycopg.Connection[tuple[object, ...]]:
    """Connect to the server's first database."""
    return psycopg.connect(conninfo(os.environ[POSTGRES_URL]), autocommit=True)


def settle(url: str) -> None:
    """Let statistics be fresh and the log be flushed, as for every other contestant."""
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def empty_redis() -> str:
    """Return the address of Redis, with nothing in it."""
    address = os.environ[REDIS_URL]
    with redis.Redis.from_url(address) as client:
        client.flushdb()
    return address
