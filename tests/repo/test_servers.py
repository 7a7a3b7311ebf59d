"""The suite's own servers keep their promises."""

import os
import select
import socket
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import create_engine, text

from tests.servers.postgresql import PostgresServer
from tests.servers.redis import RedisServer

ROOT = Path(__file__).resolve().parents[2]


def connect(server):
    return psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True)


def test_a_killed_postgresql_keeps_what_was_committed(durable_postgres):
    with closing(connect(durable_postgres)) as connection:
        connection.execute("create table lead (id int)")
        connection.execute("insert into lead values (1)")

    durable_postgres.kill()
    durable_postgres.start()

    with closing(connect(durable_postgres)) as connection:
        assert connection.execute("select id from lead").fetchall() == [(1,)]


@pytest.fixture
def open_folder():
    """A folder for temporary files that others may enter: as root, PostgreSQL runs as somebody else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


def test_a_try_gets_its_servers_and_leaves_nothing(open_folder):
    trying = subprocess.Popen(
        [sys.executable, "-m", "tests.servers"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(open_folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        lines = [trying.stdout.readline().strip().removeprefix("export ").partition("=") for _ in range(3)]
        settings = {name: value for name, _, value in lines}
        with closing(psycopg.connect(settings["VORONKA_DATABASE_URL"])) as connection:
            assert connection.execute("select lower('Ї')").fetchone() == ("ї",)
        with redis.Redis.from_url(settings["VORONKA_REDIS_URL"]) as client:
            assert client.ping()
        assert len(settings["VORONKA_SECRET_KEY"]) > 40
    finally:
        trying.terminate()
        end = trying.wait(120)
        trying.stdout.close()

    assert end == 0
    assert list(open_folder.iterdir()) == []


def test_postgresql_knows_cyrillic_letters(postgres_server):
    with closing(connect(postgres_server)) as connection:
        assert connection.execute("select lower('ВОРОНКА Їжак')").fetchone() == ("воронка їжак",)


def test_durable_means_as_shipped(durable_postgres, postgres_server):
    shown = []
    for server in (durable_postgres, postgres_server):
        with closing(connect(server)) as connection:
            shown.append(connection.execute("show fsync").fetchone()[0])

    assert shown == ["on", "off"]


def test_a_restarted_redis_is_empty_at_the_same_address(redis_server):
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("poke", "1")

    redis_server.kill()
    redis_server.start()

    with redis.Redis.from_url(redis_server.url) as client:
        assert client.get("poke") is None


def test_starting_twice_is_starting_once(redis_server):
    redis_server.start()

    with redis.Redis.from_url(redis_server.url) as client:
        assert client.ping()


@pytest.mark.parametrize("kind", [PostgresServer, RedisServer])
def test_a_server_that_cannot_start_says_why(kind, monkeypatch):
    server = kind()
    monkeypatch.setattr(server._child, "command", ["/bin/sh", "-c", "echo no room on the disk; exit 1"])

    with pytest.raises(RuntimeError, match="no room on the disk"):
        server.start()

    server.close()


def test_a_bare_database_is_empty(bare_database_url):
    engine = create_engine(bare_database_url)

    with engine.connect() as connection:
        assert connection.execute(text("select 1")).scalar() == 1

    engine.dispose()


def test_nothing_outside_loopback_is_reachable():
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_no_server_outlives_a_killed_suite(tmp_path):
    program = (
        "import time; from tests.servers.redis import RedisServer; server = RedisServer(); server.start(); "
        "print(server._child.process.pid, flush=True); time.sleep(60)"
    )
    suite = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    server = os.pidfd_open(int(suite.stdout.readline()))

    suite.kill()
    suite.communicate()

    assert select.select([server], [], [], 120)[0] == [server]
    os.close(server)
