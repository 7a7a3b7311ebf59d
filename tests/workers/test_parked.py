"""Runs that stand still with an error, alone, and what a person can do about them."""

import pytest

from crm.access.actor import SYSTEM
from crm.errors import NotAllowedError
from crm.settings.logins import actor_of
from crm.settings.stage_rules import NewStage
from crm.settings.stages import add_stage, remove_stage
from crm.settings.users import deactivate_users
from engine.standing import Failure
from funnels import repair
from tests.workers.house import MONDAY

MOVES = """
key: moves
name: Moves
nodes:
  - {id: opened, type: trigger.stage_entered, config: {plan: sales, stages: [new]}}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: move, type: crm.change_stage, config: {stage: demo}}
  - {id: call, type: task.create, config: {name: Call, responsible: bob, deadline: {kind: days_in_stage, days: 1}}}
  - {id: mark, type: crm.add_tags, config: {tags: [done], on: deal}}
  - {id: other, type: crm.add_tags, config: {tags: [other], on: deal}}
  - {id: off, type: logic.exit}
edges:
  - {from: opened, to: wait}
  - {from: wait, to: move}
  - {from: move, to: call}
  - {from: move, port: no_deal, to: other}
  - {from: call, to: mark}
  - {from: mark, to: off}
"""


@pytest.fixture
def parked(house):
    """A house where one of two runs stands still: the stage it was to move its deal to is gone."""
    with house.database.work() as work:
        add_stage(work, "sales", NewStage("Demo"), by=SYSTEM)
    house.publish(MOVES)
    house.deal()
    house.drain()
    with house.database.work() as work:
        remove_stage(work, "sales", "demo", by=SYSTEM)
    house.clock.forward(hours=1)
    house.drain()
    return house


def repaired(house, how, *arguments):
    with house.database.work() as work:
        [answer] = how(work, [house.runs()[0].id], *arguments, by=SYSTEM)
    house.check()
    house.drain()
    house.check()
    return answer.code


def test_a_stage_that_was_removed_parks_the_run_with_words(parked):
    [error] = parked.errors()

    assert parked.states() == [("parked", None)]
    assert parked.at() == ["move"]
    assert (error["node"], error["code"]) == ("move", "no_stage")
    assert "demo" in error["message"]
    assert [data["code"] for _, data in parked.events("run.parked")] == ["no_stage"]


def test_a_parked_run_stays_where_it_is(parked):
    parked.clock.forward(days=30)

    again = parked.drain()

    assert again == 0
    assert parked.states() == [("parked", None)]


def test_a_retry_goes_on_where_the_reason_is_gone(parked):
    with parked.database.work() as work:
        add_stage(work, "sales", NewStage("Demo"), by=SYSTEM)

    code = repaired(parked, repair.retry)

    assert code == "done"
    assert parked.states() == [("completed", "neutral")]
    assert parked.places()[0][1] == "demo"
    assert parked.tags() == ["done"]


def test_a_retry_that_fails_again_parks_again(parked):
    code = repaired(parked, repair.retry)

    assert code == "done"
    assert parked.states() == [("parked", None)]
    assert parked.errors()[0]["code"] == "no_stage"


def test_skipping_goes_on_behind_the_node(parked):
    code = repaired(parked, repair.skip)

    assert code == "done"
    assert parked.places()[0][1] == "new"
    assert parked.tags() == ["done"]
    assert "move.next" in parked.way()


def test_moving_puts_the_run_on_another_node(parked):
    code = repaired(parked, repair.move, "other")

    assert code == "done"
    assert parked.tags() == ["other"]
    assert parked.states() == [("completed", "end:next")]


def test_moving_to_a_node_that_is_not_there_is_refused(parked):
    assert repaired(parked, repair.move, "nowhere") == "no_node"
    assert parked.states() == [("parked", None)]


def test_cancelling_ends_the_run(parked):
    code = repaired(parked, repair.cancel)

    assert code == "done"
    assert parked.states() == [("cancelled", "cancelled")]
    assert parked.at() == []


def test_repairs_are_written_into_the_journal(parked):
    repaired(parked, repair.skip)

    assert [data["how"] for _, data in parked.events("run.repaired")] == ["skip"]


