from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from benchmarks import chart, contest
from benchmarks.distributed import history, places
from benchmarks.frame import Log, Measured
from benchmarks.peers import postgres_run
from db.database import Database
from funnels.doctor import examine
from tests.databases import Databases
from tests.servers.postgresql import PostgresServer

PER_LEAD = {"deal": 1, "task": 1, "lead_tag": 1, "step": 1, "event": 4}


@pytest.fixture
def empty_postgres(databases: Databases) -> Iterator[str]:
    with databases.bare("postgresql") as url:
        yield url.replace("+psycopg", "")


@pytest.fixture(autouse=True)
def _bench_servers(postgres_server: PostgresServer, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.POSTGRES_URL, postgres_server.url)
    monkeypatch.setenv(places.REDIS_URL, redis_url)


@pytest.mark.parametrize("orm", [False, True], ids=["psycopg", "orm"])
def test_the_peers_on_postgres_do_the_whole_job(empty_postgres: str, redis_url: str, tmp_path: Path, orm: bool) -> None:
    measured = postgres_run.measure_dramatiq(empty_postgres, redis_url, 8, log=tmp_path / "log", orm=orm)

    assert measured.seconds > 0
    with psycopg.connect(empty_postgres) as connection:
        counts = {name: connection.execute(f"select count(*) from {name}").fetchone() for name in PER_LEAD}
        owners = connection.execute("select count(*) from deal group by owner_id").fetchall()
    assert counts == {name: (8 * count,) for name, count in PER_LEAD.items()}
    assert owners == [(2,)] * 4


def test_two_connections_of_the_reference_share_the_leads(tmp_path: Path) -> None:
    assert contest.KINDS["copy_on_two_connections"](tmp_path, 5).leads == 5


def test_two_worker_processes_do_the_whole_job(tmp_path: Path) -> None:
    assert contest.KINDS["two_workers_of_one_thread"](tmp_path, 20).leads == 20


def test_a_lead_goes_through_web_redis_and_worker(tmp_path: Path) -> None:
    measured = contest.KINDS["latency_first_effect"](tmp_path, 2)

    assert measured.p99 >= measured.seconds / measured.leads > 0


def test_a_past_is_as_large_as_was_asked_and_sound() -> None:
    url = history.database_with(2000)
    try:
        with psycopg.connect(places.conninfo(url)) as connection:
            runs = connection.execute("select status, count(*) from run group by status order by status").fetchall()
            lanes = connection.execute("select count(*) from token where lane != person_id % 256").fetchone()
        database = Database(url)
        with database.work() as work:
            findings = examine(work, deep=True)
            fresh = work.ids("run", 1)[0]
            highest = work.scalar(text("select max(id) from run"))
        database.close()
    finally:
        with places.admin() as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier("history_2000")))

    assert runs == [(1, 2000), (10, 2000)]
    assert lanes == (0,)
    assert not findings
    assert fresh > highest


def test_the_chart_has_a_line_for_what_was_measured(tmp_path: Path) -> None:
    log = Log({name: [Measured(1, 0.001)] for name in chart.CURVES[0][1].values()})

    chart.draw(chart.curves(log), tmp_path / "chart.svg")

    drawn = ElementTree.parse(tmp_path / "chart.svg")
    names = [one.tag.rpartition("}")[2] for one in drawn.iter()]
    assert (names.count("polyline"), names.count("circle")) == (1, 3)
