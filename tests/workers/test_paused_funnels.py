"""Funnels that are paused, drained, stopped and let go on again: nobody is lost, and dates stay."""

import threading

import pytest

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.errors import NotAllowedError
from funnels import repair, states
from funnels.doctor import examine
from tests.workers.house import MONDAY
from workers.batch import run_batch

CALLS = """
key: calls
name: Calls
nodes:
  - {id: created, type: trigger.lead_created, config: {enrolment: parallel}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - id: answer
    type: wait.event
    config: {events: [{port: spoke, event: comment.added}], timeout: {amount: 2, unit: hours}}
  - {id: thanks, type: crm.add_tags, config: {tags: [spoke]}}
  - {id: silent, type: crm.add_tags, config: {tags: [silent]}}
edges:
  - {from: created, to: pause}
  - {from: pause, to: answer}
  - {from: answer, port: spoke, to: thanks}
  - {from: answer, port: timeout, to: silent}
"""


@pytest.fixture
def calls(house):
    house.publish(CALLS)
    yield house
    with house.database.reading() as work:
        assert [one.code for one in examine(work, deep=True) if one.severity == "error"] == []


def change(house, how, *keys):
    with house.database.work() as work:
        answers = how(work, list(keys) or ["calls"], by=SYSTEM)
    return [(one.code, one.state, one.inside) for one in answers]


def at_the_answer(house):
    """A lead whose run waits for a comment; returns its person."""
    house.lead()
    house.drain()
    house.clock.forward(hours=1)
    house.drain()
    return house.runs()[-1].person_id


def test_nobody_starts_in_a_paused_funnel_and_everybody_is_told_why(calls):
    assert change(calls, states.pause) == [("done", "paused", 0)]
    calls.lead()
    calls.drain()

    assert calls.runs() == []
    assert [row.code for row in calls.refusals()] == ["paused"]


def test_nobody_walks_in_a_paused_funnel_and_dates_stay(calls):
    calls.lead()
    calls.drain()

    assert change(calls, states.pause) == [("done", "paused", 1)]
    calls.clock.forward(days=2)
    assert calls.drain() == 0
    calls.check()
    assert change(calls, states.resume) == [("done", "published", 1)]
    calls.drain()

    assert calls.way() == ["created.next", "pause.next"]
    assert calls.at() == ["answer"]


def test_a_date_that_is_still_to_come_is_waited_for_after_the_pause(calls):
    calls.lead()
    calls.drain()
    change(calls, states.pause)
    calls.clock.forward(minutes=30)
    change(calls, states.resume)
    calls.drain()
    assert calls.at() == ["pause"]

    calls.clock.now = MONDAY.replace(hour=10)
    calls.drain()

    assert calls.at() == ["answer"]


def test_an_event_that_came_in_the_pause_ends_the_wait_after_it(calls):
    person_id = at_the_answer(calls)
    change(calls, states.pause)
    calls.clock.forward(hours=1)
    calls.tell("comment.added", person_id)
    calls.drain()
    assert calls.at() == ["answer"]
    calls.clock.forward(days=3)
    calls.tell("comment.added", person_id)
    calls.drain()

    change(calls, states.resume)
    calls.drain()

    assert calls.way()[-2:] == ["answer.spoke", "thanks.next"]


def test_time_that_was_up_before_the_event_counts(calls):
    person_id = at_the_answer(calls)
    change(calls, states.pause)
    calls.clock.forward(hours=3)
    calls.tell("comment.added", person_id)
    calls.drain()

    change(calls, states.resume)
    calls.drain()

    assert calls.way()[-2:] == ["answer.timeout", "silent.next"]


def test_a_run_set_going_in_a_paused_funnel_goes_on_when_the_funnel_does(calls):
    calls.lead()
    calls.drain()
    change(calls, states.pause)
    with calls.database.work() as work:
        repair.move(work, [calls.runs()[0].id], "thanks", by=SYSTEM)
    calls.drain()
    assert calls.tags() == []
    assert calls.drain() == 0

    change(calls, states.resume)
    calls.drain()

    assert calls.tags() == ["spoke"]


