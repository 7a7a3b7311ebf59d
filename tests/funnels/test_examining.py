"""A draft among the funnels that run: warned about, put right by what is offered, also as robots of a stage."""

import pytest

from blocks.catalogue import block_type
from crm.access.actor import SYSTEM
from crm.directory import directory
from db.work import Work
from engine.robot import StageRobots
from funnels.examining import examined, examined_robots, put_right, put_robots_right
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from funnels.robots import compile_robots
from funnels.states import drain

MARKS = """
key: marks
name: Marks
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: mark, type: crm.set_fields, config: {changes: [{field: lead.source, value: ads}]}}
edges:
  - {from: created, to: mark}
"""
ALSO = MARKS.replace("marks", "also").replace("Marks", "Also")


def told(problems):
    return [(one.code, one.node, [key for key, _ in one.funnels]) for one in problems]


def running(house, text):
    document = read(text)
    with house.database.work() as work:
        save_draft(work, document, by=SYSTEM)
        publish(work, document.key, by=SYSTEM)
    return document


def test_what_runs_is_looked_at_and_what_does_not_is_not(house):
    own = read(ALSO)
    with house.database.reading() as work:
        assert told(examined(work, own)) == []
    marks = running(house, MARKS)
    running(house, ALSO)

    with house.database.reading() as work:
        assert told(examined(work, own)) == [("also_written", "mark", ["marks"])]
        assert told(examined(work, marks)) == [("also_written", "mark", ["also"])]
    with house.database.work() as work:
        drain(work, ["marks"], by=SYSTEM)
    with house.database.reading() as work:
        assert told(examined(work, own)) == []


def test_the_others_are_read_once(house, monkeypatch):
    running(house, MARKS)
    own, asked = read(ALSO), []
    with house.database.reading() as work:
        examined(work, own)
    rows = Work.rows
    monkeypatch.setattr(Work, "rows", lambda work, query, *more: asked.append(str(query)) or rows(work, query, *more))

    with house.database.reading() as work:
        examined(work, own)

    assert [one for one in asked if "funnel_version" in one] == []


def test_errors_are_put_right_one_after_another(house):
    broken = read(
        """
key: also
name: Also
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: call, type: task.create, config: {name: Call, responsible: nobody_here}}
  - {id: lost, type: crm.add_tags, config: {tags: [lost]}}
edges:
  - {from: created, to: call}
  - {from: call, port: maybe, to: gone}
"""
    )
    with house.database.reading() as work:
        right, done = put_right(work, broken)

        assert [one.severity for one in examined(work, right)] == []
        assert {one.code for one, _ in done} >= {"setting_missing", "reference_missing", "edge_to_nowhere"}
        assert put_right(work, right) == (right, ())


def test_robots_of_a_stage_are_examined_and_put_right_too(house):
    with house.database.reading() as work:
        plan = next(one for one in directory(work).plans.values() if not one.is_archived)
        robots = StageRobots.model_validate(
            {
                "plan": plan.key,
                "stage": plan.stages[0].key,
                "robots": [
                    {"id": "call", "action": {"type": "task.create", "config": {"name": "Call", "extra": 1}}},
                    {"id": "mark", "action": {"type": "crm.set_fields", "config": {"changes": []}}},
                ],
            }
        )
        right, done = put_robots_right(work, robots)

        assert right.robots[0].action.config == {"name": "Call", "deadline": {"kind": "days_in_stage", "days": 1}}
        assert len(done) == 2
        assert told(examined_robots(work, right)) == [("setting_missing", "mark", [])]


@pytest.mark.parametrize("what", ["a funnel", "robots"])
def test_robots_and_funnels_that_write_the_same_are_named_to_one_another(house, what):
    with house.database.reading() as work:
        plan = next(one for one in directory(work).plans.values() if not one.is_archived)
    change = {"changes": [{"field": "lead.source", "value": "x"}]}
    robots = StageRobots.model_validate(
        {
            "plan": plan.key,
            "stage": plan.stages[0].key,
            "robots": [{"id": "mark", "action": {"type": "crm.set_fields", "config": change}}],
        }
    )
    if what == "robots":
        running(house, MARKS)
        with house.database.reading() as work:
            assert told(examined_robots(work, robots)) == [("also_written", "mark", ["marks"])]
        return
    [compiled] = compile_robots(robots, block_type)
    with house.database.work() as work:
        save_draft(work, compiled, by=SYSTEM)
        publish(work, compiled.key, by=SYSTEM)
    with house.database.reading() as work:
        assert told(examined(work, read(MARKS))) == [("also_written", "mark", [compiled.key])]
