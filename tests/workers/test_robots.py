"""Robots of a stage, compiled to funnels, run for its deals."""

import pytest

from blocks.catalogue import block_type
from crm.access.actor import SYSTEM
from engine.robot import StageRobots
from funnels.publication.publishing import publish, save_draft
from funnels.robots import compile_robots


def put_robots(house, *robots, stage="offer"):
    """Publish the robots of a stage of the plan ``sales``."""
    column = StageRobots.model_validate({"plan": "sales", "stage": stage, "robots": list(robots)})
    with house.database.work() as work:
        for document in compile_robots(column, block_type):
            save_draft(work, document, by=SYSTEM)
            publish(work, document.key, by=SYSTEM)


def tags(name, **more):
    return {"id": name, "action": {"type": "crm.add_tags", "config": {"tags": [name]}}, **more}


LATER = {"kind": "after", "lasting": {"amount": 1, "unit": "hours"}}


def test_a_robot_runs_on_entry(house):
    put_robots(house, tags("first"), tags("second"))
    deal_id = house.deal()
    house.drain()
    before = house.tags()

    house.move(deal_id, "offer")
    house.drain()

    assert before == []
    assert house.tags() == ["first", "second"]


def test_a_robot_runs_for_a_deal_that_is_opened_in_the_stage(house):
    put_robots(house, tags("first"), stage="new")
    house.deal()

    house.drain()

    assert house.tags() == ["first"]


def test_a_robot_waits_in_the_stage(house):
    put_robots(house, tags("later", when=LATER))
    house.move(house.deal(), "offer")
    house.drain()
    early = house.tags()

    house.clock.forward(hours=1)
    house.drain()

    assert (early, house.tags()) == ([], ["later"])


@pytest.mark.parametrize(("if_left", "expected"), [("cancel", []), ("run", ["later"])])
def test_a_deal_that_left_is_passed_over_unless_the_robot_says_so(house, if_left, expected):
    put_robots(house, tags("later", when=LATER, if_left=if_left))
    deal_id = house.deal()
    house.move(deal_id, "offer")
    house.drain()

    house.move(deal_id, "talks")
    house.drain()
    house.clock.forward(hours=1)
    house.drain()

    assert house.tags() == expected


def test_a_deal_that_comes_back_starts_anew(house):
    put_robots(house, tags("later", when=LATER))
    deal_id = house.deal()
    house.move(deal_id, "offer")
    house.drain()
    house.clock.forward(minutes=50)
    house.move(deal_id, "talks")
    house.move(deal_id, "offer")
    house.drain()

    house.clock.forward(minutes=50)
    house.drain()
    early = house.tags()
    house.clock.forward(minutes=10)
    house.drain()

    assert (early, house.tags()) == ([], ["later"])


@pytest.mark.parametrize(("if_skipped", "expected"), [("ignore", []), ("run", ["first"])])
def test_a_stage_that_was_jumped_over(house, if_skipped, expected):
    put_robots(house, tags("first", if_skipped=if_skipped))

    house.move(house.deal(), "talks")
    house.drain()

    assert house.tags() == expected


@pytest.mark.parametrize(("on_recall", "expected"), [("ignore", []), ("run", ["first"])])
def test_a_closed_deal_that_is_taken_back_into_the_stage_is_a_recall(house, on_recall, expected):
    put_robots(house, tags("first", on_recall=on_recall))
    deal_id = house.deal()
    house.move(deal_id, "won")

    house.move(deal_id, "offer", recall="A slip")
    house.drain()

    assert house.tags() == expected
    assert [data["stage"] for _, data in house.events("deal.recalled")] == ["offer"]


@pytest.mark.parametrize(("kinds", "expected"), [({"robot": False}, []), ({"robot": True}, ["first"])])
def test_a_robot_answers_to_the_origins_it_is_set_to(house, kinds, expected):
    put_robots(house, tags("first", by_origin=kinds))
    put_robots(house, {"id": "on", "action": {"type": "crm.change_stage", "config": {"stage": "offer"}}}, stage="new")
    house.deal()

    house.drain()

    assert house.places()[0][1] == "offer"
    assert house.tags() == expected


def test_a_robot_on_leaving_runs_when_the_deal_leaves(house):
    put_robots(house, tags("gone", when={"kind": "leaving"}))
    deal_id = house.deal()
    house.move(deal_id, "offer")
    house.drain()
    inside = house.tags()

    house.move(deal_id, "talks")
    house.drain()

    assert (inside, house.tags()) == ([], ["gone"])


def test_a_robot_for_the_first_entry_runs_once(house):
    call = {"type": "task.create", "config": {"name": "Call", "deadline": {"kind": "days_in_stage", "days": 1}}}
    put_robots(house, {"id": "call", "again": "first_entry", "action": call})
    deal_id = house.deal()

    for stage in ("offer", "talks", "offer"):
        house.move(deal_id, stage)
        house.drain()

    assert len(house.tasks()) == 1


def test_five_deals_of_one_person_run_five_robots(house):
    put_robots(house, tags("first"))
    first = house.deal()
    [row] = house.deals()
    deals = [first, *(house.deal(person_id=row.person_id) for _ in range(4))]
    for deal_id in deals:
        house.move(deal_id, "offer")

    house.drain()

    assert house.tags() == ["first"] * 5


PING = """
key: {key}
name: {key}
nodes:
  - {{id: came, type: trigger.stage_entered, config: {{plan: sales, stages: [{here}], enrolment: parallel{more}}}}}
  - {{id: move, type: crm.change_stage, config: {{stage: {there}}}}}
edges:
  - {{from: came, to: move}}
"""


def test_funnels_that_move_a_deal_to_and_fro_end_at_the_depth_limit_and_say_so(house):
    house.publish(PING.format(key="ping", here="offer", there="talks", more=""))
    house.publish(PING.format(key="pong", here="talks", there="offer", more=""))
    house.move(house.deal(), "offer")

    house.drain()

    assert [one.code for one in house.refusals()] == ["too_deep"]
    assert max(row.depth for row, _ in house.events("deal.moved")) == 8
    assert len(house.runs()) == 8


def test_a_funnel_does_not_start_on_what_it_did_itself_and_says_so(house):
    house.publish(PING.format(key="ping", here="offer, talks", there="talks", more=""))
    house.move(house.deal(), "offer")

    house.drain()

    assert [one.code for one in house.refusals()] == ["self_caused"]
    assert len(house.runs()) == 1


def test_a_funnel_may_be_told_to_start_on_what_it_did_itself(house):
    house.publish(PING.format(key="ping", here="offer, talks", there="talks", more=", self_caused: true"))
    house.move(house.deal(), "offer")

    house.drain()

    assert len(house.runs()) == 2


def test_the_cause_of_what_a_robot_did_is_its_run(house):
    put_robots(house, {"id": "on", "action": {"type": "crm.change_stage", "config": {"stage": "talks"}}})
    house.move(house.deal(), "offer")

    house.drain()

    [(hand, _), (robot, _)] = house.events("deal.moved")
    [row] = house.runs()
    assert (hand.depth, robot.depth) == (0, 1)
    assert robot.caused_by == row.id * 16 + 2
