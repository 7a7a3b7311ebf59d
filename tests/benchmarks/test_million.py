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

DEALS, FEW = 2000, 1000


@pytest.fixture
def url(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(places.POSTGRES_URL, postgres_server.url)
    yield company.database_with(DEALS)
    with places.admin() as connection:
        for deals in (DEALS, FEW):
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(f"deals_{deals}"))
            )


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
    monkeypatch.setattr(asking, "_painted", lambda houses: [{} for _ in houses])

    measured = {name: kind(tmp_path, DEALS) for name, kind in asking.KINDS.items()}

    for one in measured.values():
        assert one.parts.keys() == one.fewer.keys() != set()
        assert all(seconds > 0 for seconds in (*one.parts.values(), *one.fewer.values()))


def test_the_sample_is_the_worst_of_the_ratios() -> None:
    few, many = ({"one": 1.0, "two": 2.0}, {"one": 1.5, "two": 2.2})
    [benchmark] = [one for one in BENCHMARKS if one.id == "B4"]
    [name] = benchmark.contestants

    assert benchmark.sample({name: asking._measured(1, [few, many])}) == 1.5
