"""Several tokens of one run in the database: parallel branches, joins, going back, switches."""

import pytest
from sqlalchemy import select

from crm.records.tags import TagChange, change_tags
from funnels.tables import node_total

JOIN = """
key: join
name: Branches
nodes:
  - {{id: created, type: trigger.lead_created}}
  - {{id: split, type: logic.parallel, config: {{branches: 3}}}}
  - {{id: quick, type: crm.add_tags, config: {{tags: [quick]}}}}
  - {{id: hour, type: wait.duration, config: {{lasting: {{amount: 1, unit: hours}}}}}}
  - {{id: day, type: wait.duration, config: {{lasting: {{amount: 24, unit: hours}}}}}}
  - {{id: slow, type: crm.add_tags, config: {{tags: [slow]}}}}
  - {{id: join, type: logic.join, config: {config}}}
  - {{id: after, type: crm.add_tags, config: {{tags: [after]}}}}
edges:
  - {{from: created, to: split}}
  - {{from: split, port: branch_1, to: quick}}
  - {{from: split, port: branch_2, to: hour}}
  - {{from: split, port: branch_3, to: day}}
  - {{from: quick, to: join}}
  - {{from: hour, to: join}}
  - {{from: day, to: slow}}
  - {{from: slow, to: join}}
  - {{from: join, to: after}}
"""


def at_hours(house, *hours):
    """The tags after so many hours each, and the places of rest."""
    seen, before = [], 0
    for hour in hours:
        house.clock.forward(hours=hour - before)
        before = hour
        house.drain()
        house.check()
        seen.append((house.tags(), house.at()))
    return seen


@pytest.mark.parametrize(
    ("config", "seen"),
    [
        (
            "{}",
            [
                (["quick"], ["hour", "day", "join"]),
                (["quick"], ["day", "join"]),
                (["after", "quick", "slow"], []),
            ],
        ),
        (
            "{wait_for: any}",
            [(["after", "quick"], ["hour", "day"]), (["after", "quick"], ["day"]), (["after", "quick", "slow"], [])],
        ),
        (
            "{wait_for: number, number: 2}",
            [(["quick"], ["hour", "day", "join"]), (["after", "quick"], ["day"]), (["after", "quick", "slow"], [])],
        ),
        (
            "{wait_for: number, number: 2, cancel_rest: true}",
            [(["quick"], ["hour", "day", "join"]), (["after", "quick"], []), (["after", "quick"], [])],
        ),
        ("{wait_for: any, cancel_rest: true}", [(["after", "quick"], [])] * 3),
    ],
)
def test_branches_come_together_as_the_join_says(house, config, seen):
    house.publish(JOIN.format(config=config))
    house.lead()

    found = at_hours(house, 0, 1, 24)

    assert found == seen
    assert house.states()[0][0] == "completed"


def test_branches_survive_a_restart_between_them(house):
    house.publish(JOIN.format(config="{}"))
    house.lead()
    house.drain()

    later = house.again()
    at_hours(later, 1)
    last = later.again()
    at_hours(last, 24)

    assert last.tags() == ["after", "quick", "slow"]


def test_branches_that_end_in_one_batch_are_joined_once(house):
    house.publish(JOIN.format(config="{}"))
    house.leads(3)
    house.drain()

    house.clock.forward(days=2)
    house.drain()

    assert house.tags().count("after") == 3
    assert {state for state, _ in house.states()} == {"completed"}


ROUND = """
key: round
name: Round and round
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: call, type: task.create, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}}
  - {id: again, type: logic.go_to, config: {max_visits: 2}}
  - {id: enough, type: crm.add_tags, config: {tags: [enough]}}
edges:
  - {from: created, to: wait}
  - {from: wait, to: call}
  - {from: call, to: again}
  - {from: again, to: wait}
  - {from: again, port: limit, to: enough}
"""


def test_going_back_is_counted_over_waits(house):
    house.publish(ROUND)
    house.lead()

    found = at_hours(house, 0, 1, 2, 3, 4)

    assert [tags for tags, _ in found] == [[], [], [], ["enough"], ["enough"]]
    assert len(house.tasks()) == 3
    assert house.states() == [("completed", "end:next")]


