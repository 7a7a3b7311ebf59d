"""Why did nothing happen?  Refusals, runs under way, and what watches at all."""

from sqlalchemy import select, update

from crm.directory import settings_changed
from crm.tables.records import deal, lead
from funnels.tables import funnel
from funnels.why import why

BIG = """
key: big
name: Only big ones
nodes:
  - id: moved
    type: trigger.stage_entered
    config: {plan: sales, stages: [offer]}
    condition: {op: greater, field: deal.amount, value: 3000000}
  - {id: wait, type: wait.duration, title: Let them think, config: {lasting: {amount: 1, unit: hours}}}
edges:
  - {from: moved, to: wait}
"""


def looked_at(house, deal_id):
    with house.database.reading() as work:
        row = work.rows(select(deal).where(deal.c.id == deal_id))[0]
        return why(work, "deal", deal_id, row.person_id, plan="sales", lead_id=row.lead_id)


def test_the_first_failing_condition_is_told_with_the_value_seen(house):
    house.publish(BIG)
    deal_id = house.deal(amount=2_740_000)
    house.move(deal_id, "offer")
    house.drain()

    [refused] = looked_at(house, deal_id).refused

    assert (refused.funnel.name, refused.code, refused.kind) == ("Only big ones", "filter", "deal.moved")
    assert str(refused.first.text) == "deal.amount is 2740000, needs more than 3000000"


def test_the_same_refusal_is_told_once_with_its_number(house):
    house.publish(BIG)
    deal_id = house.deal(amount=1)
    for stage in ("offer", "new", "offer"):
        house.move(deal_id, stage)
        house.drain()

    [refused] = looked_at(house, deal_id).refused

    assert refused.times == 2


def test_a_run_says_where_it_stands_and_until_when(house):
    house.publish(BIG)
    deal_id = house.deal(amount=9_000_000)
    house.move(deal_id, "offer")
    house.drain()

    found = looked_at(house, deal_id)
    [inside] = found.inside
    house.clock.forward(hours=1)
    house.drain()
    [ended] = looked_at(house, deal_id).ended

    assert (inside.nodes, inside.is_parked) == (("Let them think",), False)
    assert (inside.until - inside.since).total_seconds() == 3600
    assert (ended.run_id, ended.is_cancelled) == (inside.run_id, False)
    assert found.refused == ()


def test_who_is_in_already_is_told_so(house):
    house.publish(BIG)
    deal_id = house.deal(amount=9_000_000)
    for stage in ("offer", "new", "offer"):
        house.move(deal_id, stage)
        house.drain()

    [refused] = looked_at(house, deal_id).refused

    assert (refused.code, str(refused.message)) == ("enrolled", "it is in the funnel already")


def test_what_a_trigger_names_is_told_by_its_name(house):
    house.publish("""
key: ads
name: Ads
nodes:
  - {id: new, type: trigger.lead_created, config: {sources: [ads]}}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
edges:
  - {from: new, to: wait}
""")
    lead_id = house.lead()
    house.drain()
    with house.database.reading() as work:
        person_id = work.scalar(select(lead.c.person_id))
        [refused] = why(work, "lead", lead_id, person_id).refused

    assert str(refused.message) == "the source is empty"


def test_what_happens_to_another_deal_of_the_person_is_not_told(house):
    house.publish(BIG)
    first = house.deal(amount=1)
    person_id = house.rows(select(deal.c.person_id))[0].person_id
    second = house.deal(amount=2, person_id=person_id)
    house.move(second, "offer")
    house.drain()

    assert looked_at(house, first).refused == ()
    assert len(looked_at(house, second).refused) == 1


def test_nothing_watches(house):
    deal_id = house.deal()

    found = looked_at(house, deal_id)

    assert (found.watching, found.idle, found.unseen) == ((), (), 0)


def test_events_that_nobody_has_looked_at_are_counted(house):
    house.publish(BIG)
    deal_id = house.deal()
    house.move(deal_id, "offer")

    found = looked_at(house, deal_id)
    house.drain()

    assert found.unseen == 2
    assert found.unseen_since is not None
    assert [one.name for one in found.watching] == ["Only big ones"]


def test_a_funnel_that_is_switched_off_is_named(house):
    house.publish(BIG)
    deal_id = house.deal()
    with house.database.work() as work:
        work.execute(update(funnel).values(state="paused"))
        settings_changed(work)

    found = looked_at(house, deal_id)

    assert [one.name for one in found.idle] == ["Only big ones"]
    assert found.watching == ()


def test_it_costs_the_same_whatever_happened(house):
    house.publish(BIG)
    quiet, busy = house.deal(amount=1), house.deal(amount=1)
    for _ in range(8):
        for stage in ("offer", "new"):
            house.move(busy, stage)
            house.drain()
    looked_at(house, quiet)
    costs = []
    for deal_id in (quiet, busy):
        with house.database.reading() as work:
            person_id = work.scalar(select(deal.c.person_id).where(deal.c.id == deal_id))
            before = work.statements
            why(work, "deal", deal_id, person_id, plan="sales")
            costs.append(work.statements - before)

    assert abs(costs[0] - costs[1]) <= 1  # titles are read where there is something to name
    assert max(costs) <= 8
