"""A full disk stops the work with a clear error, and loses nothing."""

import pytest
from sqlalchemy import event

from db.errors import DatabaseFullError
from workers.drain import drain
from workers.sweep import sweep


@pytest.fixture
def dialect():
    return "sqlite"


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