def test_a_draining_funnel_lets_nobody_in_and_everybody_out(calls):
    calls.lead()
    calls.drain()
    assert change(calls, states.drain) == [("done", "draining", 1)]
    calls.lead()
    for _ in range(4):
        calls.clock.forward(hours=1)
        calls.drain()

    assert calls.states() == [("completed", "end:next")]
    assert [row.code for row in calls.refusals()] == ["draining"]


def test_a_paused_funnel_can_be_drained(calls):
    calls.lead()
    calls.drain()
    change(calls, states.pause)
    calls.clock.forward(hours=1)
    assert change(calls, states.drain) == [("done", "draining", 1)]
    calls.drain()

    assert calls.at() == ["answer"]


def test_stopping_cancels_whoever_is_inside(calls):
    calls.leads(3)
    calls.drain()
    assert change(calls, states.stop) == [("done", "stopped", 3)]
    calls.lead()
    calls.drain()

    assert calls.states() == [("cancelled", "cancelled")] * 3
    assert len(calls.events("run.repaired")) == 3


def test_a_run_that_slipped_into_a_stopped_funnel_is_cancelled_when_its_time_comes(calls):
    calls.lead()
    calls.drain()
    from sqlalchemy import update

    from crm.directory import settings_changed
    from funnels.tables import funnel

    with calls.database.work() as work:
        work.execute(update(funnel).values(state="stopped"))
        settings_changed(work)
    calls.clock.forward(hours=1)
    calls.drain()

    assert calls.states() == [("cancelled", "cancelled")]


def test_publishing_keeps_a_pause_and_ends_a_stop(calls):
    change(calls, states.pause)
    calls.publish(CALLS.replace("Calls", "Calls 2"))
    assert change(calls, states.pause) == [("same_state", "paused", 0)]

    change(calls, states.stop)
    calls.publish(CALLS.replace("Calls", "Calls 3"))
    assert change(calls, states.resume) == [("same_state", "published", 0)]


def test_a_stopped_funnel_starts_again_with_what_was_published(calls):
    change(calls, states.stop)
    calls.publish(CALLS)
    calls.lead()
    calls.drain()

    assert calls.states() == [("waiting", None)]


def test_what_cannot_change_says_so_and_changes_nothing(calls):
    from funnels.publication.publishing import save_draft
    from funnels.reading import read

    with calls.database.work() as work:
        save_draft(work, read(CALLS.replace("calls", "draft")), by=SYSTEM)

    assert change(calls, states.resume, "calls", "draft", "nothing") == [
        ("same_state", "published", 0),
        ("not_published", "draft", 0),
        ("no_funnel", "", 0),
    ]
    assert calls.events("config.changed")[-1][1]["action"] == "published"


@pytest.mark.parametrize("how", [states.pause, states.drain, states.resume, states.stop])
def test_changing_the_state_needs_its_right(calls, how):
    with calls.database.work() as work, pytest.raises(NotAllowedError):
        how(work, ["calls"], by=Actor(ActorKind.USER, 1, frozenset({"funnels.edit"})))


@pytest.mark.parametrize("how", [states.pause, states.drain, states.stop])
def test_a_change_costs_the_same_statements_for_any_number(calls, how):
    def cost(number):
        calls.leads(number)
        calls.drain()
        with calls.database.work() as work:
            how(work, ["calls"], by=SYSTEM)
            work.finish()
            spent = work.statements
        with calls.database.work() as work:
            states.resume(work, ["calls"], by=SYSTEM)
        return spent

    assert cost(1) == cost(30)


def test_every_change_is_in_the_journal(calls):
    for how in (states.pause, states.drain, states.resume, states.stop):
        change(calls, how)

    said = [data["action"] for _, data in calls.events("config.changed") if data["what"] == "funnel"]
    assert said == ["published", "paused", "drained", "resumed", "stopped"]


def test_nobody_is_lost_while_a_worker_works_beside_it(calls):
    calls.leads(120)
    calls.drain()
    calls.clock.forward(hours=1)
    is_over = threading.Event()

    def work_on():
        while not is_over.is_set():
            run_batch(calls.database, limit=10)

    worker = threading.Thread(target=work_on)
    worker.start()
    for _ in range(6):
        change(calls, states.pause)
        change(calls, states.resume)
    is_over.set()
    worker.join()
    calls.drain()

    assert calls.at() == ["answer"] * 120
