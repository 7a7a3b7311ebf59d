"""Backups are taken while others work, and what is put back goes on where it stood."""

import json
import shutil
import threading
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select

from crm.tables.records import deal, lead
from db.backups import postgresql, sqlite
from db.backups.file import BackupError
from db.database import Database
from db.processes import Me, beat
from funnels.doctor import examine
from funnels.tables import run
from tests.workers.house import House
from voronka.restoring import restore
from workers.drain import drain

JOB = """
key: main
name: Main
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
  - {id: breath, type: wait.duration, config: {lasting: {amount: 1, unit: seconds}}}
  - {id: call, type: task.create, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}}
  - {id: mark, type: crm.add_tags, config: {tags: [new]}}
  - {id: done, type: logic.exit, config: {outcome: success}}
edges:
  - {from: created, to: plan}
  - {from: plan, to: breath}
  - {from: breath, to: call}
  - {from: call, to: mark}
  - {from: mark, to: done}
"""
LEADS = 150
A_MINUTE = timedelta(minutes=1)


def back_up(database, file):
    return sqlite.back_up(database.path, file) if database.path else postgresql.back_up(database, file)


@pytest.fixture
def house(database_url):
    made = House(database_url)
    made.database = Database(database_url)
    made.build()
    made.publish(JOB)
    yield made
    made.database.close()


@pytest.fixture
def elsewhere(databases, dialect):
    """An empty database of the same kind."""
    with databases.bare(dialect) as url:
        made = Database(url)
        yield made
        made.close()


def counts(database):
    with database.reading() as work:
        return tuple(work.scalar(select(func.count()).select_from(table)) for table in (lead, deal, run))


def test_a_backup_under_load_is_of_one_moment_and_goes_on_where_it_stood(house, elsewhere, tmp_path):
    house.leads(LEADS, source="ads")
    ended = threading.Event()

    def work_on():
        while not ended.is_set():
            drain(house.database, limit=10, until=ended.is_set)

    worker = threading.Thread(target=work_on)
    worker.start()
    try:
        taken = back_up(house.database, tmp_path / "backup")
    finally:
        ended.set()
        worker.join()

    assert restore(tmp_path / "backup", elsewhere, replace=False) == taken
    with elsewhere.reading() as work:
        assert {one.code for one in examine(work, deep=True)} <= {"batch_left"}
    drain(elsewhere)
    elsewhere._shift += A_MINUTE  # waits are over
    drain(elsewhere)
    assert counts(elsewhere) == (LEADS, LEADS, LEADS)
    with elsewhere.reading() as work:
        assert examine(work, deep=True) == ()
        assert work.scalar(select(func.count()).where(run.c.outcome == "success")) == LEADS


def test_what_came_after_the_backup_is_gone_and_new_ids_fit(house, tmp_path):
    house.leads(3)
    drain(house.database)
    back_up(house.database, tmp_path / "backup")
    house.leads(4)
    drain(house.database)

    restore(tmp_path / "backup", house.database, replace=True)
    again = House(house.url)
    again.database = Database(house.url)
    before = counts(again.database)
    again.leads(2)
    drain(again.database)

    assert (before, counts(again.database)) == ((3, 3, 3), (5, 5, 5))
    with again.database.reading() as work:
        assert examine(work, deep=True) == ()
    again.database.close()


def test_data_are_replaced_only_where_that_is_said(house, tmp_path):
    back_up(house.database, tmp_path / "backup")

    with pytest.raises(BackupError, match="--replace"):
        restore(tmp_path / "backup", house.database, replace=False)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_nothing_is_put_back_while_somebody_works(house, tmp_path):
    back_up(house.database, tmp_path / "backup")
    beat(house.database, Me("worker", "1.0", host="one", pid=7))

    with pytest.raises(BackupError, match=r"worker 7 \(one\)"):
        restore(tmp_path / "backup", house.database, replace=True)


def test_a_damaged_backup_changes_nothing(house, tmp_path):
    house.leads(2)
    back_up(house.database, tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(content[: len(content) * 2 // 3])
    (tmp_path / "other").write_text("something else")

    for name in ("cut", "other", "missing"):
        with pytest.raises(BackupError):
            restore(tmp_path / name, house.database, replace=True)
    assert counts(house.database)[0] == 2


def test_a_backup_of_a_newer_release_is_refused(house, tmp_path):
    with house.database.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")

    if house.database.path is None:
        back_up(house.database, tmp_path / "backup")
        with pytest.raises(BackupError, match="newer release"):
            restore(tmp_path / "backup", house.database, replace=True)
    else:
        with pytest.raises(BackupError, match="newer release"):
            back_up(house.database, tmp_path / "backup")


def test_a_file_that_is_there_is_kept(house, tmp_path):
    (tmp_path / "backup").write_text("mine")

    with pytest.raises(BackupError, match="already"):
        back_up(house.database, tmp_path / "backup")

    assert [path.name for path in tmp_path.iterdir()] == ["backup"]
    assert (tmp_path / "backup").read_text() == "mine"


def test_only_the_owner_may_read_it(house, tmp_path):
    back_up(house.database, tmp_path / "backup")

    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_who_outgrows_one_machine_moves_to_postgresql(house, databases, tmp_path):
    house.leads(30, source="ads")
    drain(house.database, limit=10, until=lambda: True)
    back_up(house.database, tmp_path / "backup")

    with databases.bare("postgresql") as url:
        moved = Database(url)
        restore(tmp_path / "backup", moved, replace=False)
        drain(moved)
        moved._shift += A_MINUTE
        drain(moved)
        later = House(url)
        later.database = moved
        later.leads(1)
        drain(moved)

        assert counts(moved) == (31, 31, 31)
        with moved.reading() as work:
            assert examine(work, deep=True) == ()
            assert work.scalar(select(func.count()).where(run.c.outcome == "success")) == 30
        moved.close()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_backup_of_postgresql_does_not_fit_into_one_file_of_sqlite(house, tmp_path):
    back_up(house.database, tmp_path / "backup")
    small = Database(f"sqlite:///{tmp_path}/voronka.db")

    with pytest.raises(BackupError, match="PostgreSQL"):
        restore(tmp_path / "backup", small, replace=False)
    with ZipFile(tmp_path / "backup") as archive:
        assert json.loads(archive.read("backup.json"))["format"] == 1


def test_by_the_command_line(demo):
    said = demo("--demo", "backup", "saved.db").stderr
    shutil.rmtree(Path(demo.folder) / "var")
    refused = demo("--demo", "backup", "saved.db", status=2).stderr

    back = demo("--demo", "restore", "saved.db").stderr

    assert "rows are in saved.db" in said
    assert "there is no database" in refused
    assert "are back" in back
    assert "all is well" in demo("--demo", "doctor", "--deep").stderr
