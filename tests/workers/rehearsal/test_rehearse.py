"""Rehearsals of drafts on what happened: they come to what running for real comes to, and touch nothing."""

import sys
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from crm.access.actor import ActorKind
from crm.fields.changes import FieldChange, set_fields
from crm.leads.recording import NewLead, record_leads
from crm.tables.records import lead
from crm.tasks.changes import TaskEnd, end_tasks
from funnels.reading import read
from tests.workers.house import MONDAY, PERSON
from workers.rehearsal import Asked, rehearse

FUNNEL = """
key: care
name: Care
nodes:
  - {id: created, type: trigger.lead_created}
  - id: source
    type: logic.switch
    config: {field: lead.source, cases: [{port: ads, values: [ads]}]}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
  - {id: call, type: task.create, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}}
  - id: called
    type: wait.event
    config: {events: [{port: done, event: task.completed}], timeout: {amount: 3, unit: days}}
  - {id: mail, type: message.send_email, config: {subject: Thanks, text: For the call}}
  - {id: offer, type: crm.change_stage, config: {stage: offer}}
  - {id: nudge, type: message.send_email, config: {subject: Still there, text: Are you}}
  - {id: mark, type: crm.add_tags, config: {tags: [cold]}}
edges:
  - {from: created, to: source}
  - {from: source, port: ads, to: plan}
  - {from: source, port: else, to: mark}
  - {from: plan, to: call}
  - {from: call, to: called}
  - {from: called, port: done, to: mail}
  - {from: called, port: timeout, to: nudge}
  - {from: mail, to: offer}
"""
WEEK = Asked(read(FUNNEL), MONDAY, MONDAY + timedelta(days=7))
watched = []
sys.addaudithook(lambda name, _args: watched.append(name) if watched and name.startswith("socket.") else None)


@contextmanager
def listening():
    """Give the list of what Python did with sockets meanwhile."""
    seen = []
    watched.append("begun")
    try:
        yield seen
    finally:
        seen += watched[1:]
        watched.clear()


def content(house):
    """A hash of all rows of each table that the database has."""
    with house.database.reading() as work:
        names = inspect(work.connection).get_table_names()
        rows = {name: work.rows(text(f'select * from "{name}"')) for name in names}
    return {name: sha256(repr(sorted(map(repr, found))).encode()).hexdigest() for name, found in rows.items()}


def come(house, day):
    """Six leads come, four of them from advertising."""
    sources = ("ads", "ads", "ads", "ads", "site", "site")
    new = [
        NewLead(f"Lead {one}", source=source, email=f"{day}-{one}@example.com") for one, source in enumerate(sources)
    ]
    house.act(record_leads, *new)


def live(house, *, drains):
    """A week: leads come, managers complete their calls."""
    for day in range(5):
        come(house, day)
        house.clock.forward(hours=3)
        if drains:
            house.drain()
        house.clock.forward(hours=21)


def test_it_comes_to_what_running_it_for_real_comes_to(house):
    live(house, drains=False)
    with house.database.reading() as work:
        assert work.scalar(text("select count(*) from run")) == 0

    found = rehearse(house.database, WEEK)
    found.close()

    figures = found.figures
    assert (found.events, found.taken, found.really) == (30, 30, None)
    assert (figures.entered, figures.people) == (30, 30)
    assert figures.outcomes == {"waiting": 4, "end:next": 5 * 2 + 4 * 4}
    assert figures.nodes["source"].ports == {"ads": 20, "else": 10}
    assert figures.nodes["called"].ports == {"timeout": 16}
    assert figures.nodes["called"].inside == 4
    assert figures.messages == {"email": 16}
    assert figures.messages_per_person == {"1": 16}
    assert figures.deals == {"sales/new": 20}
    assert figures.deals_per_manager == {"ann": 10, "bob": 10}
    assert figures.most_tasks["ann"] == (10, 2, "2026-03-03")


