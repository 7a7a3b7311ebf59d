"""``voronka serve``: one process, one per embedded database, ended in order."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from db.database import Database
from db.processes import seen
from tests.conftest import ROOT


@contextmanager
def serving(line, *words, **environment):
    """Start a server on a free port; gives the process and its address, and ends it."""
    process = line.start(*words, "--port", "0", **environment)
    try:
        yield process, address(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def address(process):
    """Return what the server says it listens on."""
    for text in process.stderr:
        if "http://" in text:
            return text.split()[4].rstrip(".")
    raise AssertionError(f"it never said where it listens; status {process.wait()}")


def test_it_makes_its_database_and_is_healthy(voronka):
    with serving(voronka, "serve") as (_, url), urlopen(f"{url}/health") as answer:
        assert json.load(answer)["status"] == "ok"

    assert (voronka.folder / "var" / "voronka.db").exists()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(voronka, end):
    with serving(voronka, "serve") as (process, _):
        process.send_signal(end)

        assert process.wait(timeout=120) == 0
        assert "Traceback" not in process.stderr.read()


def test_a_second_server_is_refused_and_told_who_serves(voronka):
    with serving(voronka, "serve") as (process, _):
        said = voronka("serve", "--port", "0", status=2).stderr

        assert f"process {process.pid} serves" in said


def test_after_a_kill_the_next_one_may_serve(voronka):
    with serving(voronka, "serve") as (process, _):
        process.kill()
        process.wait()

    with serving(voronka, "serve") as (_, url), urlopen(url) as answer:
        assert answer.status == 200


def test_a_taken_port_is_said_in_a_line(voronka):
    with serving(voronka, "serve") as (_, url):
        port = url.rpartition(":")[2]

        said = voronka("serve", "--port", port, status=2, VORONKA_DATA_DIR="other").stderr

    assert f"cannot listen on 127.0.0.1:{port}" in said


@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_one_process_works_on_sqlite(voronka, command):
    assert f"`voronka {command}` needs PostgreSQL" in voronka(command, status=2).stderr


def test_leads_imported_beside_it_walk_at_once(demo):
    file = demo.folder / "more.csv"
    file.write_text("id,source\nmore-1,partner\nmore-2,partner\n")
    before = json.loads(demo("--demo", "board", "business", "--json").stdout)["total"]["deals"]

    with serving(demo, "demo", SERVE="1"):
        demo("--demo", "import", "leads", str(file))
        demo("--demo", "run", "status", "--wait", "--timeout", "120")

    assert json.loads(demo("--demo", "board", "business", "--json").stdout)["total"]["deals"] == before + 2


@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_the_distributed_processes_end_in_order(voronka, postgres_url, redis_url, command):
    process = voronka.start(command, VORONKA_DATABASE_URL=postgres_url, VORONKA_REDIS_URL=redis_url)
    started = next(text for text in process.stderr if f"{command}_started" in text)

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=120) == 0
    assert started
    process.communicate()


@pytest.fixture
def crew(voronka, postgres_url):
    """A worker of two processes, and what asks for the numbers of those that live."""
    process = voronka.start("worker", "--processes", "2", VORONKA_DATABASE_URL=postgres_url)
    database = Database(postgres_url)

    def alive():
        with database.reading() as work:
            return {row.pid for row in seen(work)}

    wait_until(lambda: len(alive()) == 2)
    yield process, alive
    process.kill()
    process.communicate()
    database.close()


def wait_until(holds):
    ends = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.1)


def test_of_several_processes_one_that_dies_is_replaced_and_all_end_in_order(crew):
    process, alive = crew
    before = alive()

    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: len(alive() - before) == 1)
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=120) == 0
    assert alive() == {min(before)}  # the killed one could not take leave


def test_without_the_one_that_looks_after_them_the_others_end_in_order(crew):
    process, alive = crew

    process.kill()

    wait_until(lambda: alive() == set())


TOLD_TO_END_AT_BIRTH = """
import os, signal, threading, time
from voronka.crew import run_crew

fork = os.fork

def born_on_a_busy_machine():
    process = fork()
    if process == 0:
        time.sleep(0.5)
    else:
        os.kill(os.getpid(), signal.SIGTERM)
    return process

os.fork = born_on_a_busy_machine
run_crew(2, threading.Event().wait)
"""


def test_who_is_told_to_end_while_a_process_is_born_ends_with_it():
    done = subprocess.run([sys.executable, "-c", TOLD_TO_END_AT_BIRTH], cwd=ROOT, timeout=120, check=False)

    assert done.returncode == 0


def test_web_answers_from_several_processes(voronka, postgres_url, free_port):
    process = voronka.start("web", "--port", str(free_port), VORONKA_DATABASE_URL=postgres_url)
    try:
        assert healthy(f"http://127.0.0.1:{free_port}/health")["database"] == "postgresql"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
        process.communicate()


def healthy(url):
    """Return what the health page says as soon as it answers."""
    ends = time.monotonic() + 120
    while True:
        try:
            with urlopen(url) as answer:
                return json.load(answer)
        except OSError:
            assert time.monotonic() < ends, "it never answered"
            time.sleep(0.1)
