"""Tasks that funnels create: whose they are, and the four kinds of deadlines."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm.fields.changes import FieldChange, set_fields
from crm.settings.field_definitions import NewField, add_fields
from crm.tables.records import task
from crm.tasks.changes import TaskEnd, end_tasks
from tests.workers.house import PERSON

CALL = """
key: call
name: Call
nodes:
  - {{id: opened, type: trigger.stage_entered, config: {{plan: sales, stages: [offer], enrolment: parallel}}}}
  - {{id: call, type: task.create, config: {{name: "Call about {{deal.title}}", deadline: {deadline}{more}}}}}
  - {{id: failed, type: crm.add_tags, config: {{tags: [no date], on: deal}}}}
edges:
  - {{from: opened, to: call}}
  - {{from: call, port: failed, to: failed}}
"""


def call(house, deadline, more=""):
    house.publish(CALL.format(deadline=deadline, more=more))


@pytest.fixture
def dated(house):
    with house.database.work() as work:
        new = [NewField("deal", "Delivery", "date", key="delivery"), NewField("deal", "Tempo", "number", key="tempo")]
        add_fields(work, new, by=PERSON)
    return house


def with_fields(house, deal_id, **values):
    house.act(set_fields, FieldChange("deal", deal_id, {f"field.{key}": value for key, value in values.items()}))


@pytest.mark.parametrize(
    ("deadline", "due"),
    [
        ("{kind: days_in_stage, days: 1}", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ('{kind: days_in_stage, days: 1, at: "12:00"}', datetime(2026, 3, 3, 10, tzinfo=UTC)),
        ("{kind: days_in_stage, days: 1, days_field: deal.field.tempo}", datetime(2026, 3, 5, 9, tzinfo=UTC)),
        ('{kind: days_before, field: deal.field.delivery, days: 2, at: "10:00"}', datetime(2026, 3, 16, 8, tzinfo=UTC)),
        ("{kind: days_before, field: deal.field.delivery, days: 2}", datetime(2026, 3, 16, 16, tzinfo=UTC)),
        ("{kind: fixed_date, day: 2026-04-01}", datetime(2026, 4, 1, 15, tzinfo=UTC)),
    ],
)
def test_a_task_is_due_as_its_kind_of_deadline_says(dated, deadline, due):
    call(dated, deadline)
    deal_id = dated.deal(title="Door")
    with_fields(dated, deal_id, delivery="2026-03-18", tempo=3)

    dated.move(deal_id, "offer")
    dated.drain()

    [found] = dated.tasks()
    assert (found.title, found.due_at, found.due_zone) == ("Call about Door", due, "Europe/Kyiv")


def test_without_the_date_there_is_no_task(dated):
    call(dated, "{kind: days_before, field: deal.field.delivery, days: 2}")

    dated.move(dated.deal(), "offer")
    dated.drain()

    assert dated.tasks() == []
    assert dated.tags() == ["no date"]


AFTER_WON = "{kind: after_event, event: deal.won, lasting: {amount: 2, unit: hours}}"


def test_a_deadline_after_an_event_is_set_when_the_event_comes(house):
    call(house, AFTER_WON)
    deal_id = house.deal()
    house.move(deal_id, "offer")
    house.drain()
    [before] = house.tasks()

    house.clock.forward(days=1)
    house.move(deal_id, "won")
    house.drain()

    [after] = house.tasks()
    assert before.due_at is None
    assert after.due_at == datetime(2026, 3, 3, 11, tzinfo=UTC)
    assert after.awaits is None


def test_it_is_set_though_the_funnel_has_a_newer_version_without_it_and_the_process_is_another(house):
    call(house, AFTER_WON)
    deal_id = house.deal()
    house.move(deal_id, "offer")
    house.drain()
    call(house, "{kind: days_in_stage, days: 1}")

    later = house.again()
    later.move(deal_id, "won")
    later.drain()

    [found] = later.tasks()
    assert found.due_at == datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_an_event_that_has_happened_sets_the_deadline_at_once(house):
    call(house, "{kind: after_event, event: deal.created, lasting: {amount: 5, unit: hours}}")
    deal_id = house.deal()
    house.clock.forward(hours=1)

    house.move(deal_id, "offer")
    house.drain()

    assert house.tasks()[0].due_at == datetime(2026, 3, 2, 14, tzinfo=UTC)


def test_a_task_that_is_over_gets_no_deadline(house):
    call(house, AFTER_WON)
    deal_id = house.deal()
    house.move(deal_id, "offer")
    house.drain()
    house.act(end_tasks, TaskEnd(house.tasks()[0].id))

    house.move(deal_id, "won")
    house.drain()

    assert house.tasks()[0].due_at is None


def test_the_same_task_is_not_made_while_it_is_open(house):
    call(house, "{kind: days_in_stage, days: 1}", ", unless_open: true")
    deal_id = house.deal()
    for stage in ("offer", "talks", "offer"):
        house.move(deal_id, stage)
    house.drain()
    once = len(house.tasks())
    house.act(end_tasks, TaskEnd(house.tasks()[0].id))

    house.move(deal_id, "talks")
    house.move(deal_id, "offer")
    house.drain()

    assert (once, len(house.tasks())) == (1, 2)


def test_the_owner_of_the_deal_is_responsible_and_his_supervisor_watches(house):
    call(house, "{kind: days_in_stage, days: 1}")
    house.move(house.deal(), "offer")
    house.drain()

    [found] = house.rows(select(task.c.responsible_id, task.c.supervisor_id, task.c.made_by, task.c.run_id))
    [deal] = house.deals()
    assert (found.responsible_id, found.supervisor_id is not None) == (deal.owner_id, True)
    assert (found.made_by, found.run_id) == ("call/call", house.runs()[0].id)


def test_times_in_texts_are_those_of_the_company(house):
    call(house, "{kind: days_in_stage, days: 1}", ", text: '{deal.created_at}'")

    house.move(house.deal(), "offer")
    house.drain()

    assert house.tasks()[0].body == "02.03.2026 11:00"
