"""Runs of archived records: held where they are, and on their way again when the records are back."""

import pytest

from crm.access.actor import SYSTEM
from funnels import archiving, states
from funnels.doctor import examine
from funnels.starting import records_of

WAITS = """
key: waits
name: Waits
nodes:
  - {id: opened, type: trigger.stage_entered, config: {plan: sales, stages: [new]}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: tag, type: crm.add_tags, config: {tags: [late], on: deal}}
edges:
  - {from: opened, to: pause}
  - {from: pause, to: tag}
"""


@pytest.fixture
def waiting(house):
    """A deal whose run waits for an hour."""
    house.publish(WAITS)
    deal_id = house.deal(stage="new")
    house.drain()
    assert house.at() == ["pause"]
    yield house, deal_id
    house.check()
    with house.database.reading() as work:
        assert [one.code for one in examine(work, deep=True) if one.severity == "error"] == []


def test_a_run_of_an_archived_deal_does_nothing_and_goes_on_when_it_is_back(waiting):
    house, deal_id = waiting
    house.act(archiving.archive, ("deal", deal_id))

    house.clock.forward(hours=2)
    house.drain()
    held = [row.status for row in house.runs()], house.tags()
    house.act(archiving.restore, ("deal", deal_id))
    house.drain()

    assert held == ([3], [])
    assert house.tags() == ["late"]
    assert [status for status, _ in house.states()] == ["completed"]


def test_a_funnel_that_is_resumed_leaves_held_runs_alone(waiting):
    house, deal_id = waiting
    house.act(archiving.archive, ("deal", deal_id))
    with house.database.work() as work:
        states.pause(work, ["waits"], by=SYSTEM)
    with house.database.work() as work:
        states.resume(work, ["waits"], by=SYSTEM)

    house.clock.forward(hours=2)
    house.drain()

    assert [row.status for row in house.runs()] == [3]
    assert house.tags() == []


def test_a_funnel_that_is_stopped_ends_held_runs_too(waiting):
    house, deal_id = waiting
    house.act(archiving.archive, ("deal", deal_id))

    with house.database.work() as work:
        states.stop(work, ["waits"], by=SYSTEM)
    house.act(archiving.restore, ("deal", deal_id))
    house.drain()

    assert [row.status for row in house.runs()] == [11]


def test_a_whole_stage_goes_and_comes_back(waiting):
    house, deal_id = waiting
    other = house.deal(stage="new")
    house.drain()

    with house.database.work() as work:
        gone = archiving.archive_stage(work, "sales", "new", by=SYSTEM)
    with house.database.work() as work:
        back = archiving.restore_stage(work, "sales", "new", by=SYSTEM)

    assert (
        [(one.code, one.ids) for one in gone]
        == [("done", (deal_id,)), ("done", (other,))]
        == [(one.code, one.ids) for one in back]
    )
    assert [row.status for row in house.runs()] == [1, 1]


def test_nothing_is_started_on_what_is_archived(waiting):
    house, deal_id = waiting
    house.act(archiving.archive, ("deal", deal_id))

    with house.database.reading() as work:
        assert records_of(work, "deal", [deal_id]) == {}
