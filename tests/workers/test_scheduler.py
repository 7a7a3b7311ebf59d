"""Several schedulers: one leads, another takes over, and what both do for a moment is done once in effect."""

from datetime import timedelta

from db.lease import LASTING, release
from funnels.vitals import SCHEDULER_LEASE
from workers.scheduler import RENEWED_EVERY, Scheduler


def test_whoever_is_killed_is_followed_within_five_seconds():
    assert timedelta(seconds=5) >= LASTING + 2 * RENEWED_EVERY
    assert LASTING >= 3 * RENEWED_EVERY  # a renewal that is late once loses nothing


def test_one_leads_and_hands_over_when_it_ends(house):
    pokes = []
    first, second = (Scheduler(house.database, lambda name=name: pokes.append(name)) for name in ("first", "second"))

    first._renew()
    second._renew()
    led = first.leads, second.leads
    release(house.database, SCHEDULER_LEASE, first._me)
    second._renew()
    first._renew()

    assert led == (True, False)
    assert (first.leads, second.leads, pokes) == (False, True, ["first", "second"])


def test_a_leader_that_slept_past_its_lease_leads_no_more(house):
    first, second = Scheduler(house.database, list), Scheduler(house.database, list)
    first._renew()
    house.clock.forward(seconds=10)

    second._renew()
    first._renew()

    assert (first.leads, second.leads) == (False, True)


def test_ticks_of_two_that_both_think_they_lead_change_nothing_twice(house):
    house.publish(WAITS)
    house.leads(3)
    house.drain()
    first, second = Scheduler(house.database, list), Scheduler(house.database, list)
    first._leads = second._leads = True

    for one in (first, second, first):
        one._sweep()
        one._fold()
        one._forget()

    house.check()


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
