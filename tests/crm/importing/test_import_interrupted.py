"""An import that was cut off goes on where it was: nothing lost, nothing twice."""

import os
import signal
import sqlite3

import pytest
from sqlalchemy import event as listening

from crm.access.actor import SYSTEM
from crm.importing.errors import FileChangedError, ImportFileError
from crm.importing.run import Import, run_import
from crm.tables.importing import import_job
from crm.tables.journal import event
from crm.tables.records import lead, person
from db.database import Database
from db.errors import DatabaseFullError
from tests.crm.importing.running import count, counts, recount_by_stage, rows, run, totals_by_stage


@pytest.fixture
def command(company_url, nursery):
    def run(*arguments, kill_at=""):
        environment = {**os.environ, "VORONKA_DATABASE_URL": company_url, "VORONKA_KILL_AT": kill_at}
        environment["VORONKA_LANGUAGE"] = "en"
        return nursery.run("voronka", "import", *map(str, arguments), environment=environment)

    return run


@pytest.mark.parametrize("point", ["after:event:4", "after:commit:5"])
def test_a_killed_import_of_real_leads_is_resumed(database, command, data_dir, tmp_path, point):
    path = data_dir / "olist" / "marketing_qualified_leads.csv"
    arguments = ("leads", path, "--json", "--errors", tmp_path / "errors.csv")

    killed = command(*arguments, kill_at=point)
    in_between = count(database, lead)
    again = command(*arguments)

    assert killed.returncode == -signal.SIGKILL
    assert 0 < in_between < 8_000
    assert in_between % 1_000 == 0
    assert (again.returncode, again.stderr.count("went on behind row")) == (0, 1)
    assert '"read": 8000' in again.stdout
    assert '"created": 8000' in again.stdout
    assert count(database, lead) == count(database, person) == 8_000
    assert sum(row.kind == 1 for row in rows(database, event)) == 8_000


def test_rows_without_ids_are_neither_lost_nor_doubled(database, command, write, tmp_path):
    path = write("name,owner\n" + "".join(f"Name {n},{'nobody' if n % 500 == 3 else ''}\n" for n in range(3_500)))
    errors = tmp_path / "errors.csv"

    killed = command("leads", path, "--errors", errors, kill_at="after:lead:3")
    had_errors_file = errors.exists()
    again = command("leads", path, "--json", "--errors", errors)

    assert (killed.returncode, had_errors_file) == (-signal.SIGKILL, False)
    assert again.returncode == 1
    assert sorted(row.name for row in rows(database, lead)) == sorted(f"Name {n}" for n in range(3_500) if n % 500 != 3)
    assert len(errors.read_text("utf-8-sig").splitlines()) == 1 + 7


def test_deals_and_their_sums_survive_a_kill(database, command, write):
    path = write("id,amount,stage\n" + "".join(f"D{n},{n},{'won' if n % 3 else 'New'}\n" for n in range(2_500)))

    command(
        "deals",
        path,
        "--plan",
        "wholesale",
        "--errors",
        path.parent / "e.csv",
        kill_at="before:stage_total:2",
    )
    again = command("deals", path, "--plan", "wholesale", "--errors", path.parent / "e.csv")

    assert again.returncode == 0
    assert totals_by_stage(database) == recount_by_stage(database)
    assert sum(deals for deals, _ in totals_by_stage(database).values()) == 2_500


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_full_disk_stops_an_import_that_goes_on_when_there_is_room(database, company_url, write):
    path = write("name\n" + "".join(f"{n} {'x' * 200}\n" for n in range(5_000)))
    with sqlite3.connect(database.path) as connection:
        pages = connection.execute("pragma page_count").fetchone()[0]
    limited = _limited(company_url, pages + 400)

    with pytest.raises(DatabaseFullError, match="free some space and repeat"):
        run(limited, "leads", path)
    limited.close()
    in_between = count(database, lead)
    report = run(database, "leads", path)

    assert 0 < in_between < 5_000
    assert in_between % 1_000 == 0
    assert counts(report) == (5_000, 5_000, 0, 0)
    assert count(database, lead) == 5_000


def test_a_file_that_changes_meanwhile_is_not_called_finished(database, write):
    path = write("id,title\n" + "".join(f"A{n},{'x' * 200}\n" for n in range(5_000)))

    def change(_read, _total, job):
        if job.position == 1_000:
            with path.open("ab") as file:
                file.write(b"late\n")

    with pytest.raises((FileChangedError, ImportFileError)):
        run_import(database, Import("leads", path), by=SYSTEM, on_progress=change)

    assert [row.state for row in rows(database, import_job)] == ["running"]


def _limited(url, pages):
    database = Database(url)

    @listening.listens_for(database.engine, "connect")
    def _limit(driver, _record):
        driver.execute(f"pragma max_page_count = {pages}")

    return database
