"""The circuit breaker: a funnel that crosses a limit is paused with everybody in place, and its owner is told."""

from sqlalchemy import func, select

from crm.access.actor import SYSTEM, Actor, ActorKind, Viewer
from crm.directory import directory
from crm.tables.journal import inbox
from crm.tables.records import lead
from crm.today.notifications import told
from funnels import states
from funnels.breaking import tripped
from funnels.publication.choices_for_people import read_choices
from funnels.publication.publishing import publish_as_planned, save_draft
from funnels.reading import read
from funnels.starting import Start, start_by_hand
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


CALLS = """
key: calls
name: Calls
limits: {same_effect: {times: 2, within_hours: 24}}
nodes:
  - {id: created, type: trigger.manual_start, config: {label: go, enrolment: parallel}}
  - {id: call, type: task.create, title: Call them, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}}
  - {id: tag, type: crm.add_tags, config: {tags: [called]}}
  - {id: day, type: wait.duration, config: {lasting: {amount: 30, unit: days}}}
edges:
  - {from: created, to: call}
  - {from: call, to: tag}
  - {from: tag, to: day}
"""


def go(house, *records):
    rows = house.rows(select(lead.c.id, lead.c.person_id).order_by(lead.c.id))
    with house.database.work() as work:
        start_by_hand(work, "calls", [Start("lead", *rows[one]) for one in records], button="go", by=SYSTEM)
    house.drain()


def reason(house):
    with house.database.reading() as work:
        row = work.rows(select(funnel).where(funnel.c.key == "calls"))[0]
        found = tripped(row, directory(work))
    return (found.why, found.told) if found is not None else None


def test_the_same_to_one_person_too_often_pauses_it(house):
    watch(house.database)
    house.leads(2)
    house.drain()
    with house.database.reading() as work:
        ann = directory(work).user("ann")
    publish(house, CALLS, by=Actor(ActorKind.USER, ann.id, SYSTEM.rights))
    go(house, 0, 1)
    house.clock.forward(hours=2)
    go(house, 0)
    assert state(house) == ["published"]
    house.clock.forward(hours=2)
    go(house, 1)
    assert state(house) == ["published"]
    go(house, 0)

    assert (state(house), counted(house)) == (["paused"], {"waiting": 5})
    why, told_to = reason(house)
    assert why == "“Call them” reached one person 3 times within 24 hours, and no more than 2 are allowed"
    assert told_to == (ann.name,)


def test_what_is_long_ago_and_what_was_before_it_went_on_does_not_count(house):
    watch(house.database)
    house.leads(1)
    house.drain()
    publish(house, CALLS)
    for hours in (0, 1, 24, 1):
        house.clock.forward(hours=hours)
        go(house, 0)
    assert state(house) == ["published"]
    go(house, 0)
    assert state(house) == ["paused"]
    house.clock.forward(minutes=1)
    house.act(states.resume, "calls", by=SYSTEM)
    assert reason(house) is None
    go(house, 0)
    go(house, 0)
    assert state(house) == ["published"]
    go(house, 0)

    assert state(house) == ["paused"]


def test_blocks_that_reach_nobody_may_be_passed_as_often_as_they_like(house):
    watch(house.database)
    house.leads(1)
    house.drain()
    task = "type: task.create, title: Call them, config: {name: Call, deadline: {kind: days_in_stage, days: 1}}"
    assert task in CALLS
    publish(house, CALLS.replace(task, "type: crm.remove_tags, config: {tags: [cold]}"))
    for _ in range(4):
        go(house, 0)

    assert state(house) == ["published"]


def test_looking_at_a_limited_funnel_costs_the_same_for_any_batch(house):
    watch(house.database)
    house.leads(40)
    house.drain()
    publish(house, CALLS)
    asked = []
    reading = house.database.reading

    def counting():
        asked.append(1)
        return reading()

    costs = []
    for records in ((0,), range(1, 31)):
        asked.clear()
        house.database.reading = counting
        try:
            go(house, *records)
        finally:
            del house.database.reading
        costs.append(len(asked))

    assert costs[0] == costs[1]
