"""A world of its own: the engine that works for real, a clock that jumps, an outside that is made up."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.leads.recording import NewLead, record_leads
from crm.people.persons import persons_of
from crm.tables.records import lead
from funnels.errors import NotPublishableError
from funnels.reading import read
from tests.workers.house import MONDAY, PERSON, furnish
from tests.workers.test_main_job import MAIN
from tests.workers.test_wait_events import WAIT
from workers.rehearsal import Verdict, World, unkind

MAIL = """
key: mail
name: Mail
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: mail, type: message.send_email, config: {subject: Hello, text: "{lead.title}", wait: true}}
  - {id: ask, type: action.http_request, config: {address: "https://example.com/x", wait: true}}
edges:
  - {from: created, to: mail}
  - {from: mail, to: ask}
"""
DAYS = """
key: days
name: Days
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: wait, type: wait.duration, config: {lasting: {amount: 2, unit: days}}}
edges:
  - {from: created, to: wait}
"""


@pytest.fixture
def world():
    with World(MONDAY) as made:
        with made.work() as work:
            furnish(work)
        yield made


def leads(number, **values):
    return lambda work: record_leads(work, [NewLead(f"Lead {one}", **values) for one in range(number)], by=PERSON)


def test_a_lead_goes_through_a_funnel(world):
    world.publish(read(MAIN))

    world.happen(leads(3, source="ads"))
    world.run(MONDAY + timedelta(hours=1))

    assert [walk.nodes for walk in world.walks()] == [("created", "wanted", "plan", "call", "mark", "done")] * 3
    assert [walk.outcome for walk in world.walks()] == ["success"] * 3
    assert [(deal.plan, deal.stage, deal.owner) for deal in world.deals()] == [
        ("sales", "new", "ann"),
        ("sales", "new", "bob"),
        ("sales", "new", "ann"),
    ]
    assert [(task.responsible, task.due_at) for task in world.tasks()] == [
        ("ann", MONDAY + timedelta(days=1)),
        ("bob", MONDAY + timedelta(days=1)),
        ("ann", MONDAY + timedelta(days=1)),
    ]
    assert world.now == MONDAY + timedelta(hours=1)


def test_the_clock_jumps_to_the_moment_of_each(world):
    world.publish(read(DAYS))

    world.happen(leads(1))
    world.happen(leads(1), at=MONDAY + timedelta(hours=5))
    world.run(MONDAY + timedelta(days=2, hours=1))

    [first, second] = world.walks()
    assert [one.at for one in first.passed] == [MONDAY, MONDAY + timedelta(days=2)]
    assert (second.started_at, second.state) == (MONDAY + timedelta(hours=5), "waiting")
    assert [(one.node, one.due_at) for one in second.rests] == [("wait", MONDAY + timedelta(days=2, hours=5))]
    assert world.next_moment() == MONDAY + timedelta(days=2, hours=5)


def test_one_step_is_the_next_event_or_the_next_timer(world):
    world.publish(read(DAYS))
    world.happen(leads(1), at=MONDAY + timedelta(hours=5))

    seen = []
    while world.step():
        seen.append(world.now)

    assert seen == [MONDAY + timedelta(hours=5), MONDAY + timedelta(days=2, hours=5)]


def test_what_happens_at_one_moment_happens_in_the_order_in_which_it_was_told(world):
    later = MONDAY + timedelta(minutes=10)
    for title in ("first", "second"):
        world.happen(lambda work, title=title: record_leads(work, [NewLead(title)], by=PERSON), at=later)
    world.publish(read(DAYS))

    world.run(later)

    with world.work() as work:
        assert work.rows(select(lead.c.title).order_by(lead.c.id)) == [("first",), ("second",)]


def test_an_event_ends_a_wait(world):
    world.publish(read(WAIT))
    world.happen(lambda work: open_deals(work, [NewDeal(persons_of(work, [()])[0], "sales")], by=PERSON))
    world.settle()
    [deal] = world.deals()
    world.happen(lambda work: move_deals(work, [Move(deal.id, "offer")], by=PERSON), at=MONDAY + timedelta(hours=1))
    world.run(MONDAY + timedelta(hours=3))

    [walk] = world.walks()
    assert walk.nodes == ("opened", "wait", "moved")
    assert walk.passed[1].port == "moved"


def test_messages_arrive_and_requests_are_answered_without_leaving(world):
    world.publish(read(MAIL))

    world.happen(leads(1, email="ann@example.com"))
    world.run(MONDAY)

    [walk] = world.walks()
    assert [(one.node, one.port) for one in walk.passed] == [("created", "next"), ("mail", "next"), ("ask", "ok")]
    assert [(one.channel, one.state, one.node) for one in world.messages()] == [
        ("email", "sent", "mail"),
        ("http", "sent", "ask"),
    ]


@pytest.mark.parametrize(
    ("outside", "ports"),
    [
        (unkind, ["next"]),
        (lambda sending: Verdict("failed", 404) if sending.channel == "http" else Verdict(), ["next", "next", "error"]),
    ],
)
def test_the_outside_may_be_unkind(world, outside, ports):
    world.outside = outside
    world.publish(read(MAIL))

    world.happen(leads(1, email="ann@example.com"))
    world.run(MONDAY)

    [walk] = world.walks()
    assert [one.port for one in walk.passed] == ports
    assert (walk.state, (walk.error or {}).get("code")) == (
        ("parked", "not_sent") if outside is unkind else ("ended", None)
    )


def test_close_moments_go_together_but_never_over_a_full_grain(world):
    world.grain = timedelta(minutes=15)
    world.publish(read(DAYS))
    for minute in (1, 7, 14, 16, 29):
        world.happen(leads(1), at=MONDAY + timedelta(minutes=minute))

    world.run(MONDAY + timedelta(hours=1))

    started = [(walk.started_at - MONDAY) // timedelta(minutes=1) for walk in world.walks()]
    assert started == [14, 14, 14, 29, 29]


def test_worlds_know_nothing_of_each_other(world):
    world.publish(read(MAIN))
    world.happen(leads(1, source="ads"))
    world.settle()

    with World(MONDAY) as other:
        with other.work() as work:
            furnish(work)
        assert (other.walks(), other.deals()) == ((), ())


def test_a_draft_with_errors_is_refused(world):
    with pytest.raises(NotPublishableError):
        world.publish(read(MAIN.replace("plan: sales", "plan: gone")))
