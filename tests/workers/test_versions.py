"""Versions, several funnels on one person, and the order of events."""

import pytest
from sqlalchemy import select, text

from crm.settings.plans import archive_plan
from crm.tables.settings import organization
from funnels.tables import funnel_version
from tests.workers.house import PERSON

TWO_STEPS = """
key: steps
name: Steps
nodes:
  - {{id: created, type: trigger.lead_created}}
  - {{id: wait, type: wait.duration, config: {{lasting: {{amount: 1, unit: hours}}}}}}
  - {{id: mark, type: crm.add_tags, config: {{tags: [{tag}]}}}}
edges:
  - {{from: created, to: wait}}
  - {{from: wait, to: mark}}
"""


def test_who_waits_on_an_old_version_ends_on_it(house):
    house.publish(TWO_STEPS.format(tag="old"))
    house.lead()
    house.drain()
    house.publish(TWO_STEPS.format(tag="new"))
    house.lead()
    house.drain()

    house.clock.forward(hours=1)
    house.drain()

    assert house.tags() == ["new", "old"]


def test_an_old_version_is_known_after_a_restart(house):
    house.publish(TWO_STEPS.format(tag="old"))
    house.lead()
    house.drain()
    house.publish(TWO_STEPS.format(tag="new"))

    later = house.again()
    later.clock.forward(hours=1)
    later.drain()

    assert later.tags() == ["old"]


LISTENS = """
key: steps
name: Listens
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: listen, type: wait.event, config: {events: [{port: spoke, event: comment.added}]}}
  - {id: heard, type: crm.add_tags, config: {tags: [heard]}}
edges:
  - {from: created, to: listen}
  - {from: listen, port: spoke, to: heard}
"""


def test_an_old_version_still_hears_the_events_it_waits_for(house):
    house.publish(LISTENS)
    lead_id = house.lead()
    house.drain()
    house.publish(TWO_STEPS.format(tag="new"))

    house.tell("comment.added", house.runs()[0].person_id, lead_id)
    house.drain()

    assert house.tags() == ["heard"]


def test_a_version_that_cannot_be_read_any_more_harms_no_other(house):
    house.publish(TWO_STEPS.format(tag="good"))
    house.publish(TWO_STEPS.format(tag="bad").replace("key: steps", "key: broken"))
    house.lead()
    house.drain()
    with house.database.work() as work:
        bad = select(funnel_version.c.id).order_by(funnel_version.c.id.desc()).limit(1).scalar_subquery()
        document = {"key": "broken", "name": "B", "nodes": [{"id": "wait", "type": "wait.gone"}]}
        work.execute(funnel_version.update().where(funnel_version.c.id == bad).values(document=document))

    later = house.again()
    later.lead()
    later.clock.forward(hours=1)
    later.drain()
    later.clock.forward(hours=1)
    later.drain()

    assert later.tags() == ["good", "good"]
    assert later.states("broken") == [("parked", None)]
    assert later.errors()[0]["code"] == "version_broken"


def test_a_plan_that_was_archived_parks_the_run_with_words(house):
    house.publish(
        """
key: opens
name: Opens
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: plan, type: crm.add_to_plan, config: {plan: service}}
edges:
  - {from: created, to: wait}
  - {from: wait, to: plan}
"""
    )
    house.lead()
    house.drain()
    with house.database.work() as work:
        archive_plan(work, "service", by=PERSON, confirmed=True)

    house.clock.forward(hours=1)
    house.drain()

    [error] = house.errors()
    assert (error["node"], error["code"]) == ("plan", "no_plan")
    assert "service" in error["message"]


COUNTS = """
key: {key}
name: {key}
nodes:
  - {{id: created, type: trigger.lead_created}}
  - {{id: plan, type: crm.add_to_plan, config: {{plan: sales, if_open: leave}}}}
  - {{id: first, type: crm.add_tags, config: {{tags: [{key} first]}}}}
  - {{id: second, type: crm.add_tags, config: {{tags: [{key} second]}}}}
edges:
  - {{from: created, to: plan}}
  - {{from: plan, to: first}}
  - {{from: plan, port: already_there, to: second}}
"""


def test_two_funnels_on_one_lead_see_what_the_other_did(house):
    house.publish(COUNTS.format(key="a"))
    house.publish(COUNTS.format(key="b"))
    house.leads(3)

    house.drain()

    assert len(house.deals()) == 3
    assert house.tags() == ["a first"] * 3 + ["b second"] * 3


ORDER = """
key: order
name: Order
nodes:
  - {id: moved, type: trigger.stage_entered, config: {plan: sales, enrolment: parallel}}
  - id: say
    type: task.create
    config: {name: "{trigger.stage}", deadline: {kind: days_in_stage, days: 1}}
edges: [{from: moved, to: say}]
"""


def test_events_of_one_person_are_taken_in_their_order(house):
    house.publish(ORDER)
    deals = [house.deal() for _ in range(3)]
    for stage in ("offer", "talks", "won"):
        for deal_id in deals:
            house.move(deal_id, stage)

    house.drain()

    for deal_id in deals:
        assert [row.title for row in house.tasks() if row.deal_id == deal_id] == ["new", "offer", "talks", "won"]


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_their_order_does_not_depend_on_the_size_of_batches(house, limit):
    house.publish(ORDER)
    deal_id = house.deal()
    for stage in ("offer", "talks"):
        house.move(deal_id, stage)

    house.drain(limit=limit)

    assert [row.title for row in house.tasks()] == ["new", "offer", "talks"]


DAY = """
key: day
name: Today
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: new, type: logic.condition, config: {condition: {op: after, field: lead.created_at, value: 2026-03-02}}}
  - {id: mark, type: crm.add_tags, config: {tags: [after]}, condition: {op: after, field: lead.created_at, value: 2026-03-02}}
edges:
  - {from: created, to: mark}
  - {from: mark, to: new}
"""


def test_days_in_guards_begin_in_the_zone_of_the_company(house):
    house.publish(DAY)
    house.clock.forward(hours=13, minutes=30)  # half past midnight on Tuesday in Kyiv

    house.lead()
    house.drain()

    assert house.tags() == ["after"]


def test_a_new_zone_of_the_company_is_that_of_running_funnels_too(house):
    house.publish(DAY)
    house.lead()
    house.drain()
    with house.database.work() as work:
        calendar = '{"zone":"Asia/Tokyo"}'
        work.execute(text("update organization set zone = 'Asia/Tokyo', calendar = :calendar"), {"calendar": calendar})
        work.execute(organization.update().values(config_version=organization.c.config_version + 1))
    house.clock.forward(hours=7)  # one in the morning in Tokyo, six in the evening in Kyiv

    house.lead()
    house.drain()

    assert house.tags() == ["after"]
