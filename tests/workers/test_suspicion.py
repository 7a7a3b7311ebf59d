"""What was there when a process ended: only what ends processes by itself is given up."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.tables.journal import inbox
from funnels.tables import MAX_ATTEMPTS, run
from workers import suspicion
from workers.batch import _register, run_batch
from workers.claim import claim
from workers.lookout import EVERY, Lookout, due_in
from workers.sweep import sweep

BREATHES = """
key: breathes
name: Breathes
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: breath, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: done, type: logic.exit, config: {outcome: success}}
edges:
  - {from: created, to: breath}
  - {from: breath, to: done}
"""


@pytest.fixture
def breathing(house):
    house.publish(BREATHES)
    return house


@pytest.fixture
def unsettled(monkeypatch):
    monkeypatch.setattr(suspicion, "SETTLING", (3600.0, 3600.0))


def settle(house):
    house.database.cache["settles_at"] = 0.0


def die(house, limit=500):
    """Leave what a process leaves that is killed while it works on its first batch; returns how much that is."""
    with house.database.work() as work:
        held = claim(work, limit, below=suspicion.reach(house.database))
    if held:
        _register(house.database, held, "dead")
    house.clock.forward(seconds=10)
    sweep(house.database, at_start=True)
    return len(held.events) + len(held.run_ids)


def tried(house, *, runs=False):
    return sorted(row.attempts for row in house.rows(select(run.c.attempts) if runs else select(inbox.c.attempts)))


def test_a_process_that_dies_again_and_again_in_its_first_moments_gives_up_nothing(breathing, unsettled, monkeypatch):
    monkeypatch.setattr(suspicion, "GROUP", 3)
    breathing.leads(5)

    first = [die(breathing) for _ in range(3 * MAX_ATTEMPTS)]
    events = tried(breathing)
    settle(breathing)
    breathing.drain()
    breathing.clock.forward(hours=1)
    breathing.database.cache.clear()
    then = [die(breathing) for _ in range(3 * MAX_ATTEMPTS)]
    runs = tried(breathing, runs=True)
    settle(breathing)
    breathing.drain()

    assert first == then == [5, 3, 2, *[0] * 12]
    assert events == runs == [suspicion.ALONE] * 5
    assert breathing.states() == [("completed", "success")] * 5


def test_what_a_settled_process_dies_of_alone_is_given_up(breathing, unsettled):
    breathing.lead()
    die(breathing)
    die(breathing)
    settle(breathing)

    deaths = [die(breathing) for _ in range(MAX_ATTEMPTS)]

    assert deaths == [1, 1, 1, 0, 0]
    [error] = breathing.errors()
    assert "ended 5 times" in error["message"]


def test_what_ends_its_process_is_found_among_many_and_nobody_else_is_blamed(breathing, monkeypatch):
    monkeypatch.setattr(suspicion, "SETTLING", (0.0, 0.0))
    breathing.leads(50)
    bomb = 30  # its place in the journal
    deaths = 0
    while tried(breathing):
        with breathing.database.work() as work:
            held = claim(work, 500, below=suspicion.reach(breathing.database))
        if bomb in [one.subject_id for one in held.events]:
            deaths += die(breathing) > 0
            breathing.database.cache.clear()
        else:
            run_batch(breathing.database)

    assert deaths < 15
    assert len(breathing.errors()) == 1


def test_who_comes_meanwhile_does_not_wait_for_what_is_left_and_nobody_overtakes_himself(breathing, unsettled):
    breathing.leads(9)
    breathing.lead(phone="+380501234567")
    die(breathing)
    die(breathing)
    breathing.lead(phone="+380501234567")
    breathing.leads(3)

    done = [run_batch(breathing.database, limit=5).events for _ in range(2)]

    assert done == [3, 0]
    assert tried(breathing) == [0, *[suspicion.ALONE] * 10]


def test_what_is_left_for_later_is_not_looked_for_meanwhile(breathing, unsettled):
    breathing.leads(3)
    die(breathing)
    die(breathing)

    before = due_in(breathing.database)
    settle(breathing)

    assert (before, due_in(breathing.database)) == (timedelta(hours=1), timedelta(0))


def test_what_others_have_is_looked_for_less_and_less_often(breathing):
    breathing.leads(3)
    looks = Lookout(breathing.database, lambda: False)

    pauses = [looks._look() for _ in range(12)]

    assert pauses == sorted(pauses)
    assert (pauses[0] <= 0.05, sum(pauses) >= 5, max(pauses)) == (True, True, EVERY)


def test_while_something_is_done_the_next_look_is_at_once(breathing):
    breathing.leads(3)
    did = iter([False, False, True, False])
    looks = Lookout(breathing.database, lambda: next(did))

    pauses = [looks._look() for _ in range(4)]

    assert pauses[0] < pauses[1] > pauses[2] == 0.01
