from sqlalchemy import update

from crm.access.actor import SYSTEM
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from funnels.refers import FunnelReferences
from funnels.tables import funnel

DOCUMENT = """
key: feeder
name: Feeder
nodes:
  - {id: created, type: trigger.lead_created, condition: {field: lead.field.budget, op: not_empty}}
  - {id: open, type: crm.add_to_plan, config: {plan: PLAN}}
  - {id: mark, type: crm.add_tags, config: {tags: [hot]}}
  - {id: unfinished, type: crm.add_to_plan, config: {}}
edges:
  - {from: created, to: open}
  - {from: open, to: mark}
"""


def kept(house, plan="retail"):
    with house.database.work() as work:
        save_draft(work, read(DOCUMENT.replace("PLAN", plan)), by=SYSTEM)


def places(house, kind, key, **more):
    with house.database.reading() as work:
        return [str(one) for one in FunnelReferences(work)(kind, key, **more)]


def test_drafts_name_plans_tags_and_fields(house):
    kept(house)

    assert places(house, "plan", "retail") == ["funnel “Feeder”, block “open”"]
    assert places(house, "tag", "hot") == ["funnel “Feeder”, block “mark”"]
    assert places(house, "field", "lead.field.budget") == ["funnel “Feeder”, block “created”"]
    assert places(house, "plan", "other") == []


def test_what_is_published_counts_beside_a_newer_draft(house):
    text = DOCUMENT.replace("condition: {field: lead.field.budget, op: not_empty}", "config: {}")
    text = text.replace("  - {id: unfinished, type: crm.add_to_plan, config: {}}\n", "").replace(
        "PLAN", house_plan(house)
    )
    with house.database.work() as work:
        save_draft(work, read(text), by=SYSTEM)
        publish(work, "feeder", by=SYSTEM)
    kept(house, "elsewhere")

    assert places(house, "plan", house_plan(house)) == ["funnel “Feeder”, block “open”"]
    assert places(house, "plan", "elsewhere") == ["funnel “Feeder”, block “open”"]


def test_an_archived_funnel_needs_nothing(house):
    kept(house)
    with house.database.work() as work:
        work.execute(update(funnel).where(funnel.c.key == "feeder").values(state="archived"))

    assert places(house, "plan", "retail") == []


def house_plan(house):
    from crm.directory import directory

    with house.database.reading() as work:
        return next(iter(directory(work).plan_keys))