def test_rehearsing_what_is_published_comes_to_what_really_happened(house):
    house.publish(FUNNEL)
    for day in range(17):
        if day < 5:
            come(house, day)
        house.drain()
        house.clock.forward(hours=2)
        for task in house.tasks()[day * 4 : day * 4 + 2]:
            house.act(end_tasks, TaskEnd(task.id, "completed", ""))
        house.drain()
        house.clock.forward(hours=22)

    found = rehearse(house.database, WEEK)
    found.close()

    assert found.really is not None
    assert found.really.nodes["called"].ports == {"done": 10, "timeout": 8}
    assert found.figures.deals == {"sales/new": 20, "sales/offer": 10}
    assert found.left_out == 0
    foretold, really = found.figures.plain(), found.really.plain()
    for plain in (foretold, really):  # where people stood then is not kept of those who have gone on
        for node in plain["nodes"].values():
            node.pop("inside")
    assert foretold == really


def test_leads_are_seen_as_they_were(house):
    lead_id, _ = house.leads(2, source="ads")
    house.clock.forward(days=1)
    house.act(set_fields, FieldChange("lead", lead_id, {"source": "site"}))

    found = rehearse(house.database, WEEK)
    found.close()

    assert found.figures.nodes["source"].ports == {"ads": 2}


def test_it_touches_nothing(house):
    house.publish(FUNNEL)
    live(house, drains=True)
    before = content(house)

    with listening() as seen:
        found = rehearse(house.database, WEEK)
        found.close()

    assert found.figures.entered == 30
    assert content(house) == before
    assert {"run", "event", "outbox", "distribution_counter"} <= set(before)
    assert seen == []


def test_the_ear_hears_a_socket():
    import socket

    with listening() as seen:
        socket.socket().close()

    assert "socket.__new__" in seen


def test_the_database_refuses_to_write_while_it_is_looked_at(house):
    with house.database.only_reading() as work, pytest.raises(DBAPIError):
        work.execute(lead.delete())
    assert house.lead() > 0


def test_it_costs_the_same_statements_whatever_the_number(house, monkeypatch):
    def statements():
        counted = []
        reading = type(house.database).only_reading

        @contextmanager
        def counting(database):
            with reading(database) as work:
                yield work
                counted.append(work.statements)

        monkeypatch.setattr(type(house.database), "only_reading", counting)
        rehearse(house.database, WEEK).close()
        monkeypatch.undo()
        return counted

    house.publish(FUNNEL)
    house.leads(3, source="ads")
    house.drain()
    few = statements()
    house.leads(300, source="ads")
    house.drain()
    many = statements()

    assert many[0] - few[0] <= 12, "the first event is found by halves; all else is constant"


def test_some_people_or_some_events_only(house):
    house.leads(5, source="ads")
    people = [row.person_id for row in house.rows(select(lead.c.person_id).order_by(lead.c.id))]

    some = rehearse(house.database, Asked(read(FUNNEL), WEEK.start, WEEK.end, limit=2))
    one = rehearse(house.database, Asked(read(FUNNEL), WEEK.start, WEEK.end, persons=people[3:4]))

    assert (some.events, some.taken, some.figures.entered) == (5, 2, 2)
    [walk] = one.world.walks()
    assert walk.person_id == people[3]
    some.close()
    one.close()


def test_who_was_in_it_before_is_not_let_in_again(house):
    house.publish(FUNNEL)
    lead_id = house.lead(source="site")
    house.drain()
    house.clock.forward(days=8)
    by_hand = """
key: care
name: Care
nodes:
  - {id: created, type: trigger.stage_entered, config: {plan: service, enrolment: once}}
  - {id: mark, type: crm.add_tags, config: {tags: [seen]}}
edges: [{from: created, to: mark}]
"""
    house.publish(by_hand)
    deal = house.deal("service")
    house.drain()
    house.clock.forward(days=8)
    house.move(deal, "offer")
    house.drain()

    found = rehearse(
        house.database, Asked(read(by_hand), house.clock.now - timedelta(hours=1), house.clock.now + timedelta(hours=1))
    )
    found.close()

    assert lead_id
    assert (found.events, found.figures.entered, found.refused) == (1, 0, {"enrolled": 1})


def test_who_acts_stays_who_he_was(house):
    house.publish(FUNNEL)
    house.leads(1, source="ads")
    house.drain()
    found = rehearse(house.database, WEEK)
    with found.world.work() as work:
        kinds = {row.caused_by % 16 for row in work.rows(text("select caused_by from event where kind in (1, 7)"))}
    found.close()

    assert kinds == {PERSON.kind, ActorKind.RUN}
