"""A worker and a mass action want the same runs and the same records at once, in one order and in the other: both end well."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from crm.access.actor import SYSTEM
from db import points
from funnels.archiving import restore
from funnels.mass.actions import read_action
from funnels.mass.asking import NewMassAction, ask, found
from tests.workers.house import a_house
from workers.batch import run_batch
from workers.mass_actions import do_batch, do_mass_actions

PATIENCE = 120
"""Seconds that anything may take on a busy machine."""
MOVES = """
key: moves
name: Moves
nodes:
  - {id: opened, type: trigger.stage_entered, config: {plan: sales, stages: [new]}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: move, type: crm.change_stage, config: {stage: offer}}
edges:
  - {from: opened, to: pause}
  - {from: pause, to: move}
"""


@pytest.fixture
def waiting(databases):
    """Three deals whose runs have become due."""
    with a_house(databases, "postgresql") as house:
        house.publish(MOVES)
        house.ids = [house.deal(stage="new") for _ in range(3)]
        house.drain()
        house.clock.forward(hours=2)
        yield house
        house.check()


@contextmanager
def held_at(monkeypatch, point):
    """Hold the first thread of the pool that comes to a point, until it is let go."""
    came, go = threading.Event(), threading.Event()

    def stop(name):
        if name == point and threading.current_thread().name.startswith("held"):
            came.set()
            assert go.wait(PATIENCE)

    monkeypatch.setattr(points, "_stop", stop)
    try:
        yield came, go
    finally:
        go.set()
        monkeypatch.setattr(points, "_stop", None)


def one_waits_for_another(house):
    """Wait until a session waits for a lock of another."""
    waits = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + PATIENCE
    while not house.rows(waits)[0][0]:
        assert time.monotonic() < deadline, "nobody waits"


def asked(house, **given):
    with house.database.work() as work:
        return ask(work, NewMassAction("deal", read_action(given), tuple(house.ids)), by=SYSTEM)


def now(house, one):
    with house.database.reading() as work:
        return found(work, one.id)


@pytest.mark.parametrize("given", [{"action": "archive"}, {"action": "stop", "funnel": "moves"}])
def test_a_mass_action_waits_for_a_worker_with_no_record_in_its_hands(waiting, monkeypatch, given):
    one = asked(waiting, **given)
    with held_at(monkeypatch, "after:batch") as (came, go), ThreadPoolExecutor(1, "held") as first:
        worker = first.submit(run_batch, waiting.database)  # has its lanes, and none of the records yet
        assert came.wait(PATIENCE)
        with ThreadPoolExecutor(1, "other") as second:
            mass = second.submit(do_batch, waiting.database)
            one_waits_for_another(waiting)
            go.set()
            assert worker.result(PATIENCE).runs == 3
            assert mass.result(PATIENCE)
    do_mass_actions(waiting.database)

    assert {stage for _, stage, _ in waiting.places()} == {"offer"}
    done = now(waiting, one)
    assert (done.state, done.done, done.skipped) == (
        ("finished", 3, 0) if "funnel" not in given else ("finished", 0, 3)
    )


def test_a_worker_leaves_to_a_mass_action_what_it_has_in_its_hands(waiting, monkeypatch):
    one = asked(waiting, action="archive")
    with held_at(monkeypatch, "before:mass_action_record") as (came, go), ThreadPoolExecutor(1, "held") as first:
        mass = first.submit(do_batch, waiting.database)
        assert came.wait(PATIENCE)
        assert not run_batch(waiting.database)  # nobody waits: their lanes are taken
        go.set()
        assert mass.result(PATIENCE)
    waiting.drain()
    do_mass_actions(waiting.database)
    assert (now(waiting, one).done, {stage for _, stage, _ in waiting.places()}) == (3, {"new"})

    with waiting.database.work() as work:
        restore(work, [("deal", id_) for id_ in waiting.ids], by=SYSTEM)
    waiting.drain()

    assert {stage for _, stage, _ in waiting.places()} == {"offer"}
