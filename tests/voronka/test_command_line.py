"""What holds for all commands: a quick start, help, errors in a line."""

import sqlite3
import subprocess
import sys
from importlib.metadata import version

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from db.database import Database
from db.processes import Me, beat
from tests.conftest import ROOT
from voronka.__main__ import _database_trouble

HEAVY = (
    "sqlalchemy",
    "alembic",
    "networkx",
    "phonenumbers",
    "flask",
    "dramatiq",
    "apscheduler",
    "psycopg",
    "babel",
)


def test_it_says_its_version(voronka):
    assert voronka("--version").stdout == f"voronka {version('voronka')}\n"


@pytest.mark.parametrize("words", [("--help",), ("funnel", "push", "--help"), ("--version",)])
def test_nothing_heavy_is_loaded_for_help(words):
    program = (
        f"import sys; sys.argv[1:] = {words!r}\n"
        "from voronka.command_line import command_line\n"
        "try:\n    command_line()()\n"
        "except SystemExit:\n    print(*sys.modules, sep=chr(10), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not {name.partition(".")[0] for name in done.stderr.split()}.intersection(HEAVY)


def test_health_names_who_works(voronka, sqlite_url):
    database = Database(sqlite_url)
    beat(database, Me("scheduler", "1.0", host="one", pid=7))
    database.close()

    said = voronka("health", status=1, VORONKA_DATABASE_URL=sqlite_url).stdout  # no worker is there

    assert "scheduler 7 on one" in said
    assert "no_worker" in said
    assert "web, worker, scheduler" in voronka("health", "--of", "workers", status=2).stderr


def test_the_help_names_every_command(voronka):
    said = voronka("--help").stdout

    for command in (
        "demo",
        "serve",
        "user",
        "board",
        "import",
        "funnel",
        "run",
        "web",
        "worker",
        "scheduler",
        "migrate",
    ):
        assert f" {command} " in said


@pytest.mark.parametrize(
    "words", [("migrate",), ("run",), ("run", "status"), ("funnel",), ("user", "add"), ("board",), ("demo",)]
)
def test_every_command_has_its_help(voronka, words):
    assert "Usage: voronka" in voronka(*words, "--help").stdout


def test_a_mistyped_command_gets_a_suggestion(voronka):
    assert "Did you mean 'board'?" in voronka("bord", status=2).stderr


def test_it_speaks_the_language_of_the_settings(voronka):
    (voronka.folder / "voronka.toml").write_text('language = "xx"\n')

    assert "VORONKA_LANGUAGE" in voronka("migrate", status=2).stderr


def test_a_missing_database_is_said_in_a_line(voronka):
    said = voronka("board", status=2).stderr

    assert said.startswith("error: there is no database ")
    assert "voronka demo" in said
    assert not (voronka.folder / "var").exists()


def test_a_file_that_is_no_database_is_said_in_a_line(voronka):
    (voronka.folder / "x.db").write_text("nothing of the kind" * 100)

    assert "x.db" in voronka("board", status=2, VORONKA_DATABASE_URL="sqlite:///x.db").stderr


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense"])
def test_an_address_that_cannot_be_is_said_in_a_line(voronka, url):
    assert voronka("board", status=2, VORONKA_DATABASE_URL=url).stderr.startswith("error: ")


def test_a_server_that_does_not_answer_is_said_without_the_password(voronka):
    said = voronka("board", status=2, VORONKA_DATABASE_URL="postgresql://me:secret@127.0.0.1:1/x").stderr

    assert "does not answer" in said
    assert "secret" not in said


def test_an_unmigrated_server_database_says_what_helps(voronka, databases):
    with databases.bare("postgresql") as url:
        assert "voronka migrate" in voronka("board", status=2, VORONKA_DATABASE_URL=url).stderr
        voronka("migrate", VORONKA_DATABASE_URL=url)
        assert "empty" in voronka("board", status=2, VORONKA_DATABASE_URL=url).stderr


def test_migrating_twice_changes_nothing(voronka):
    assert "is at schema" in voronka("migrate").stderr
    assert "nothing to migrate" in voronka("migrate").stderr


def test_a_reader_who_leaves_early_is_no_error(demo):
    command = f"{sys.executable} -m voronka --demo funnel blocks --json | head -c 100"

    done = subprocess.run(
        ["bash", "-c", command], cwd=demo.folder, env=demo.environment, capture_output=True, text=True, timeout=120
    )

    assert done.stdout.startswith("[")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", ["plan list", "board --json", "--help"])
def test_a_full_disk_under_the_answer_is_said_in_a_line(demo, words):
    command = f"{sys.executable} -m voronka --demo {words} > /dev/full"

    done = subprocess.run(
        ["bash", "-c", command], cwd=demo.folder, env=demo.environment, capture_output=True, text=True, timeout=120
    )

    assert done.stderr == "error: the answer cannot be written: No space left on device; send it elsewhere\n"
    assert done.returncode == 2


def test_a_folder_that_cannot_be_made_is_said_in_a_line(voronka):
    (voronka.folder / "var").write_text("no folder")

    assert "VORONKA_DATA_DIR names another" in voronka("migrate", status=2).stderr


def test_the_fault_suite_can_end_it_at_a_point(voronka):
    voronka("user", "add", "ann", "--no-password", status=-9, VORONKA_KILL_AT="before:commit:1")

    assert "empty" in voronka("user", "list", status=2).stderr


def test_a_database_that_may_only_be_read_is_said_in_a_line(voronka, databases):
    with databases.migrated("postgresql") as url:
        voronka("user", "add", "ann", "--no-password", VORONKA_DATABASE_URL=url)
        with create_engine(url).begin() as connection:
            connection.execute(text(f"alter database {make_url(url).database} set default_transaction_read_only = on"))
        connection.engine.dispose()

        said = voronka("user", "add", "bob", "--no-password", status=2, VORONKA_DATABASE_URL=url).stderr

    assert said.startswith("error: the database: it can only be read here; let this user write to it")


def test_a_file_that_may_only_be_read_is_told_from_other_troubles(sqlite_url):
    connection = sqlite3.connect(f"file:{make_url(sqlite_url).database}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("insert into id_block (name, next) values ('x', 1)")
    connection.close()

    problem = _database_trouble(OperationalError("insert", None, caught.value))

    assert str(problem).startswith("it can only be read here")
