"""A full disk stops the work with a clear error, and loses nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from crm.tables.records import deal
from db.errors import DatabaseFullError
from db.migrations import upgrade
from tests.faults.office import Office
from tests.servers.postgresql import PostgresServer
from workers.drain import drain
from workers.sweep import sweep


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("pages", [0, 1, 2, 4, 8, 16])
def test_a_full_disk_loses_nothing(office, worker, pages):
    office.leads(200)
    with office.database.engine.connect() as connection:
        room = pages + connection.exec_driver_sql("pragma page_count").scalar_one()
    office.database.engine.dispose()

    def limit(driver, _record):
        driver.execute(f"pragma max_page_count = {room}")

    event.listen(office.database.engine, "connect", limit)
    with pytest.raises(DatabaseFullError, match="no room left"):
        drain(office.database, limit=50)
    event.remove(office.database.engine, "connect", limit)
    office.database.engine.dispose()
    sweep(office.database, at_start=True)

    assert worker.run(office.url) == 0
    office.check_each_lead_once()


@pytest.fixture
def small_server():
    """A server whose journal comes in files of 1 MiB, so that files may be held as small as that."""
    server = PostgresServer(initdb=("--wal-segsize=1",))
    server.start()
    upgrade(server.url)
    yield server
    server.close()


@pytest.mark.long
def test_a_full_disk_of_the_server_loses_nothing(small_server):
    office = Office(small_server.url)
    office.leads(3000)

    small_server.restart(most_bytes=1 << 20)
    with pytest.raises(DatabaseFullError, match="no room left"):
        drain(office.database, limit=100)
    in_between = office.count(select(func.count()).select_from(deal))
    small_server.restart(most_bytes=None)
    sweep(office.database, at_start=True)
    while office.finished() < office.recorded:
        office.database._shift += timedelta(seconds=1)  # waits are over sooner
        drain(office.database)

    assert 0 < in_between < 3000
    office.check_each_lead_once()
    office.close()
