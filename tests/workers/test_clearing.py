"""What is over for long is forgotten, what is not stays, and the books still balance."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm.access.actor import EVERYTHING
from funnels.doctor import examine
from funnels.tables import run, step
from funnels.trace import trace
from tests.workers.sending import Sender
from workers import clearing
from workers.clearing import Kept, clear

FUNNEL = """
key: writes
name: Writes
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: mail, type: message.send_email, config: {subject: "Hello", text: "Welcome"}}
  - {id: call, type: task.create, config: {name: Call, responsible: ann, deadline: {kind: days_in_stage, days: 1}}}
  - {id: slow, type: logic.filter, config: {condition: {field: lead.source, op: is, value: slow}}}
  - {id: rest, type: wait.duration, config: {lasting: {amount: 900, unit: days}}}
edges:
  - {from: created, to: mail}
  - {from: mail, to: call}
  - {from: call, to: slow}
  - {from: slow, to: rest}
"""
DAYS = Kept(messages=timedelta(days=90), steps=timedelta(days=365))


@pytest.fixture
def lived(house, mailbox):
    """Three runs that are over and one that waits, each with its message sent."""
    house.publish(FUNNEL)
    house.leads(3, email="ann@example.com")
    house.lead(email="bob@example.com", source="slow")
    house.drain()
    sender = Sender(house, mailbox=mailbox)
    sender.send()
    house.drain()
    assert sorted(status for status, _ in house.states()) == ["completed"] * 3 + ["waiting"]
    return sender


def kept(house):
    with house.database.reading() as work:
        return work.scalar(select(func.count(step.c.run_id.distinct())))


def test_nothing_goes_before_its_time(house, lived):
    house.clock.forward(days=89)

    assert clear(house.database, DAYS) == (0, 0)
    assert (len(lived.states), kept(house)) == (4, 4)


@pytest.mark.parametrize("at_once", [1, 2, 1000])
def test_what_is_over_for_long_goes_in_pieces(house, lived, monkeypatch, at_once):
    monkeypatch.setattr(clearing, "AT_ONCE", at_once)
    house.clock.forward(days=91)
    assert clear(house.database, DAYS) == (3, 0)
    assert lived.states == ["sent"], "the run that waits keeps its message"
    house.clock.forward(days=300)

    assert clear(house.database, DAYS) == (0, 3)
    assert clear(house.database, DAYS) == (0, 0)

    assert kept(house) == 1
    with house.database.reading() as work:
        old = work.scalar(select(func.min(run.c.id)).where(run.c.status == 10))
        seen = trace(work, old, viewer=EVERYTHING)
    assert (seen.is_forgotten, seen.steps, seen.status) == (True, (), "completed")


def test_the_doctor_finds_nothing_wrong_afterwards(house, lived):
    house.clock.forward(days=400)
    clear(house.database, DAYS)
    house.lead(email="eve@example.com")
    house.drain()

    with house.database.reading() as work:
        assert [one.code for one in examine(work, deep=True) if one.severity == "error"] == []


def test_it_is_left_off_where_somebody_else_leads(house, lived):
    house.clock.forward(days=400)

    assert clear(house.database, DAYS, goes_on=lambda: False) == (0, 0)
    assert clear(house.database, Kept(None, None)) == (0, 0)
