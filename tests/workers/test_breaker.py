"""The circuit breaker: a funnel that crosses a limit is paused with everybody in place, and its owner is told."""

from sqlalchemy import func, select

from crm.access.actor import SYSTEM, Actor, ActorKind, Viewer
from crm.directory import directory
from crm.tables.journal import inbox
from crm.today.notifications import told
from funnels import states
from funnels.publication.choices_for_people import read_choices
from funnels.publication.publishing import publish_as_planned, save_draft
from funnels.reading import read
from funnels.tables import MAX_ATTEMPTS, funnel
from workers.batch import run_batch
from workers.breaker import Tick, watch

FAILING = """
key: failing
name: Failing
limits: {failures: {percent: 50, of_last: 10}}
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: fails, type: crm.add_tags, config: {tags: [never], on: deal}}
edges:
  - {from: created, to: fails}
"""
LATER = FAILING.replace("{from: created, to: fails}", "{from: created, to: hour}\n  - {from: hour, to: fails}").replace(
    "edges:", "  - {id: hour, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}\nedges:"
)
WORKING = LATER.replace(", on: deal", "")
BUSY = """
key: busy
name: Busy
limits: {effects_per_hour: 10}
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: tag, type: crm.add_tags, config: {tags: [seen]}}
edges:
  - {from: created, to: tag}
"""


def state(house):
    return [row.state for row in house.rows(select(funnel.c.state).order_by(funnel.c.key))]


def counted(house):
    """How many runs are in each state."""
    found = [status for status, _ in house.states()]
    return {status: found.count(status) for status in sorted(set(found))}


def publish(house, text, *choices, by=SYSTEM):
    with house.database.work() as work:
        save_draft(work, read(text), by=SYSTEM)
        publish_as_planned(work, read(text).key, read_choices(choices), by=by)


def notes(house, login):
    with house.database.reading() as work:
        return [(one.kind, one.words) for one in told(work, viewer=Viewer(directory(work).user(login).id))]


def set_aside(house):
    return house.rows(select(func.count()).select_from(inbox).where(inbox.c.attempts >= MAX_ATTEMPTS))[0][0]


def test_a_funnel_whose_block_always_fails_is_paused_after_a_batch(house):
    watch(house.database)
    publish(house, FAILING)
    house.leads(200)

    house.drain(limit=20)

    assert state(house) == ["paused"]
    assert counted(house) == {"parked": 20}
    assert [row.code for row in house.refusals()] == ["paused"] * 180
    assert set_aside(house) == 0


def test_everybody_inside_stays_in_place_and_goes_on_when_it_is_mended(house):
    watch(house.database)
    publish(house, LATER)
    house.leads(200)
    house.drain()
    house.clock.forward(hours=1)

    house.drain(limit=20)

    assert (state(house), counted(house)) == (["paused"], {"parked": 20, "waiting": 180})
    assert sorted(house.at()) == ["fails"] * 20 + ["hour"] * 180
    publish(house, WORKING, "hour=follow", "fails=follow")
    house.act(states.resume, "failing", by=SYSTEM)
    house.drain(limit=20)
    assert (state(house), counted(house)) == (["published"], {"completed": 180, "parked": 20})


def test_whoever_published_it_is_told_why(house):
    watch(house.database)
    with house.database.reading() as work:
        ann = directory(work).user("ann")
    publish(house, FAILING, by=Actor(ActorKind.USER, ann.id, SYSTEM.rights))
    house.leads(20)

    house.drain(limit=10)

    why = "10 of the last 10 runs failed, and 50 % is the limit"
    words = f"The funnel “Failing” was paused: {why}. Everybody inside stays in place."
    assert (notes(house, "ann"), notes(house, "boss")) == ([("system", words)], [])
    said = [data["action"] for _, data in house.events("config.changed") if data["what"] == "funnel"]
    assert said == ["published", "paused", "tripped"]


def test_where_nobody_published_it_all_who_may_are_told(house):
    watch(house.database)
    publish(house, FAILING)
    house.leads(10)
    house.drain(limit=10)

    with house.database.reading() as work:
        able = [one.login for one in directory(work).users.values() if "funnels.publish" in one.rights]
    assert all(len(notes(house, login)) == 1 for login in able)
    assert notes(house, "ann") == []


def test_it_begins_anew_when_somebody_resumes_it(house):
    watch(house.database)
    publish(house, FAILING)
    house.leads(10)
    house.drain(limit=10)

    house.act(states.resume, "failing", by=SYSTEM)
    house.leads(9)
    house.drain(limit=10)
    assert state(house) == ["published"]
    house.leads(1)
    house.drain(limit=10)

    assert state(house) == ["paused"]


def test_a_funnel_without_the_limit_goes_on(house):
    watch(house.database)
    publish(house, FAILING.replace("{failures: {percent: 50, of_last: 10}}", "{failures: null}"))
    house.leads(150)

    house.drain(limit=50)

    assert (state(house), counted(house)) == (["published"], {"parked": 150})


def test_the_usual_limit_is_half_of_the_last_hundred(house):
    watch(house.database)
    publish(house, FAILING.replace("limits: {failures: {percent: 50, of_last: 10}}\n", ""))
    house.leads(150)

    house.drain(limit=50)

    assert (state(house), counted(house)) == (["paused"], {"parked": 100})


def test_too_many_effects_in_an_hour_pause_it(house):
    watch(house.database)
    publish(house, BUSY)
    house.leads(8)
    house.drain()
    house.clock.forward(hours=1)
    house.leads(10)
    house.drain()
    assert state(house) == ["published"]
    house.leads(1)
    house.drain()

    assert state(house) == ["paused"]


def test_the_scheduler_sees_what_several_processes_did_together(house):
    tick = Tick(house.database)
    publish(house, FAILING)
    house.leads(5)
    house.drain()
    assert tick.look() == 0  # what was there before does not count
    house.leads(9)
    house.drain()
    assert tick.look() == 0
    house.clock.forward(hours=3)
    house.leads(1)
    house.drain()

    assert tick.look() == 1
    assert (state(house), tick.look()) == (["paused"], 0)


def test_a_batch_costs_no_statement_more(house):
    publish(house, FAILING.replace(", on: deal", ""))
    costs = []
    for is_watched in (False, False, True):
        if is_watched:
            watch(house.database)
        house.leads(30)
        costs.append(run_batch(house.database).statements)

    assert costs[1] == costs[2]
