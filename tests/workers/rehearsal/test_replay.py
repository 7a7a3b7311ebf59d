"""What people did happens again in a rehearsal: to their own records, and to what the funnel makes this time."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals.owners import NewOwner, assign_owners
from crm.people.merging import Merge
from crm.records.archiving import archive_records
from crm.records.tags import TagChange, change_tags
from crm.tables.records import deal, lead, record_tag
from crm.tasks.changes import NewTask, create_tasks
from funnels.merging import merge
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from tests.workers.house import MONDAY
from tests.workers.rehearsal.test_rehearse import come
from workers.rehearsal import Asked, rehearse

OPENS = """
key: opens
name: Opens deals
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: plan, type: crm.add_to_plan, config: {plan: sales}}
edges: [{from: created, to: plan}]
"""
ROBOT = """
key: robots.sales.offer
name: sales / offer
nodes:
  - {id: entered, type: trigger.stage_entered, config: {plan: sales, stages: [offer]}}
  - id: big
    type: logic.condition
    config: {condition: {field: deal.tags, op: has, value: big}}
  - {id: call, type: task.create, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}}
edges:
  - {from: entered, to: big}
  - {from: big, port: "yes", to: call}
"""
DAY = timedelta(days=1)


def asked(text, days=7):
    return Asked(read(text), MONDAY, MONDAY + timedelta(days=days))


def test_moves_by_hand_happen_to_the_deals_that_the_draft_opens(house):
    house.publish(OPENS)
    come(house, 0)
    house.drain()
    house.clock.forward(days=1)
    first, second, *_ = house.deals()
    house.move(first.id, "offer")
    house.clock.forward(hours=1)
    house.move(second.id, "offer")
    house.move(second.id, "new")

    with rehearse(house.database, asked(OPENS)).world as world:
        stages = [(one.stage, one.id) for one in world.deals()]
    found = rehearse(house.database, asked(OPENS))
    found.close()

    assert [stage for stage, _ in stages] == ["offer", "new", "new", "new", "new", "new"]
    assert {id_ for _, id_ in stages}.isdisjoint({one.id for one in house.deals()})
    assert found.left_out == 0
    assert found.really is not None
    assert found.figures.standing == found.really.standing == {"sales/new": 5, "sales/offer": 1}


def test_what_happened_to_records_that_are_not_there_this_time_is_left_out(house):
    house.publish(OPENS)
    come(house, 0)
    house.drain()
    house.clock.forward(days=1)
    house.move(house.deals()[0].id, "offer")
    nothing = OPENS.replace(
        "type: crm.add_to_plan, config: {plan: sales}", "type: crm.add_tags, config: {tags: [seen]}"
    )

    found = rehearse(house.database, asked(nothing))
    found.close()

    assert (found.figures.entered, found.figures.deals, found.left_out) == (6, {}, 1)


def test_robots_of_a_stage_see_the_deal_as_it_was_then(house):
    early, late = house.deal(), house.deal()
    people = {row.id: row.person_id for row in house.deals()}
    house.act(change_tags, TagChange("deal", early, people[early], frozenset({"big"}), frozenset()))
    house.clock.forward(days=1)
    house.move(early, "offer")
    house.move(late, "offer")
    house.clock.forward(days=1)
    house.act(change_tags, TagChange("deal", early, people[early], frozenset(), frozenset({"big"})))
    house.act(change_tags, TagChange("deal", late, people[late], frozenset({"big"}), frozenset()))

    found = rehearse(house.database, asked(ROBOT))
    with found.world.work() as work:
        tags = {row.record_id for row in work.rows(select(record_tag))}
        stages = {row.id: row.stage_id for row in work.rows(select(deal))}
    found.close()

    assert found.figures.nodes["big"].ports == {"yes": 1, "no": 1}
    assert found.figures.nodes["call"].passed == 1
    assert [sum(days.values()) for days in found.figures.tasks.values()] == [1]
    assert tags == {late}
    assert stages == {row.id: row.stage_id for row in house.deals()}


def test_all_kinds_of_acts_happen_again(house):
    first, second = house.deal("service"), house.deal("service")
    [lead_id] = house.leads(1)
    house.clock.forward(days=1)
    house.move(first, "offer")
    person = house.deals()[0].person_id
    house.act(create_tasks, NewTask(person, "By hand", None, None, deal_id=first))
    house.act(assign_owners, NewOwner("deal", second, "bob"))
    house.act(lambda work, items, by: archive_records(work, items, by=by), ("deal", second), by=SYSTEM)
    whoever = ROBOT.replace("plan: sales, stages: [offer]", "plan: service").replace("robots.sales.offer", "all")

    found = rehearse(house.database, asked(whoever))
    with found.world.work() as work:
        rows = {row.id: row for row in work.rows(select(deal))}
    found.close()
    before = rehearse(house.database, replace(asked(whoever), end=MONDAY + DAY / 2))
    with before.world.work() as work:
        then = {row.id: row for row in work.rows(select(deal))}
    before.close()

    assert lead_id
    for now in house.deals():
        again, was = rows[now.id], then[now.id]
        same = ("stage_id", "owner_id", "archived_at", "state", "stage_entered_at")
        assert [getattr(again, name) for name in same] == [getattr(now, name) for name in same]
        assert (was.archived_at, was.owner_id) == (None, None)
    assert then[first].stage_id != rows[first].stage_id
    assert found.figures.entered == 3


def test_other_funnels_happen_again_as_they_were_and_do_not_run_anew(house):
    house.publish(OPENS)
    with house.database.work() as work:
        document = read(ROBOT.replace("stages: [offer]", "stages: [new]").replace("robots.sales.offer", "after"))
        save_draft(work, document, by=SYSTEM)
        publish(work, "after", by=SYSTEM)
    come(house, 0)
    house.drain()

    found = rehearse(house.database, Asked(document, MONDAY, MONDAY + DAY))
    deals = {one.id for one in found.world.deals()}
    found.close()

    assert found.figures.entered == 6
    assert deals == {one.id for one in house.deals()}


def test_people_who_were_made_one_since_are_one_from_the_beginning(house):
    one, other = house.leads(2, source="ads")
    house.clock.forward(days=1)
    first, _ = (row.person_id for row in house.rows(select(lead).order_by(lead.c.id)))
    house.act(merge, Merge("lead", one, other), by=SYSTEM)

    found = rehearse(house.database, asked(OPENS))
    walked = [(walk.person_id, walk.subject_id, walk.nodes) for walk in found.world.walks()]
    found.close()
    only = rehearse(house.database, Asked(read(OPENS), MONDAY, MONDAY + DAY, persons=[first]))
    only.close()

    assert walked == [(first, one, ("created", "plan")), (first, other, ("created", "plan"))]
    assert (found.figures.entered, found.figures.people, only.figures.entered) == (2, 1, 2)
