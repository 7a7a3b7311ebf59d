"""The same job on the same code: one embedded process on SQLite, and many processes on PostgreSQL and Redis."""

import os
import time
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import func, select

from crm.tables.journal import inbox
from crm.tables.records import deal, record_tag, task
from db.database import Database
from funnels.doctor import examine
from funnels.tables import run
from tests.channels.listening import Mailbox, WebServer
from tests.workers.house import House
from tests.workers.sending import Sender
from workers.loop import connect_poker

LEADS = 120
JOB = """
key: main
name: Main job
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wanted, type: logic.condition, config: {condition: {field: lead.source, op: in, values: [ads, site]}}}
  - {id: breath, type: wait.duration, config: {lasting: {amount: 2, unit: seconds}}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
  - {id: call, type: task.create, config: {name: "Call {lead.title}", deadline: {kind: days_in_stage, days: 1}}}
  - {id: mark, type: crm.add_tags, config: {tags: [new]}}
  - {id: done, type: logic.exit, config: {outcome: success}}
edges:
  - {from: created, to: wanted}
  - {from: wanted, port: "yes", to: breath}
  - {from: breath, to: plan}
  - {from: plan, to: call}
  - {from: call, to: mark}
  - {from: mark, to: done}
"""
FORMS = {"embedded": [("serve", "--port", "0")], "distributed": [("worker",), ("worker",), ("scheduler",)]}
SENDS = """
key: sends
name: Sends
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: mail, type: message.send_email, config: {to: "lead{lead.id}@example.com", subject: Hi, text: Hello, wait: true}}
  - {id: call, type: action.http_request, config: {address: "ADDRESS/{lead.id}", wait: true}}
  - {id: done, type: logic.exit, config: {outcome: success}}
edges:
  - {from: created, to: mail}
  - {from: mail, to: call}
  - {from: call, port: ok, to: done}
"""


@contextmanager
def processes(nursery, lines, environment):
    """Start ``voronka`` processes, and end them in order."""
    started = [nursery.start("voronka", *line, environment={**os.environ, **environment}) for line in lines]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=120)


@pytest.fixture(params=FORMS)
def form(request, databases, redis_url, nursery):
    """A company and the processes that work for it."""
    kind = "sqlite" if request.param == "embedded" else "postgresql"
    with ExitStack() as stack:
        url = stack.enter_context(databases.migrated(kind))
        house = House(url, clock=None)
        house.database = Database(url)
        house.build()
        environment = {"VORONKA_DATABASE_URL": url, "VORONKA_ALLOW_PRIVATE_HTTP": "1"}
        if kind == "postgresql":
            environment["VORONKA_REDIS_URL"] = redis_url
        started = stack.enter_context(processes(nursery, FORMS[request.param], environment))
        if kind == "postgresql":
            connect_poker(house.database, redis_url)
        yield house, started
        house.database.close()


def wait_until(holds, *, seconds=200):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def count(house, table, *where):
    with house.database.reading() as work:
        return work.scalar(select(func.count()).select_from(table).where(*where))


def test_leads_become_deals_with_tasks_and_tags(form):
    house, _ = form
    house.publish(JOB)

    house.leads(LEADS, source="ads")
    wait_until(lambda: count(house, run, run.c.outcome == "success") == LEADS)

    assert (count(house, deal), count(house, task), count(house, record_tag)) == (LEADS, LEADS, LEADS)
    assert count(house, inbox) == 0
    with house.database.work() as work:
        assert examine(work, deep=True) == ()


def test_waits_end_at_their_second_and_outlive_a_kill(form, nursery):
    house, started = form
    house.publish(JOB)

    lead_id = resting(house)
    started[0].kill()
    started[0].wait()
    with house.database.reading() as work:
        begun = work.scalar(select(run.c.started_at).where(run.c.subject_id == lead_id))
    with processes(nursery, [started[0].args], {"VORONKA_DATABASE_URL": house.url}):
        wait_until(lambda: count(house, deal, deal.c.lead_id == lead_id) == 1)

    with house.database.reading() as work:
        opened = work.scalar(select(deal.c.created_at).where(deal.c.lead_id == lead_id))
    assert (opened - begun).total_seconds() >= 2


def resting(house):
    """Return a lead that takes breath now; one that has been through before anybody looked is followed by another."""
    while True:
        [lead_id] = house.leads(1, source="site")
        wait_until(lambda: house.at() == ["breath"] or count(house, deal, deal.c.lead_id == lead_id) == 1)  # noqa: B023  at once
        if house.at() == ["breath"]:
            return lead_id


@pytest.fixture
def servers():
    """A mail server and a web server."""
    mailbox, web_server = Mailbox(), WebServer()
    yield mailbox, web_server
    mailbox.close()
    web_server.close()


def test_messages_leave_once_and_their_answers_come_back(form, servers):
    house, _ = form
    mailbox, web_server = servers
    Sender(house, mailbox=mailbox, per_minute=1000)
    house.publish(SENDS.replace("ADDRESS", web_server.address))

    lead_ids = house.leads(20)
    wait_until(lambda: count(house, run, run.c.outcome == "success") == 20)

    assert sorted(to for _, [to], _ in mailbox.got) == sorted(f"lead{one}@example.com" for one in lead_ids)
    assert sorted(path for _, path, _, _ in web_server.got) == sorted(f"/{one}" for one in lead_ids)
    with house.database.work() as work:
        assert examine(work, deep=True) == ()