SWITCH = """
key: switch
name: Ways
nodes:
  - {id: created, type: trigger.lead_created}
  - id: which
    type: logic.switch
    config: {field: lead.source, cases: [{port: paid, values: [ads, Social]}, {port: own, values: [site]}]}
  - {id: paid, type: crm.add_tags, config: {tags: [paid]}}
  - {id: own, type: crm.add_tags, config: {tags: [own]}}
  - {id: other, type: crm.add_tags, config: {tags: [other]}}
edges:
  - {from: created, to: which}
  - {from: which, port: paid, to: paid}
  - {from: which, port: own, to: own}
  - {from: which, port: else, to: other}
"""


@pytest.mark.parametrize(
    ("source", "tag"), [("ADS", "paid"), ("social", "paid"), ("site", "own"), ("mail", "other"), (None, "other")]
)
def test_a_switch_takes_the_case_of_the_value(house, source, tag):
    house.publish(SWITCH)
    house.lead(source=source)

    house.drain()

    assert house.tags() == [tag]


OVERLAY = """
key: overlay
name: Seen at once
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: set, type: crm.set_fields, config: {changes: [{field: lead.source, value: "  Trade   Fair "}]}}
  - {id: fair, type: logic.condition, config: {condition: {op: is, field: lead.source, value: trade fair}}}
  - {id: mark, type: crm.add_tags, config: {tags: [fair]}}
  - {id: has, type: logic.condition, config: {condition: {op: has, field: lead.tags, value: fair}}}
  - {id: been, type: logic.condition, config: {condition: {op: visited, node: set}}}
  - {id: good, type: crm.add_tags, config: {tags: [good]}}
edges:
  - {from: created, to: set}
  - {from: set, to: fair}
  - {from: fair, port: "yes", to: mark}
  - {from: mark, to: has}
  - {from: has, port: "yes", to: been}
  - {from: been, port: "yes", to: good}
"""


def test_what_a_run_wrote_is_seen_by_its_next_blocks_as_it_is_stored(house):
    house.publish(OVERLAY)
    house.lead(source="ads")

    house.drain()

    assert house.tags() == ["fair", "good"]


DEAL_TAGS = """
key: deals
name: A deal found again
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales, if_open: use}}
  - {id: move, type: crm.change_stage, config: {stage: offer}}
  - {id: vip, type: logic.condition, config: {condition: {op: has, field: deal.tags, value: vip}}}
  - {id: "yes", type: crm.add_tags, config: {tags: [known], on: deal}}
edges:
  - {from: created, to: plan}
  - {from: plan, to: move}
  - {from: move, to: vip}
  - {from: vip, port: "yes", to: "yes"}
"""


def test_a_deal_that_was_there_before_is_seen_with_its_tags(house):
    house.publish(DEAL_TAGS)
    house.lead(phone="+380501234567")
    house.drain()
    [deal] = house.deals()
    house.act(change_tags, TagChange("deal", deal.id, deal.person_id, frozenset({"vip"})))
    house.lead(phone="+380501234567")

    house.drain()

    assert len(house.deals()) == 1
    assert house.tags() == ["known", "vip"]


MOVES_OTHER = """
key: other
name: Moves the deal on another plan
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: move, type: crm.change_stage, config: {stage: won, plan: service}}
  - {id: none, type: crm.add_tags, config: {tags: [none]}}
edges:
  - {from: created, to: move}
  - {from: move, port: no_deal, to: none}
"""


def test_the_open_deal_on_a_named_plan_is_moved(house):
    house.publish(MOVES_OTHER)
    house.lead(phone="+380501234567")
    house.drain()
    person_id = house.runs()[0].person_id
    house.deal("sales", person_id=person_id)
    house.deal("service", person_id=person_id)

    house.lead(phone="+380501234567")
    house.drain()

    assert [place[:2] for place in house.places()] == [("sales", "new"), ("service", "won")]
    assert house.tags() == ["none"]


def test_entries_are_what_is_inside_and_what_left(house):
    house.publish(JOIN.format(config="{}"))
    house.leads(4)
    house.drain()

    house.clock.forward(hours=1)
    house.drain()

    rows = house.rows(select(node_total.c.node, node_total.c.entered, node_total.c.left))
    whole = [(row.entered, row.left) for row in rows if row.node == 0]
    assert sum(entered for entered, _ in whole) == 4
    assert sum(left for _, left in whole) == 0
