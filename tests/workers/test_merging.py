"""Merged persons: what was under way for the one goes on for the other, in the order in which it happened."""

import threading

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.journal import LANES
from crm.people.merging import Merge
from crm.people.persons import persons_of
from crm.tables.journal import event, inbox
from crm.tables.records import lead
from funnels.doctor import examine
from funnels.merging import merge
from funnels.tables import run, token
from workers.batch import run_batch

WAITS = """
key: waits
name: Waits
nodes:
  - {id: created, type: trigger.lead_created, config: {enrolment: parallel}}
  - id: answer
    type: wait.event
    config: {events: [{port: spoke, event: comment.added}], timeout: {amount: 2, unit: hours}}
  - {id: thanks, type: crm.add_tags, config: {tags: [spoke]}}
  - {id: silent, type: crm.add_tags, config: {tags: [silent]}}
edges:
  - {from: created, to: answer}
  - {from: answer, port: spoke, to: thanks}
  - {from: answer, port: timeout, to: silent}
"""


@pytest.fixture
def waiting(house):
    """Two leads of two persons in different lanes, each with a run that waits."""
    house.publish(WAITS)
    with house.database.work() as work:
        persons_of(work, [()] * 7)
    one, other = house.lead(), house.lead()
    house.drain()
    assert house.at() == ["answer", "answer"]
    return house, one, other


def person_of(house, lead_id):
    return house.rows(select(lead.c.person_id).where(lead.c.id == lead_id))[0].person_id


def test_a_run_of_the_other_goes_on_in_the_survivors_lane(waiting):
    house, one, other = waiting
    survivor, gone = person_of(house, one), person_of(house, other)

    house.act(merge, Merge("lead", one, other), by=SYSTEM)

    assert {row.person_id for row in house.rows(select(run.c.person_id))} == {survivor}
    assert {row.lane for row in house.rows(select(token.c.lane))} == {survivor % LANES}
    assert {row.subject_id for row in house.rows(select(run.c.subject_id).where(run.c.status < 10))} == {one}
    assert not house.rows(select(event.c.id).where(event.c.person_id == gone))
    house.tell("comment.added", survivor, one, target="lead")
    house.drain()
    assert set(house.tags()) == {"spoke"}
    house.check()
    with house.database.reading() as work:
        assert [found.code for found in examine(work, deep=True) if found.severity == "error"] == []


def test_events_that_wait_come_in_the_order_in_which_they_happened(waiting):
    house, one, other = waiting
    house.tell("comment.added", person_of(house, other), other, target="lead")
    house.tell("comment.added", person_of(house, one), one, target="lead")

    house.act(merge, Merge("lead", one, other), by=SYSTEM)

    rows = house.rows(select(inbox.c.event_id, inbox.c.lane).order_by(inbox.c.event_id))
    assert {row.lane for row in rows} == {person_of(house, one) % LANES}
    house.drain()
    assert house.waiting_events() == 0
    assert "silent" not in house.tags()


def test_a_merge_beside_a_worker_loses_nothing_and_does_nothing_twice(waiting):
    house, one, other = waiting
    for lead_id in (one, other):
        house.tell("comment.added", person_of(house, lead_id), lead_id, target="lead")
    troubles = []

    def work_on():
        try:
            while run_batch(house.database, limit=1):
                pass
        except Exception as trouble:  # noqa: BLE001  told by the test
            troubles.append(trouble)

    worker = threading.Thread(target=work_on)
    worker.start()
    house.act(merge, Merge("lead", one, other), by=SYSTEM)
    worker.join(60)
    house.drain()

    assert troubles == []
    assert house.waiting_events() == 0
    assert {status for status, _ in house.states()} <= {"completed", "cancelled"}
    house.check()
