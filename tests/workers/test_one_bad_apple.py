"""A batch that cannot be written: what spoils it is found and parked alone, the others go on."""

import pytest
from sqlalchemy import delete, text

from crm.access.actor import SYSTEM
from crm.tables.records import person_identity
from funnels import repair

PHONE = """
key: phone
name: Gives a phone
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: which, type: logic.condition, config: {condition: {op: is, field: lead.source, value: bad}}}
  - {id: set, type: crm.set_fields, config: {changes: [{field: lead.phone, value: "+380501234567"}]}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
edges:
  - {from: created, to: which}
  - {from: which, port: "yes", to: set}
  - {from: which, port: "no", to: plan}
  - {from: set, to: plan}
"""


@pytest.fixture
def taken(house):
    """A house where the phone that ``bad`` leads are given belongs to somebody."""
    house.lead(phone="+380501234567")
    house.publish(PHONE)
    return house


def test_the_run_that_spoils_a_batch_is_parked_alone(taken):
    taken.leads(40, source="ads")
    taken.lead(source="bad")
    taken.leads(40, source="ads")

    taken.drain()

    states = [state for state, _ in taken.states()]
    assert (states.count("completed"), states.count("parked")) == (80, 1)
    assert len(taken.deals()) == 80
    [error] = taken.errors()
    assert error["code"] == "batch_error"
    assert "belongs to another" in error["message"]


def test_distribution_is_even_after_a_batch_was_tried_again(taken):
    taken.leads(10, source="ads")
    taken.lead(source="bad")

    taken.drain()

    owners = [place[2] for place in taken.places()]
    assert owners.count("ann") == owners.count("bob") == 5


def test_nothing_is_left_in_the_list_of_batches(taken):
    taken.lead(source="bad")

    taken.drain()

    assert taken.rows(text("select count(*) from batch"))[0][0] == 0
    assert taken.waiting_events() == 0


def test_a_parked_run_of_a_spoilt_batch_can_be_set_going(taken):
    taken.lead(source="bad")
    taken.drain()
    with taken.database.work() as work:
        work.execute(delete(person_identity))
        repair.retry(work, [taken.runs()[0].id], by=SYSTEM)

    taken.drain()

    assert [state for state, _ in taken.states()] == ["completed"]
    assert len(taken.deals()) == 1


LISTENS = """
key: listens
name: Sets a phone after an event
nodes:
  - {id: created, type: trigger.lead_created}
  - id: wait
    type: wait.event
    config: {events: [{port: spoke, event: comment.added}], timeout: {amount: 1, unit: days}}
  - {id: set, type: crm.set_fields, config: {changes: [{field: lead.phone, value: "+380501234567"}]}}
  - {id: late, type: crm.add_tags, config: {tags: [late]}}
  - {id: mark, type: crm.add_tags, config: {tags: [spoke]}}
edges:
  - {from: created, to: wait}
  - {from: wait, port: spoke, to: set}
  - {from: wait, port: timeout, to: late}
  - {from: set, to: mark}
"""


def test_a_run_that_broke_on_an_event_still_knows_the_event_when_it_is_set_going(house):
    house.lead(phone="+380501234567")
    house.publish(LISTENS)
    lead_id = house.lead()
    house.drain()
    house.tell("comment.added", house.runs()[0].person_id, lead_id)
    house.drain()
    parked = house.states()

    with house.database.work() as work:
        work.execute(delete(person_identity))
        repair.retry(work, [house.runs()[0].id], by=SYSTEM)
    house.drain()

    assert parked == [("parked", None)]
    assert house.tags() == ["spoke"]


def test_text_that_looks_like_json_harms_nobody(house):
    house.publish(
        """
key: quoted
name: Quotes
nodes:
  - {id: created, type: trigger.lead_created}
  - id: call
    type: task.create
    config: {name: 'Say "hi" \\ {lead.title}', type: 'a"b\\', deadline: {kind: days_in_stage, days: 1}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
edges:
  - {from: created, to: call}
  - {from: call, to: plan}
"""
    )
    house.publish(
        """
key: hears
name: Hears of tasks
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wait, type: wait.event, config: {events: [{port: made, event: task.created}]}}
  - {id: mark, type: crm.add_tags, config: {tags: [heard]}}
edges:
  - {from: created, to: wait}
  - {from: wait, port: made, to: mark}
"""
    )
    house.lead()

    house.drain()

    assert house.tasks()[0].title == 'Say "hi" \\ Lead 0'
    assert [data["type"] for _, data in house.events("task.created")] == ['a"b\\']
