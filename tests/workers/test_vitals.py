"""The vital signs of a company at work."""

from datetime import timedelta

from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.settings.stage_rules import NewStage
from crm.settings.stages import add_stage, remove_stage
from db.processes import Me, beat
from funnels.node_totals import fold_node_totals
from funnels.tables import node_total
from funnels.vitals import FunnelRuns, vitals
from tests.workers.test_parked import MOVES

WAITS = """
key: waits
name: Waits
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: breath, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: done, type: logic.exit, config: {outcome: success}}
edges:
  - {from: created, to: breath}
  - {from: breath, to: done}
"""


def look(house):
    with house.database.reading() as work:
        return vitals(work)


def test_what_waits_and_how_late_it_is(house):
    house.publish(WAITS)
    house.leads(3)
    house.clock.forward(seconds=30)
    before = look(house)

    house.drain()
    house.clock.forward(hours=1, seconds=20)
    late = look(house)
    house.drain()
    after = look(house)

    assert (before.events, before.events_late) == (3, timedelta(seconds=30))
    assert (late.events, late.timers_late, late.funnels) == (0, timedelta(seconds=20), (FunnelRuns("waits", 3, 0, 0),))
    assert late.funnels[0].waiting == 3
    assert (after.timers_late, after.funnels) == (timedelta(0), (FunnelRuns("waits", 3, 3, 0),))


def test_parked_runs_and_what_blocks_failed_are_counted(house):
    with house.database.work() as work:
        add_stage(work, "sales", NewStage("Demo"), by=SYSTEM)
    house.publish(MOVES)
    house.deal()
    house.drain()
    with house.database.work() as work:
        remove_stage(work, "sales", "demo", by=SYSTEM)
    house.clock.forward(hours=1)
    house.drain()

    [seen] = look(house).funnels
    counts = house.database.counts.now()

    assert (seen.key, seen.parked, seen.waiting) == ("moves", 1, 0)
    assert (counts["failures:crm.change_stage"], counts["steps"]) == (1, 2)


def test_processes_are_alive_until_they_fall_silent(house):
    beat(house.database, Me("worker", "1.0"))
    seen = look(house)
    house.clock.forward(seconds=60)
    later = look(house)

    assert (seen.alive("worker"), later.alive("worker")) == (1, 0)
    assert later.processes[0].silent == timedelta(seconds=60)


def test_nobody_has_led_until_a_scheduler_does(house):
    from db.lease import LASTING, hold
    from funnels.vitals import SCHEDULER_LEASE

    never = look(house)
    hold(house.database, SCHEDULER_LEASE, "a")
    leads = look(house)
    house.clock.forward(seconds=40)
    gone = look(house)

    assert (never.led_ago, leads.led_ago) == (None, timedelta(0))
    assert gone.led_ago == timedelta(seconds=40) - LASTING


def test_counts_of_nodes_are_folded_and_stay_the_same(house):
    house.publish(WAITS)
    for _ in range(3):
        house.leads(2)
        house.drain()

    def sums():
        with house.database.reading() as work:
            columns = (node_total.c.entered, node_total.c.left, node_total.c.failed)
            query = select(node_total.c.node, *map(func.sum, columns)).group_by(node_total.c.node)
            return sorted(map(tuple, work.rows(query))), work.scalar(select(func.count()).select_from(node_total))

    before, many = sums()
    with house.database.work() as work:
        since = fold_node_totals(work, since=None)
    with house.database.work() as work:
        fold_node_totals(work, since=since)
    after, few = sums()

    assert (after, few) == (before, len(before))
    assert few < many


def test_a_look_costs_the_same_however_much_there_is(house):
    house.publish(WAITS)

    def cost():
        with house.database.reading() as work:
            vitals(work)
            return work.statements

    few = cost()
    house.leads(50)
    house.drain()

    assert cost() == few
