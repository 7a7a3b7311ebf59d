"""The main job: a lead goes through a funnel, and a deal, a task and a tag appear."""

from datetime import timedelta

MAIN = """
key: main
name: Main job
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wanted, type: logic.condition, config: {condition: {field: lead.source, op: in, values: [ads, site]}}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales, name: "For {lead.title}"}}
  - {id: call, type: task.create, config: {name: "Call {lead.title}", deadline: {kind: days_in_stage, days: 1}}}
  - {id: mark, type: crm.add_tags, config: {tags: [new]}}
  - {id: done, type: logic.exit, config: {outcome: success}}
edges:
  - {from: created, to: wanted}
  - {from: wanted, port: "yes", to: plan}
  - {from: plan, to: call}
  - {from: call, to: mark}
  - {from: mark, to: done}
"""


def test_a_lead_becomes_a_deal_with_a_task_and_a_tag(house):
    house.publish(MAIN)
    house.lead(source="ads")

    house.drain()

    assert house.states() == [("completed", "success")]
    assert house.way() == [
        "created.next", "wanted.yes", "plan.next", "call.next", "mark.next", "done.success",
    ]  # fmt: skip
    [deal] = house.deals()
    assert (deal.title, house.places()) == ("For Lead 0", [("sales", "new", "ann")])
    [task] = house.tasks()
    assert (task.title, task.deal_id, task.responsible_id) == ("Call Lead 0", deal.id, deal.owner_id)
    assert task.due_at == house.clock.now + timedelta(days=1)
    assert house.tags() == ["new"]


def test_a_lead_that_takes_an_unwired_port_ends_there(house):
    house.publish(MAIN)
    house.lead(source="unknown")

    house.drain()

    assert house.states() == [("completed", "end:no")]
    assert house.deals() == []


def test_deals_are_given_out_evenly(house):
    house.publish(MAIN)
    house.leads(7, source="site")

    house.drain()

    assert [place[2] for place in house.places()] == ["ann", "bob", "ann", "bob", "ann", "bob", "ann"]


def test_draining_again_does_nothing(house):
    house.publish(MAIN)
    house.leads(3, source="ads")
    house.drain()

    again = house.drain()

    assert again == 0
    assert len(house.deals()) == len(house.tasks()) == 3


def test_small_batches_come_to_the_same_as_large_ones(house):
    house.publish(MAIN)
    house.leads(12, source="ads")

    house.drain(limit=5)

    assert house.states() == [("completed", "success")] * 12
    assert len(house.deals()) == 12


def test_leads_recorded_before_the_funnel_was_published_do_not_enter(house):
    house.lead(source="ads")
    house.publish(MAIN)

    house.drain()

    assert house.runs() == []
