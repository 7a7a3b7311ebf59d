"""Waits for a moment: to the second, over restarts, and late."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.fields.changes import FieldChange, set_fields
from crm.settings.field_definitions import NewField, add_fields
from engine.event import EVENT_KINDS
from funnels.tables import subscription, token
from tests.workers.house import PERSON

WAIT = """
key: waits
name: Waits
nodes:
  - {{id: created, type: trigger.lead_created}}
  - {{id: wait, type: wait.duration, config: {config}{more}}}
  - {{id: mark, type: crm.add_tags, config: {{tags: [waited]}}}}
{nodes}
edges:
  - {{from: created, to: wait}}
  - {{from: wait, to: mark}}
{edges}
"""
HOUR = "{lasting: {amount: 1, unit: hours}}"
ONE_HOUR = WAIT.format(config=HOUR, more="", nodes="", edges="")


def late(rule):
    """The same with a rule for waking more than an hour late."""
    skips = rule == "skip"
    return WAIT.format(
        config=HOUR,
        more=f", when_late: {{then: {rule}, after_minutes: 60}}",
        nodes="  - {id: skip, type: crm.add_tags, config: {tags: [skipped]}}" if skips else "",
        edges="  - {from: wait, port: skipped, to: skip}" if skips else "",
    )


def test_a_wait_ends_at_its_second_and_not_before(house):
    house.publish(ONE_HOUR)
    house.lead()
    house.drain()

    house.clock.forward(minutes=59, seconds=59)
    early = house.drain()
    house.clock.forward(seconds=1)
    house.drain()

    assert early == 0
    assert house.tags() == ["waited"]
    assert house.states() == [("completed", "end:next")]


def test_a_wait_lasts_over_a_restart(house):
    house.publish(ONE_HOUR)
    house.lead()
    house.drain()

    later = house.again()
    later.clock.forward(hours=1)
    later.drain()

    assert later.tags() == ["waited"]


def test_many_waits_end_together(house):
    house.publish(ONE_HOUR)
    house.leads(30)
    house.drain()

    house.clock.forward(hours=1)
    house.drain(limit=7)

    assert house.tags() == ["waited"] * 30


@pytest.mark.parametrize(
    ("rule", "minutes", "tags", "state"),
    [
        ("run_now", 120, ["waited"], "completed"),
        ("skip", 59, ["waited"], "completed"),
        ("skip", 61, ["skipped"], "completed"),
        ("ask", 61, [], "parked"),
        ("next_window", 61, ["waited"], "completed"),  # it is open at noon
    ],
)
def test_a_wait_that_wakes_late_follows_its_rule(house, rule, minutes, tags, state):
    house.publish(late(rule))
    house.lead()
    house.drain()

    house.clock.forward(hours=1, minutes=minutes)
    house.drain()

    assert house.tags() == tags
    assert house.states()[0][0] == state


def test_a_late_wait_may_go_on_at_the_next_opening(house):
    house.publish(late("next_window"))
    house.lead()
    house.drain()

    house.clock.now = datetime(2026, 3, 2, 20, tzinfo=UTC)  # ten in the evening in Kyiv
    house.drain()
    at_night = house.tags()
    house.clock.now = datetime(2026, 3, 3, 7, tzinfo=UTC)  # nine in the morning
    house.drain()

    assert at_night == []
    assert house.tags() == ["waited"]


DATE = """
key: dates
name: Dates
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wait, type: wait.until_date, config: {field: lead.field.visit, at: "10:00"}}
  - {id: mark, type: crm.add_tags, config: {tags: [visited]}}
  - {id: late, type: crm.add_tags, config: {tags: [past]}}
  - {id: none, type: crm.add_tags, config: {tags: [empty]}}
edges:
  - {from: created, to: wait}
  - {from: wait, to: mark}
  - {from: wait, port: past, to: late}
  - {from: wait, port: empty, to: none}
"""


def with_date(house, lead_id, value, field="visit"):
    with house.database.work() as work:
        [answer] = set_fields(work, [FieldChange("lead", lead_id, {f"field.{field}": value})], by=PERSON)
        assert answer.code == "done", answer


@pytest.fixture
def dated(house):
    with house.database.work() as work:
        add_fields(work, [NewField("lead", "Visit", "date", key="visit")], by=PERSON)
        add_fields(work, [NewField("lead", "Call", "datetime", key="call")], by=PERSON)
    house.publish(DATE)
    return house


def test_a_run_waits_for_the_day_in_a_custom_field(dated):
    lead_id = dated.lead()
    with_date(dated, lead_id, "2026-03-04")
    dated.drain()

    [due] = dated.rows(select(token.c.due_at))[0]
    dated.clock.now = datetime(2026, 3, 4, 8, tzinfo=UTC)  # ten in Kyiv
    dated.drain()

    assert due == datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert dated.tags() == ["visited"]


def test_the_wait_moves_with_its_date(dated):
    lead_id = dated.lead()
    with_date(dated, lead_id, "2026-03-04")
    dated.drain()

    with_date(dated, lead_id, "2026-03-06")
    dated.drain()
    dated.clock.now = datetime(2026, 3, 5, 8, tzinfo=UTC)
    early = dated.drain()
    dated.clock.now = datetime(2026, 3, 6, 8, tzinfo=UTC)
    dated.drain()

    assert early == 0
    assert dated.tags() == ["visited"]


def test_a_date_moved_into_the_past_leaves_through_past(dated):
    lead_id = dated.lead()
    with_date(dated, lead_id, "2026-03-04")
    dated.drain()

    with_date(dated, lead_id, "2026-02-01")
    dated.drain()

    assert dated.tags() == ["past"]


def test_no_date_leaves_through_empty(dated):
    dated.lead()
    dated.drain()

    assert dated.tags() == ["empty"]


def test_a_moment_in_a_custom_field_is_waited_for(dated):
    dated.publish(DATE.replace('lead.field.visit, at: "10:00"', "lead.field.call"))
    lead_id = dated.lead()
    with_date(dated, lead_id, "2026-03-03T12:30+02:00", "call")
    dated.drain()

    dated.clock.now = datetime(2026, 3, 3, 10, 30, tzinfo=UTC) - timedelta(seconds=1)
    early = dated.drain()
    dated.clock.forward(seconds=1)
    dated.drain()

    assert early == 0
    assert dated.tags() == ["visited"]


def test_a_wait_that_is_over_leaves_no_subscription(dated):
    lead_id = dated.lead()
    with_date(dated, lead_id, "2026-03-04")
    dated.drain()
    kinds = dated.rows(select(subscription.c.kind))

    dated.clock.now = datetime(2026, 3, 4, 8, tzinfo=UTC)
    dated.drain()

    assert [row.kind for row in kinds] == [EVENT_KINDS["lead.changed"].code]
    assert dated.rows(select(subscription)) == []
