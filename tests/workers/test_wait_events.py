"""Waits for an event: which comes first, and whose event it is."""

from datetime import timedelta

import pytest

WAIT = """
key: listens
name: Listens
nodes:
  - {id: opened, type: trigger.stage_entered, config: {plan: sales, stages: [new]}}
  - id: wait
    type: wait.event
    config:
      about_the: deal
      events: [{port: moved, event: deal.moved, where: {stage: offer}}, {port: won, event: deal.won}]
      timeout: {amount: 2, unit: hours}
  - {id: moved, type: crm.add_tags, config: {tags: [moved], on: deal}}
  - {id: won, type: crm.add_tags, config: {tags: [won], on: deal}}
  - {id: late, type: crm.add_tags, config: {tags: [late], on: deal}}
edges:
  - {from: opened, to: wait}
  - {from: wait, port: moved, to: moved}
  - {from: wait, port: won, to: won}
  - {from: wait, port: timeout, to: late}
"""


@pytest.fixture
def listening(house):
    """A house with one deal that waits."""
    house.publish(WAIT)
    house.deal()
    house.drain()
    return house


def test_the_event_ends_the_wait_at_once(listening):
    [deal] = listening.deals()

    listening.move(deal.id, "offer")
    listening.drain()

    assert listening.tags() == ["moved"]
    assert listening.states() == [("completed", "end:next")]


def test_the_timeout_ends_the_wait_at_its_second(listening):
    listening.clock.forward(hours=2, seconds=-1)
    early = listening.drain()
    listening.clock.forward(seconds=1)
    listening.drain()

    assert early == 0
    assert listening.tags() == ["late"]


@pytest.mark.parametrize(("seconds", "tags"), [(-1, ["moved"]), (0, ["moved"]), (1, ["late"])])
def test_of_event_and_timeout_the_earlier_wins_though_both_are_found_later(listening, seconds, tags):
    [deal] = listening.deals()
    listening.clock.forward(hours=2, seconds=seconds)
    listening.move(deal.id, "offer")

    listening.clock.forward(hours=1)
    listening.drain()

    assert listening.tags() == tags


def test_an_event_that_is_not_meant_leaves_the_wait_alone(listening):
    [deal] = listening.deals()

    listening.move(deal.id, "talks")
    listening.drain()

    assert listening.at() == ["wait"]


def test_an_event_of_another_deal_of_the_same_person_is_ignored(listening):
    [deal] = listening.deals()
    other = listening.deal("service", person_id=deal.person_id)

    listening.move(other, "offer")
    listening.drain()

    assert listening.at() == ["wait"]


def test_an_event_ends_the_waits_of_all_runs_that_wait_for_it(house):
    house.publish(WAIT)
    house.publish(WAIT.replace("key: listens", "key: second").replace("tags: [moved]", "tags: [too]"))
    deal_id = house.deal()
    house.drain()

    house.move(deal_id, "offer")
    house.drain()

    assert house.tags() == ["moved", "too"]


def test_a_wait_takes_the_first_of_two_events_in_one_backlog(listening):
    [deal] = listening.deals()
    listening.move(deal.id, "offer")
    listening.clock.forward(minutes=1)
    listening.move(deal.id, "won")

    listening.drain()

    assert listening.tags() == ["moved"]


def test_a_timer_waits_for_all_events_of_its_person_that_came_before_it(listening):
    [deal] = listening.deals()
    listening.move(deal.id, "talks")
    listening.clock.forward(hours=1)
    listening.move(deal.id, "offer")

    listening.clock.forward(hours=5)
    listening.drain()

    assert listening.tags() == ["moved"]


BOTH = """
key: both
name: Two waits of one run
nodes:
  - {id: opened, type: trigger.stage_entered, config: {plan: sales, stages: [new]}}
  - {id: split, type: logic.parallel}
  - id: wait
    type: wait.event
    config: {about_the: deal, events: [{port: won, event: deal.won}], timeout: {amount: 2, unit: hours}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: won, type: crm.add_tags, config: {tags: [won], on: deal}}
  - {id: late, type: crm.add_tags, config: {tags: [late], on: deal}}
edges:
  - {from: opened, to: split}
  - {from: split, port: branch_1, to: wait}
  - {from: split, port: branch_2, to: pause}
  - {from: wait, port: won, to: won}
  - {from: wait, port: timeout, to: late}
"""


def test_another_token_of_the_run_does_not_let_the_timer_overtake_an_event(house):
    house.publish(BOTH)
    deal_id = house.deal()
    house.drain()
    house.clock.forward(minutes=30)
    house.move(deal_id, "talks")
    house.move(deal_id, "won")

    house.clock.forward(hours=9)
    house.drain()

    assert house.tags() == ["won"]


INTERRUPTED = """
key: interrupted
name: Interrupted
nodes:
  - {id: created, type: trigger.lead_created}
  - id: wait
    type: wait.duration
    config: {lasting: {amount: 1, unit: days}, interrupt_on: [comment.added]}
  - {id: quiet, type: crm.add_tags, config: {tags: [quiet]}}
  - {id: spoke, type: crm.add_tags, config: {tags: [spoke]}}
edges:
  - {from: created, to: wait}
  - {from: wait, to: quiet}
  - {from: wait, port: interrupted, to: spoke}
"""


def test_a_timed_wait_may_be_interrupted_by_an_event_of_its_person(house):
    house.publish(INTERRUPTED)
    lead_id = house.lead()
    house.lead()
    house.drain()
    [first, _] = house.runs()

    house.clock.forward(hours=3)
    house.tell("comment.added", first.person_id, lead_id)
    house.drain()

    assert house.tags() == ["spoke"]
    assert house.at() == ["wait"]
    assert first.started_at + timedelta(hours=3) == house.clock.now


LOOP = """
key: {key}
name: Answers
nodes:
  - {{id: created, type: trigger.lead_created}}
  - {{id: wait, type: wait.event, config: {{events: [{{port: tagged, event: {heard}}}]}}}}
  - {{id: act, type: {act}, config: {{tags: [ping]}}}}
edges:
  - {{from: created, to: wait}}
  - {{from: wait, port: tagged, to: act}}
  - {{from: act, to: wait}}
"""


def test_two_funnels_that_answer_each_other_come_to_an_end(house):
    house.publish(LOOP.format(key="one", heard="tag.removed", act="crm.add_tags"))
    house.publish(LOOP.format(key="two", heard="tag.added", act="crm.remove_tags"))
    lead_id = house.lead()
    house.drain()
    [row, _] = house.runs()

    house.tell("tag.removed", row.person_id, lead_id)
    house.drain()

    assert sorted(house.at()) == ["wait", "wait"]
    assert {one.code for one in house.refusals()} == {"too_deep"}