@pytest.mark.parametrize("how", [repair.retry, repair.skip])
def test_what_is_not_parked_is_not_set_going(house, how):
    house.publish(MOVES.replace("stage: demo", "stage: offer"))
    house.deal()
    house.drain()

    with house.database.work() as work:
        answers = how(work, [house.runs()[0].id, 999], by=SYSTEM)

    assert [answer.code for answer in answers] == ["not_parked", "no_run"]


def test_what_is_over_is_neither_moved_nor_cancelled(parked):
    repaired(parked, repair.cancel)

    assert repaired(parked, repair.cancel) == "not_live"
    assert repaired(parked, repair.move, "other") == "not_live"


def test_a_manager_does_not_repair(parked):
    with parked.database.work() as work, pytest.raises(NotAllowedError):
        repair.retry(work, [1], by=actor_of(work, "ann"))


def test_a_user_who_left_parks_the_run_that_names_him(house):
    house.publish(MOVES.replace("stage: demo", "stage: offer"))
    house.deal()
    house.drain()
    with house.database.work() as work:
        deactivate_users(work, ["bob"], by=SYSTEM)

    house.clock.forward(hours=1)
    house.drain()

    [error] = house.errors()
    assert (error["node"], error["code"]) == ("call", "no_user")
    assert "bob" in error["message"]


BRANCHES = """
key: branches
name: One branch fails
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: split, type: logic.parallel}
  - {id: fails, type: crm.add_tags, config: {tags: [a], on: deal}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: join, type: logic.join}
  - {id: after, type: crm.add_tags, config: {tags: [after]}}
edges:
  - {from: created, to: split}
  - {from: split, port: branch_1, to: pause}
  - {from: split, port: branch_2, to: fails}
  - {from: pause, to: join}
  - {from: fails, to: join}
  - {from: join, to: after}
"""


def test_other_branches_stand_still_too_and_go_on_after_the_repair(house):
    house.publish(BRANCHES)
    house.lead()
    house.drain()
    house.clock.forward(hours=2)
    still = house.drain()

    repaired(house, repair.skip)

    assert still == 0
    assert house.tags() == ["after"]
    assert house.states() == [("completed", "end:next")]


def test_a_join_still_waits_after_a_branch_was_skipped(house):
    house.publish(BRANCHES)
    house.lead()
    house.drain()

    repaired(house, repair.skip)
    waiting = house.at()
    house.clock.forward(hours=1)
    house.drain()

    assert sorted(waiting) == ["join", "pause"]
    assert house.tags() == ["after"]


def test_a_run_parked_as_a_whole_goes_on_as_it_was(house):
    house.publish(BRANCHES.replace("on: deal", "on: lead"))
    house.lead()
    house.drain()
    with house.database.work() as work:
        repair.park(work, [house.runs()[0].id], Failure(0, "process_ended", "it ended again and again"))

    repaired(house, repair.retry)
    waiting = house.at()
    house.clock.forward(hours=1)
    house.drain()

    assert sorted(waiting) == ["join", "pause"]
    assert house.tags() == ["a", "after"]


def test_moving_a_run_takes_all_its_tokens_along(house):
    house.publish(BRANCHES)
    house.lead()
    house.drain()

    repaired(house, repair.move, "pause")
    waiting = house.at()
    house.clock.forward(hours=1)
    house.drain()

    assert waiting == ["pause"]
    assert house.tags() == ["after"]


@pytest.mark.parametrize("how", [repair.retry, repair.skip, repair.cancel])
def test_repairing_two_hundred_runs_costs_what_five_cost(house, how):
    house.publish(BRANCHES)
    house.leads(205)
    house.drain()
    ids = [row.id for row in house.runs()]

    costs = []
    for some in (ids[:5], ids[5:]):
        with house.database.work() as work:
            how(work, some, by=SYSTEM)
            work.flush()
            costs.append(work.statements)

    assert costs[1] - costs[0] <= 1  # one more block of ids


def test_a_repair_begins_at_the_clock_of_its_transaction(parked):
    repaired(parked, repair.cancel)

    assert parked.runs()[0].ended_at > MONDAY
