"""Who may come into a funnel, and come back."""

import pytest

from crm.people.persons import persons_of
from crm.settings.field_definitions import NewField, add_fields
from tests.workers.house import PERSON

ENTER = """
key: enter
name: Enter
nodes:
  - {{id: moved, type: trigger.stage_entered, config: {{plan: sales, stages: [offer], enrolment: {enrolment}{more}}}}}
  - {{id: wait, type: wait.duration, config: {{lasting: {{amount: 1, unit: hours}}}}}}
  - {{id: mark, type: task.create, config: {{name: Call, deadline: {{kind: days_in_stage, days: 1}}}}}}
edges:
  - {{from: moved, to: wait}}
  - {{from: wait, to: mark}}
"""


def enter(house, enrolment, more=""):
    house.publish(ENTER.format(enrolment=enrolment, more=more))
    return house.deal()


def come_in(house, deal_id):
    house.move(deal_id, "new")
    house.move(deal_id, "offer")
    house.drain()
    house.check()


@pytest.mark.parametrize(
    ("enrolment", "inside", "afterwards", "tasks"),
    [
        ("once", ["waiting"], ["completed"], 1),
        ("one_at_a_time", ["waiting"], ["completed", "waiting"], 2),
        ("restart", ["cancelled", "waiting"], ["cancelled", "completed", "waiting"], 2),
        ("parallel", ["waiting", "waiting"], ["completed", "completed", "waiting"], 3),
    ],
)
def test_who_comes_again_is_let_in_as_the_trigger_says(house, enrolment, inside, afterwards, tasks):
    deal_id = enter(house, enrolment)
    come_in(house, deal_id)

    come_in(house, deal_id)
    first = [state for state, _ in house.states()]
    house.clock.forward(hours=1)
    house.drain()
    come_in(house, deal_id)
    second = [state for state, _ in house.states()]
    house.clock.forward(hours=1)
    house.drain()

    assert (first, second) == (inside, afterwards)
    assert len(house.tasks()) == tasks


def test_a_refused_entry_says_why(house):
    deal_id = enter(house, "one_at_a_time")
    come_in(house, deal_id)

    come_in(house, deal_id)

    [refusal] = house.refusals()
    assert (refusal.code, refusal.reason["message"]) == ("enrolled", "it is in the funnel already")


def test_somebody_else_may_always_come(house):
    deal_id = enter(house, "once")
    other = house.deal()

    come_in(house, deal_id)
    come_in(house, other)

    assert [state for state, _ in house.states()] == ["waiting", "waiting"]


def test_two_deals_of_one_person_are_two_subjects(house):
    house.publish(ENTER.format(enrolment="once", more=""))
    with house.database.work() as work:
        [person_id] = persons_of(work, [()])
    deals = [house.deal(person_id=person_id) for _ in range(2)]

    for deal_id in deals:
        come_in(house, deal_id)

    assert {row.subject_id for row in house.runs()} == set(deals)


def test_a_cooldown_refuses_until_its_time_is_over(house):
    deal_id = enter(house, "one_at_a_time", ", cooldown: {amount: 2, unit: hours}")
    come_in(house, deal_id)
    house.clock.forward(hours=1)
    house.drain()
    come_in(house, deal_id)
    refused = [one.code for one in house.refusals()]

    house.clock.forward(hours=1)
    come_in(house, deal_id)

    assert refused == ["cooldown"]
    assert [state for state, _ in house.states()] == ["completed", "waiting"]


def test_a_cooldown_does_not_end_the_run_that_it_protects(house):
    deal_id = enter(house, "restart", ", cooldown: {amount: 2, unit: hours}")
    come_in(house, deal_id)

    come_in(house, deal_id)

    assert [state for state, _ in house.states()] == ["waiting"]
    assert [one.code for one in house.refusals()] == ["cooldown"]


@pytest.mark.parametrize("enrolment", ["one_at_a_time", "restart"])
def test_a_later_version_may_let_in_again_whom_an_earlier_one_let_in_once(house, enrolment):
    deal_id = enter(house, "once")
    come_in(house, deal_id)
    house.clock.forward(hours=1)
    house.drain()

    house.publish(ENTER.format(enrolment=enrolment, more=""))
    come_in(house, deal_id)

    assert [state for state, _ in house.states()] == ["completed", "waiting"]


