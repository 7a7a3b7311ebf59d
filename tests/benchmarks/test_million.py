from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import func, select

from benchmarks.distributed import places
from benchmarks.million import asking, company
from benchmarks.million.plan import BENCHMARKS
from crm.searching.keeping import is_known
from crm.tables.records import deal
from db.database import Database
from funnels.doctor import examine
from tests.servers.postgresql import PostgresServer

DEALS = 2000


@pytest.fixture
def url(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(places.POSTGRES_URL, postgres_server.url)
    yield company.database_with(DEALS)
    with places.admin() as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(f"deals_{DEALS}")))


def test_the_company_is_sound_and_every_question_is_answered(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(url)
    with database.work() as work:
        assert work.scalar(select(func.count()).select_from(deal)) == DEALS
        assert is_known(work)
        assert not examine(work, deep=True)
    database.close()
    monkeypatch.setattr(asking, "ASKED", 1)
    monkeypatch.setattr(asking, "WARM", 0)
    monkeypatch.setattr(asking, "_painted", lambda _: {})

    measured = {name: kind(tmp_path, DEALS) for name, kind in asking.KINDS.items()}

    assert all(seconds > 0 for one in measured.values() for seconds in one.parts.values())
    assert {name: bool(one.parts) for name, one in measured.items()} == dict.fromkeys(asking.KINDS, True)


def test_the_sample_is_the_worst_of_the_ratios() -> None:
    few, many = ({"one": 1.0, "two": 2.0}, {"one": 1.5, "two": 2.2})
    [benchmark] = [one for one in BENCHMARKS if one.id == "B4"]
    names = benchmark.contestants

    sample = benchmark.sample({names[0]: asking._measured(1, few), names[1]: asking._measured(1, many)})

    assert sample == 1.5
