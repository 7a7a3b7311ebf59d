"""Laws of repair: whatever people do to runs, in whatever order, none is lost and the counts are right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.access.actor import SYSTEM
from funnels import repair
from tests.workers.house import House

# A branch that fails, two that wait, a join, a loop.
MAZE = """
key: maze
name: Maze
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: split, type: logic.parallel, config: {branches: 3}}
  - {id: fails, type: crm.add_tags, config: {tags: [a], on: deal}}
  - {id: hour, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - id: hears
    type: wait.event
    config: {events: [{port: spoke, event: comment.added}], timeout: {amount: 2, unit: hours}}
  - {id: join, type: logic.join, config: {wait_for: number, number: 2, cancel_rest: true}}
  - {id: again, type: logic.go_to, config: {max_visits: 2}}
  - {id: pause, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
edges:
  - {from: created, to: split}
  - {from: split, port: branch_1, to: hour}
  - {from: split, port: branch_2, to: hears}
  - {from: split, port: branch_3, to: fails}
  - {from: hour, to: join}
  - {from: hears, port: spoke, to: join}
  - {from: hears, port: timeout, to: again}
  - {from: again, to: hears}
  - {from: fails, to: join}
  - {from: join, to: pause}
  - {from: pause, to: plan}
"""
NODES = st.sampled_from(["split", "fails", "hour", "hears", "join", "again", "pause", "plan"])
NUMBER = st.integers(0, 20)
ACTS = st.one_of(
    st.tuples(st.just("lead")),
    st.tuples(st.just("later"), st.integers(1, 3)),
    st.tuples(st.just("tell"), NUMBER),
    st.tuples(st.sampled_from(["retry", "skip", "cancel"]), NUMBER),
    st.tuples(st.just("move"), NUMBER, NODES),
)


@pytest.fixture(scope="module")
def maze(module_database_url):
    made = House(module_database_url).build()
    made.publish(MAZE)
    yield made
    made.close()


def do(house, act):
    runs = house.runs()
    match act:
        case ("lead",):
            house.lead()
        case "later", hours:
            house.clock.forward(hours=hours)
        case "tell", number if runs:
            house.tell("comment.added", runs[number % len(runs)].person_id)
        case how, number, *node if runs:
            with house.database.work() as work:
                getattr(repair, how)(work, [runs[-1 - number % len(runs)].id], *node, by=SYSTEM)
        case _:
            pass


@settings(max_examples=25)
@given(st.lists(ACTS, min_size=3, max_size=12))
def test_no_repair_loses_a_token_or_a_count(maze, acts):
    maze.lead()
    for act in acts:
        do(maze, act)
        maze.check()
        maze.drain()
        maze.check()


@settings(max_examples=10)
@given(st.lists(ACTS, min_size=1, max_size=8))
def test_every_run_that_is_skipped_along_comes_to_its_end(maze, acts):
    for act in acts:
        do(maze, act)
        maze.drain()

    for _ in range(12):
        with maze.database.work() as work:
            repair.skip(work, [row.id for row in maze.runs() if row.status == 2], by=SYSTEM)
        maze.clock.forward(hours=3)
        maze.drain()

    maze.check()
    assert {row.status for row in maze.runs()} <= {10, 11}
