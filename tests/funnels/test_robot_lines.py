"""Robots of a stage as lines on its column."""

import pytest

from crm.access.actor import SYSTEM
from crm.directory import directory
from db.database import Database
from funnels.files import check_file, keep_file
from funnels.robot_lines import robots_of
from funnels.states import pause
from tests.crm.company import set_up_company

ROBOTS = """
plan: wholesale
stage: talks
robots:
  - id: call
    action: {type: task.create, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}}
  - id: mark
    title: Mark the old ones
    when: {kind: after, lasting: {amount: 2, unit: days}}
    action: {type: crm.add_tags, config: {tags: [old]}}
"""


@pytest.fixture
def database(databases, dialect):
    with databases.furnished(dialect, set_up_company) as url:
        made = Database(url)
        yield made
        made.close()


def lines(database):
    with database.reading() as work:
        found = robots_of(work, directory(work).plan("wholesale"))
        return [(str(one.name), str(one.when), one.state, one.stuck) for one in found.get("talks", ())]


def test_each_robot_says_its_name_when_it_acts_and_whether_it_works(database):
    assert lines(database) == []
    with database.work() as work:
        keep_file(work, check_file(work, ROBOTS, by=SYSTEM), publishes=True, by=SYSTEM)
    found = lines(database)
    assert [(name, state, stuck) for name, _, state, stuck in found] == [
        ("Call", "published", 0),
        ("Mark the old ones", "published", 0),
    ]
    assert found[0][1] == ""
    assert "2" in found[1][1]

    with database.work() as work:
        pause(work, ["robots.wholesale.talks"], by=SYSTEM)
    assert [state for _, _, state, _ in lines(database)] == ["paused", "paused"]
