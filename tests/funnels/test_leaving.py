"""When those leave who are at a node."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from funnels import states
from funnels.live.flow import flow
from funnels.live.leaving import DAYS, leaving
from funnels.refusals import refused_lately
from tests.funnels.lived import ADS, SYSTEM, cost, live, read

KYIV = ZoneInfo("Europe/Kyiv")


def leave(house, node="answer", **more):
    return read(house, leaving, "ads", node, zone=KYIV, **more)


def come(house, number, **later):
    house.clock.forward(**later)
    house.leads(number, source="ads")
    house.drain()


def test_who_leaves_on_which_day_and_when_most_of_them(house):
    live(house, paid=0)
    come(house, 5, minutes=1)
    come(house, 2, minutes=2)
    come(house, 2, hours=3)
    come(house, 1, days=1)
    found = leave(house)

    assert [(one.day, one.count) for one in found.days] == [(date(2026, 3, 5), 9), (date(2026, 3, 6), 1)]
    rush = found.days[0].rush
    assert (rush.since, rush.count) == (datetime(2026, 3, 5, 9, tzinfo=UTC), 7)
    assert (rush.until - rush.since).total_seconds() == 300
    assert found.days[1].rush is None
    assert (found.inside, found.now, found.later, found.open, found.parked) == (10, 0, 0, 0, 0)


def test_those_who_stand_still_leave_at_no_moment(house):
    found = leave(live(house), "tag")

    assert (found.inside, found.parked, found.days) == (2, 2, ())


def test_who_is_due_and_who_leaves_after_the_last_day_are_counted_too(house):
    house.publish(ADS.replace("amount: 3", "amount: 9"))
    for _ in range(8):
        come(house, 1, days=1)
    house.clock.forward(days=2, hours=1)
    found = leave(house)

    assert (found.inside, found.now, len(found.days), found.later) == (8, 1, DAYS, 2)
    assert [one.day.day for one in found.days] == [13, 14, 15, 16, 17]


def test_who_waits_for_something_to_happen_has_no_moment(house):
    house.publish("""
key: ads
name: Until then
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: answer, type: wait.event, config: {events: [{port: spoke, event: comment.added}]}}
edges:
  - {from: created, to: answer}
""")
    house.leads(4)
    house.drain()
    found = leave(house)

    assert (found.inside, found.open, found.days, found.now) == (4, 4, (), 0)


def test_nobody_leaves_a_paused_funnel(house):
    live(house)
    before = leave(house)
    with house.database.work() as work:
        states.pause(work, ["ads"], by=SYSTEM)
    found = leave(house)

    assert (found.is_held, found.days, found.inside) == (True, before.days, 4)


def test_a_cut_says_what_is_not_known(house):
    live(house, paid=1, free=0)
    come(house, 1, hours=1)
    come(house, 1, hours=1)
    found = leave(house, ceiling=2)

    short = leave(house, reach=2)

    assert (found.are_cut, found.inside, found.days[0].count, found.later, found.open) == (True, 3, 2, 1, 0)
    assert (short.are_cut, short.inside, short.days[0].count, short.later, short.open) == (True, 3, 2, 1, 0)
    assert not leave(house).are_cut


@pytest.mark.parametrize("node", ["created", "nowhere"])
def test_where_nobody_is_nobody_leaves(house, node):
    found = leave(live(house), node)

    assert (found.inside, found.now, found.days, found.later, found.open) == (0, 0, (), 0, 0)


def test_leaving_costs_the_same_for_many(house):
    few = cost(live(house), leaving, "ads", "answer", zone=KYIV)
    come(house, 200, minutes=7)

    assert cost(house, leaving, "ads", "answer", zone=KYIV) == few <= 5


def test_triggers_say_how_many_they_refused_in_a_week(house):
    live(house, refused=5)
    funnel_id = house.runs()[0].funnel_id
    assert read(house, flow, "ads").refused == {**dict.fromkeys(read(house, flow, "ads").nodes, 0), "created": 5}

    house.clock.forward(days=8)
    with house.database.reading() as work:
        assert refused_lately(work, funnel_id) == {}
