"""The start page: to each what he has to look at."""

from datetime import timedelta

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import update

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.people.persons import persons_of
from crm.tables.records import deal
from crm.tasks.changes import NewTask, create_tasks
from engine.deadline import Due
from funnels.publication.publishing import save_draft
from funnels.reading import read
from funnels.tables import outbox
from tests.crm.company import put_lead
from tests.crm.dealing import opened

FUNNEL = """
key: welcome
name: Welcome everybody
nodes:
  - {id: created, type: trigger.lead_created}
edges: []
"""


def give_task(work, login, title, *, hours, deal_id=None):
    due = Due.at_moment(work.now + timedelta(hours=hours), "Europe/Kyiv")
    [person] = persons_of(work, [()])
    create_tasks(work, [NewTask(person, title, due, directory(work).user(login).id, deal_id=deal_id)], by=SYSTEM)


@pytest.fixture
def busy(house):
    with house.database.work() as work:
        ann = directory(work).user("ann").id
        with_task, without, old = opened(work, 3, owner_id=ann, title="Kitchen")
        give_task(work, "ann", "Call the client", hours=-3, deal_id=with_task)
        give_task(work, "ann", "In a month", hours=700, deal_id=old)
        work.execute(update(deal).where(deal.c.id == without).values(title="Forgotten sofa"))
        work.execute(
            update(deal).where(deal.c.id == old).values(created_at=work.now - timedelta(days=9), title="Old bed")
        )
    return house


def test_a_manager_sees_his_day(busy):
    page = busy.client("ann").get("/").text
    todo, bare, new = (page.split(f'id="{part}-title"')[1].split("</section>")[0] for part in ("tasks", "bare", "new"))
    assert "Call the client" in todo
    assert "late by" in todo
    assert "In a month" not in todo
    assert "Forgotten sofa" in bare
    assert "Kitchen" not in bare
    assert "Old bed" not in bare + new
    assert "Forgotten sofa" in new
    for part in ("team-title", "funnels-title", "steps-title", "health-title"):
        assert part not in page


def test_nobody_sees_the_day_of_others(busy):
    page = busy.client("cid").get("/").text
    assert "Forgotten sofa" not in page
    assert "Every open deal of yours has a next step" in page


def test_a_supervisor_sees_his_team_in_numbers(busy):
    page = busy.client("boss").get("/").text
    team = page.split('id="team-title"')[1]
    row = team.split("Ann")[1].split("</tr>")[0]
    assert 'data-words="Open deals">3<' in row
    assert row.count("chip bad") == 1
    assert row.count("chip warn") == 1
    assert team.index("Ann") < team.index("Bob"), "who is late comes first"
    assert "steps-title" not in page


def test_a_marketer_sees_his_funnels(busy):
    with busy.database.work() as work:
        save_draft(work, read(FUNNEL), by=SYSTEM)
    page = busy.client("mark").get("/").text
    assert "Welcome everybody" in page
    assert "0 entered = 0 inside + 0 left" in page
    for part in ("team-title", "tasks-title", "steps-title"):
        assert part not in page


def test_what_did_not_leave_or_stands_still_needs_a_look(busy):
    with busy.database.work() as work:
        save_draft(work, read(FUNNEL), by=SYSTEM)
        message = {
            "key": "1:a:1:0",
            "lane": 0,
            "channel": "email",
            "person_id": 1,
            "run_id": 1,
            "node": "a",
            "visit": 1,
        }
        rest = {"depth": 0, "payload": {}, "state": "failed", "attempts": 3, "due_at": work.now, "created_at": work.now}
        work.execute(outbox.insert().values(**message, **rest))
    page = busy.client("mark").get("/").text
    assert "1 message did not leave" in page
    assert "1 message did not leave" not in busy.client("boss").get("/").text


def test_an_administrator_sees_what_is_missing_until_it_is_there(busy):
    client = busy.client("root")
    page = client.get("/").text
    assert "2 of 5 done" in page
    assert "No mail server yet" in page
    with busy.database.work() as work:
        save_draft(work, read(FUNNEL), by=SYSTEM)
        put_lead(work)
    assert "4 of 5 done" in client.get("/").text
    assert "Deals without a task" not in client.get("/").text


@pytest.mark.parametrize("login", ["ann", "boss", "mark", "root"])
def test_it_costs_the_same_for_many_deals(busy, login):
    seen = []
    client = busy.client(login)
    client.get("/")
    sql_event.listen(busy.database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with busy.database.work() as work:
        for name in ("ann", "bob"):
            opened(work, 20, owner_id=directory(work).user(name).id)
    client.get("/")
    seen.clear()
    client.get("/")
    few = len(seen)
    with busy.database.work() as work:
        ids = opened(work, 300, owner_id=directory(work).user("ann").id)
        for deal_id in ids[:100]:
            give_task(work, "ann", "Call", hours=-1, deal_id=deal_id)
    client.get("/")
    seen.clear()
    client.get("/")
    assert len(seen) == few < 30
