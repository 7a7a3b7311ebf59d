from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from benchmarks import contest, reference, rows
from benchmarks.distributed import places
from benchmarks.frame import Contestant, ContestantError
from tests.databases import Databases
from tests.servers.postgresql import PostgresServer

LEADS = 1_234  # more than one commit
PER_LEAD = {"deal": (1, 8), "task": (1, 5), "lead_tag": (1, 2), "step": (1, 4), "event": (4, 7)}
NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def empty_postgres(databases: Databases) -> Iterator[str]:
    with databases.bare("postgresql") as url:
        yield url.replace("+psycopg", "")


def test_a_lead_leaves_eight_rows_of_the_declared_widths() -> None:
    (batch,) = rows.batches(1, now=NOW, seconds=False)

    written = {table.name: (len(fresh), len(fresh[0])) for table, fresh in zip(rows.TABLES, batch, strict=True)}
    assert written == PER_LEAD
    assert sum(len(fresh) for fresh in batch) == rows.ROWS_PER_LEAD


def test_a_commit_holds_a_thousand_leads() -> None:
    deals = [len(batch[0]) for batch in rows.batches(2_500, now=NOW, seconds=True)]

    assert deals == [1_000, 1_000, 500]


def test_the_reference_on_sqlite_writes_every_row_durably(tmp_path: Path) -> None:
    path = tmp_path / "reference.db"

    measured = reference.write_sqlite(path, LEADS)

    assert measured.leads == LEADS
    with closing(sqlite3.connect(path)) as connection:
        counts = {name: connection.execute(f"select count(*) from {name}").fetchone()[0] for name in PER_LEAD}
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    assert counts == {name: LEADS * count for name, (count, _) in PER_LEAD.items()}


def test_the_reference_on_postgres_writes_every_row(empty_postgres: str) -> None:
    measured = reference.write_postgres(empty_postgres, LEADS)

    assert measured.leads == LEADS
    with psycopg.connect(empty_postgres) as connection:
        counts = {name: connection.execute(f"select count(*) from {name}").fetchone() for name in PER_LEAD}
        assert connection.execute("select owner_id, title from deal where id = 3").fetchone() == (4, "Deal: Name 3")
    assert counts == {name: (LEADS * count,) for name, (count, _) in PER_LEAD.items()}


def test_the_dramatiq_peer_does_the_whole_job_for_every_lead(tmp_path: Path, redis_url: str) -> None:
    peer = Contestant("dramatiq", "dramatiq", leads=20, quick_leads=20)

    measured = contest.measure(peer, tmp_path, quick=False, environment={places.REDIS_URL: redis_url})

    assert measured.leads == 20
    assert measured.seconds > 0
    with closing(sqlite3.connect(tmp_path / "dramatiq.db")) as connection:
        counts = {name: connection.execute(f"select count(*) from {name}").fetchone()[0] for name in PER_LEAD}
        assert counts == {name: 20 * count for name, (count, _) in PER_LEAD.items()}
        per_owner = connection.execute("select count(*) from deal group by owner_id").fetchall()
        assert per_owner == [(5,)] * 4
        mismatched = connection.execute(
            "select count(*) from walk w join deal d on d.id = w.deal_id join task t on t.deal_id = d.id"
            " where d.lead_id != w.lead_id or t.owner_id != d.owner_id or w.node is not null"
        )
        assert mismatched.fetchone() == (0,)


def test_our_engine_does_the_whole_job_on_sqlite(tmp_path: Path) -> None:
    measured = contest.sqlite_drain(tmp_path, 20)

    assert (measured.leads, measured.supersteps) == (20, 2)


def test_a_worker_process_of_ours_does_the_whole_job_on_postgres(
    tmp_path: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(places.POSTGRES_URL, postgres_server.url)

    measured = contest.KINDS["postgres_worker"](tmp_path, 20)

    assert measured.leads == 20


def test_a_contestant_that_fails_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    unreachable = Contestant("dramatiq", "dramatiq", leads=1, quick_leads=1)

    with pytest.raises(ContestantError, match="ConnectionError"):
        contest.measure(unreachable, folder, quick=True, environment={places.REDIS_URL: "redis://127.0.0.1:1/0"})

    assert "Traceback" in (tmp_path / "dramatiq.log").read_text()
