"""A stage that goes away is replaced in funnels and robots."""

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stages import remove_stage
from db.database import Database
from funnels.files import check_file, keep_file
from funnels.publication.publishing import draft, publish, save_draft
from funnels.reading import read
from funnels.refers import FunnelReferences
from funnels.restaging import name_another_stage
from funnels.tables import funnel
from tests.crm.company import STAGES, set_up_company

BACK = """
key: back
name: Back
nodes:
  - {id: start, type: trigger.stage_entered, config: {plan: wholesale, stages: [closed_won, talks, new]}}
  - {id: move, type: crm.change_stage, config: {plan: wholesale, stage: talks}}
edges:
  - {from: start, to: move}
"""
ROBOTS = """
plan: wholesale
stage: talks
robots:
  - id: mark
    action: {type: crm.add_tags, config: {tags: [old]}}
"""


@pytest.fixture
def database(databases, dialect):
    with databases.furnished(dialect, set_up_company) as url:
        made = Database(url)
        with made.work() as work:
            save_draft(work, read(BACK), by=SYSTEM)
            publish(work, "back", by=SYSTEM)
            keep_file(work, check_file(work, ROBOTS, by=SYSTEM), publishes=True, by=SYSTEM)
        yield made
        made.close()


def states(work):
    return {row.key: row.state for row in work.rows(select(funnel.c.key, funnel.c.state))}


def test_funnels_name_the_other_stage_and_its_robots_let_nobody_in(database):
    with database.work() as work:
        found = name_another_stage(work, "wholesale", "talks", "new", by=SYSTEM)
        remove_stage(work, "wholesale", "talks", by=SYSTEM, confirmed=True, replacement="new")

    with database.reading() as work:
        assert (found.changed, found.left) == (("Back",), ())
        assert len(found.retired) == 1
        assert states(work) == {"back": "published", "robots.wholesale.talks": "draining"}
        nodes = {node.id: node.config for node in draft(work, "back").nodes}
        assert nodes["start"]["stages"] == ["closed_won", "new"]
        assert nodes["move"]["stage"] == "new"
        places = FunnelReferences(work)("stage", "talks", plan="wholesale")
        assert all("wholesale" in str(place) for place in places)


ASKING = """
key: asking
name: Asking
nodes:
  - {id: start, type: trigger.stage_entered, config: {plan: wholesale, stages: [new]}}
  - id: ask
    type: logic.condition
    config: {condition: {op: all, of: [{op: is, field: deal.stage, value: talks}, {op: is, field: deal.title, value: talks}]}}
  - id: mark
    type: crm.add_tags
    config: {tags: [old]}
    condition: {op: in, field: deal.stage, values: [talks, closed_won, new]}
edges:
  - {from: start, to: ask}
  - {from: ask, port: yes, to: mark}
"""


def test_conditions_ask_for_the_other_stage_and_are_named_before(database):
    with database.work() as work:
        save_draft(work, read(ASKING), by=SYSTEM)
        named = [str(place) for place in FunnelReferences(work)("stage", "talks", plan="wholesale")]
        name_another_stage(work, "wholesale", "talks", "new", by=SYSTEM)

    with database.reading() as work:
        nodes = {node.id: node for node in draft(work, "asking").nodes}
    both = nodes["ask"].config["condition"]["of"]
    assert sum("Asking" in one for one in named) == 2
    assert nodes["mark"].condition.values == ("new", "closed_won")
    assert [one["value"] for one in both] == ["new", "talks"]


def test_a_condition_stays_where_another_plan_has_such_a_stage(database):
    with database.work() as work:
        create_plan(work, NewPlan("Retail", STAGES), by=SYSTEM)
        save_draft(work, read(ASKING), by=SYSTEM)
        name_another_stage(work, "wholesale", "talks", "new", by=SYSTEM)
        nodes = {node.id: node.config for node in draft(work, "asking").nodes}

    assert nodes["ask"]["condition"]["of"][0]["value"] == "talks"


def test_a_draft_that_somebody_works_on_is_not_published_for_him(database):
    with database.work() as work:
        save_draft(work, read(BACK.replace("name: Back", "name: Back soon")), by=SYSTEM)
        found = name_another_stage(work, "wholesale", "talks", "new", by=SYSTEM)

        assert (found.changed, found.left) == ((), ("Back soon",))
        assert FunnelReferences(work)("stage", "talks", plan="wholesale")