TWO_TRIGGERS = """
key: two
name: Two ways in
nodes:
  - {{id: any, type: trigger.stage_entered, config: {{plan: sales, enrolment: {enrolment}}}}}
  - {{id: offer, type: trigger.stage_entered, config: {{plan: sales, stages: [offer], enrolment: {enrolment}}}}}
  - {{id: wait, type: wait.duration, config: {{lasting: {{amount: 1, unit: hours}}}}}}
edges:
  - {{from: any, to: wait}}
  - {{from: offer, to: wait}}
"""


@pytest.mark.parametrize("enrolment", ["once", "one_at_a_time", "restart", "parallel"])
def test_one_event_starts_one_run_of_a_funnel(house, enrolment):
    deal_id = house.deal()
    house.publish(TWO_TRIGGERS.format(enrolment=enrolment))

    house.move(deal_id, "offer")
    house.drain()

    assert [state for state, _ in house.states()] == ["waiting"]
    assert house.way() == ["any.next"]


RESTART = """
key: again
name: Interrupted and replaced by one event
nodes:
  - {id: moved, type: trigger.stage_entered, config: {plan: sales, enrolment: restart}}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 1, unit: hours}, interrupt_on: [deal.moved]}}
  - {id: mark, type: task.create, config: {name: Interrupted, deadline: {kind: days_in_stage, days: 1}}}
edges:
  - {from: moved, to: wait}
  - {from: wait, port: interrupted, to: mark}
"""


def test_a_run_that_is_replaced_by_the_event_it_waits_for_walks_no_more(house):
    house.publish(RESTART)
    deal_id = house.deal()
    house.drain()

    house.move(deal_id, "offer")
    house.drain()

    assert [state for state, _ in house.states()] == ["cancelled", "waiting"]
    assert house.tasks() == []


FILTERED = """
key: filtered
name: Only some
nodes:
  - id: created
    type: trigger.lead_created
    config: {sources: [ads]}
    condition: {op: all, of: [{op: not_empty, field: lead.email}, {op: is, field: lead.name, value: Ann}]}
edges: []
"""


@pytest.mark.parametrize(
    ("values", "code", "seen"),
    [
        ({"source": "site"}, "settings", "the source is site"),
        ({"source": "ads", "email": "a@example.com", "name": "Bob"}, "filter", ("lead.name", "Bob")),
        ({"source": "ads", "name": "Ann"}, "filter", ("lead.email", None)),
    ],
)
def test_a_refusal_names_the_first_thing_that_did_not_fit_and_what_was_seen(house, values, code, seen):
    house.publish(FILTERED)
    house.lead(**values)

    house.drain()

    [refusal] = house.refusals()
    first = refusal.reason.get("first")
    assert refusal.code == code
    assert (refusal.reason["message"] if first is None else tuple(first[2:4])) == seen
    assert house.runs() == []


def test_a_field_that_is_not_there_starts_nothing(house):
    with house.database.work() as work:
        add_fields(work, [NewField("lead", "City", "text", key="city")], by=PERSON)
    house.publish(FILTERED.replace("lead.email", "lead.field.city"))
    house.lead(source="ads", name="Ann")

    house.drain()

    assert [one.code for one in house.refusals()] == ["filter"]


WAS = """
key: was
name: What was before
nodes:
  - id: moved
    type: trigger.stage_entered
    config: {plan: sales}
    condition: {op: all, of: [{op: changed, field: deal.stage}, {op: was, field: deal.stage, value: offer}]}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 1, unit: hours}}}
  - {id: still, type: logic.condition, config: {condition: {op: was, field: deal.stage, value: offer}}}
  - {id: mark, type: crm.add_tags, config: {tags: [came from offer], on: deal}}
edges:
  - {from: moved, to: wait}
  - {from: wait, to: still}
  - {from: still, port: "yes", to: mark}
"""


def test_conditions_ask_what_the_event_changed_and_what_was_before(house):
    house.publish(WAS)
    deal_id = house.deal()
    house.move(deal_id, "offer")
    house.move(deal_id, "talks")

    house.drain()
    house.clock.forward(hours=1)
    house.drain()

    assert house.tags() == ["came from offer"]
    assert [one.code for one in house.refusals()] == ["filter", "filter"]
