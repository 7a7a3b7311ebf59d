"""Many at once on one funnel: a hundred claimers, deadlocks, two leaders, and somebody who publishes and moves meanwhile."""

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import func, select, text

from crm.access.actor import SYSTEM
from crm.tables.journal import stage_total
from db.database import Database
from db.migrations import upgrade
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from funnels.repair import move
from funnels.tables import funnel_version, token
from tests.faults.office import DONE, MAIN, Office, Worker
from tests.servers.postgresql import PostgresServer
from workers.batch import run_batch
from workers.scheduler import Scheduler


@pytest.fixture
def dialect():
    return "postgresql"


@contextmanager
def spacious_office():
    """An office on a server that takes 400 connections."""
    server = PostgresServer(settings=("max_connections=400",))
    try:
        server.start()
        upgrade(server.url)
        office = Office(server.url)
        yield office
        office.close()
    finally:
        server.close()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_hundred_claimers_in_eight_processes_share_one_funnel(nursery):
    with spacious_office() as office:
        office.leads(1000)
        workers = [Worker(nursery) for _ in range(8)]
        for number, one in enumerate(workers):
            one.start(office.url, threads=12 + number % 2, limit=5, seconds=600)

        assert [one.wait() for one in workers] == [DONE] * 8
        office.check_each_lead_once()
        assert office.count(text("select sum(deadlocks) from pg_stat_database")) == 0


def test_claimers_share_one_funnel(office, worker, second_worker):
    office.leads(100)
    for one in (worker, second_worker):
        one.start(office.url, threads=6, limit=5)

    assert [worker.wait(), second_worker.wait()] == [DONE, DONE]
    office.check_each_lead_once()


def test_a_worker_that_loses_a_deadlock_tries_again(office, worker):
    office.leads(20)
    while not office.count(select(func.count()).select_from(token)):
        run_batch(office.database, limit=50)  # until the runs rest, each with its deal, and no further
    address = office.database.url.set(drivername="postgresql").render_as_string(hide_password=False)

    with psycopg.connect(address) as rival:
        rival.execute("set deadlock_timeout = '1h'")  # the other one finds the deadlock, and loses
        rival.execute("select id from deal for update")
        worker.start(office.url, limit=50)
        while not rival.execute("select 1 from pg_locks where not granted and locktype = 'transactionid'").fetchall():
            time.sleep(0.02)
        rival.execute("select id from lane for update")
        rival.execute("update deal set amount = amount")

    assert worker.wait() == DONE
    assert office.count(text("select deadlocks from pg_stat_database where datname = current_database()")) == 1
    office.check_each_lead_once()


def test_two_who_both_believe_that_they_lead_do_no_harm(office, worker, second_worker):
    office.leads(300)
    databases = [Database(office.url), Database(office.url)]
    leaders = [Scheduler(one, lambda: None) for one in databases]
    ended = threading.Event()

    def lead(one):
        one._leads = True
        while not ended.is_set():
            one._sweep()
            one._fold()
            one._forget()

    threads = [threading.Thread(target=lead, args=(one,)) for one in leaders]
    for one in threads:
        one.start()
    for one in (worker, second_worker):
        one.start(office.url, limit=10)
    ends = [worker.wait(), second_worker.wait()]
    ended.set()
    for one in threads:
        one.join()
    leaders[0]._fold()  # what came after the last time
    for one in databases:
        one.close()

    assert ends == [DONE, DONE]
    office.check_each_lead_once()
    assert office.count(select(func.count()).select_from(stage_total)) < 300


def test_versions_are_published_and_runs_moved_while_others_work(office, worker, second_worker, tmp_path):
    office.leads(300)
    over = tmp_path / "over"
    with office.database.reading() as work:
        hear = work.scalar(select(funnel_version.c.numbers))["hear"]
    moved = version = 0
    for one in (worker, second_worker):
        one.start(office.url, limit=10, until=str(over))
    while version < 8 or not moved:  # the first come to the node a second after they began
        version += 1
        with office.database.work() as work:
            save_draft(work, read(MAIN.replace("name: Call", f"name: Call {version}")), by=SYSTEM)
            publish(work, "main", by=SYSTEM)
        with office.database.work() as work:
            hearing = work.rows(select(token.c.run_id).where(token.c.node == hear).order_by(token.c.id).limit(20))
            moved += sum(one.code == "done" for one in move(work, [row.run_id for row in hearing], "done", by=SYSTEM))
        office.leads(20)
    over.touch()

    assert [worker.wait(), second_worker.wait()] == [DONE, DONE]
    assert worker.run(office.url) == DONE
    office.check_each_lead_once()
