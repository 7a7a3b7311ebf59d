from sqlalchemy import select, update

from crm.records.tags import ensure_tags
from engine.event import EVENT_KINDS
from funnels.programs import programs
from funnels.tables import funnel, funnel_version

SMALL = """
key: {key}
name: Small
nodes:
  - {{id: came, type: {trigger}}}
  - {{id: mark, type: crm.add_tags, config: {{tags: [{tag}]}}}}
edges: [{{from: came, to: mark}}]
"""


def put(house, key="small", trigger="trigger.lead_created", tag="one"):
    return house.publish(SMALL.format(key=key, trigger=trigger, tag=tag))


def read(house, **options):
    with house.database.reading() as work:
        return programs(work, **options)


def versions(house):
    return [row.id for row in house.rows(select(funnel_version.c.id).order_by(funnel_version.c.id))]


def test_triggers_are_found_by_the_kind_of_event(house):
    put(house)
    put(house, "won", "trigger.deal_won")

    found = read(house)

    created, won = (EVENT_KINDS[kind].code for kind in ("lead.created", "deal.won"))
    assert [start.node.id for start in found.by_kind[created]] == ["came"]
    assert [start.of.program.funnel for start in found.by_kind[won]] == ["won"]


def test_plan_and_stages_of_a_trigger_are_known_before_it_is_asked(house):
    put(house, trigger="trigger.stage_entered, config: {plan: sales, stages: [offer]}")

    [start] = read(house).by_kind[EVENT_KINDS["deal.moved"].code]

    assert (start.only, start.stages) == ("sales", frozenset({"offer"}))


def test_a_second_look_costs_nothing(house):
    put(house)
    first = read(house)

    with house.database.reading() as work:
        again = programs(work)
        assert (again is first, work.statements) == (True, 1)  # the version of the settings


def test_a_new_version_takes_the_place_of_the_old_one_which_runs_may_still_ask_for(house):
    put(house)
    put(house, tag="two")
    old, new = versions(house)

    fresh = read(house.again(), versions=[])
    asked = read(house, versions=[old])

    assert set(fresh.by_version) == {new}
    assert set(asked.by_version) >= {old, new}


def test_a_funnel_that_is_not_published_starts_nothing(house):
    put(house)
    with house.database.work() as work:
        work.execute(update(funnel).values(state="stopped"))
        ensure_tags(work, ["changes the settings"])

    assert read(house).by_kind == {}


def test_a_version_that_cannot_be_read_is_set_aside_with_its_reason(house):
    put(house)
    put(house, "broken")
    bad = versions(house)[1]
    with house.database.work() as work:
        document = {"key": "broken", "name": "B", "nodes": [{"id": "came", "type": "trigger.gone"}]}
        work.execute(update(funnel_version).where(funnel_version.c.id == bad).values(document=document))

    found = read(house.again())

    assert [start.of.program.funnel for start in found.by_kind[EVENT_KINDS["lead.created"].code]] == ["small"]
    assert "trigger.gone" in found.broken[bad]


def test_conditions_are_compiled_in_the_zone_of_the_company(house):
    put(house)

    assert read(house).zone == "Europe/Kyiv"
