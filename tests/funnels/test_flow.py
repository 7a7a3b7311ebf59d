"""How those went who entered in a period, against every row counted one by one."""

import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from crm.access.actor import SYSTEM
from crm.errors import NotFoundError
from funnels.live import cohort as cohorts
from funnels.live.cohort import CHOSEN, Period, cohort, period_of
from funnels.live.flow import flow
from funnels.live.inside import inside
from funnels.repair import cancel
from funnels.tables import FORGOTTEN, run, step, token
from tests.funnels.lived import ADS, cost, live, read
from tests.workers.house import MONDAY

KYIV = ZoneInfo("Europe/Kyiv")
HOURS = (1, 4, 4, 30, 70)


def lived(house):
    """Three days in which leads came, answered after some hours, gave up, or were taken out by hand."""
    house.publish(ADS)
    drawn = random.Random(7)
    for _ in range(3):
        house.leads(14, source="ads")
        house.leads(4, source="site")
        house.drain()
        for hours in HOURS[:3]:
            house.clock.forward(hours=hours)
            waiting = [row.person_id for row in house.runs() if row.status == 1]
            for person_id in drawn.sample(waiting, 2):
                house.tell("comment.added", person_id)
            house.drain()
        waiting = [row.id for row in house.runs() if row.status == 1]
        with house.database.work() as work:
            cancel(work, waiting[:1], by=SYSTEM)
        house.clock.forward(hours=15)
        house.drain()
    house.clock.forward(hours=40)
    house.drain()
    return house


def days(first=None, last=None):
    return period_of(CHOSEN, MONDAY, KYIV, first, last)


PERIODS = {
    "all": Period(),
    "first day": days(date(2026, 3, 2), date(2026, 3, 2)),
    "two days": days(date(2026, 3, 3), date(2026, 3, 4)),
    "from": days(date(2026, 3, 4)),
    "until": days(last=date(2026, 3, 3)),
    "nobody": days(date(2025, 3, 2), date(2025, 3, 2)),
}


def counted(house, key, period, exits):
    """The same by looking at one run after the other."""
    [entered, left, parked], came, edges, inside, times = [0, 0, 0], Counter(), Counter(), Counter(), defaultdict(list)
    for row in house.runs(key):
        if not (period.since or row.started_at) <= row.started_at < (period.until or house.clock.now + timedelta(1)):
            continue
        entered, left, parked = entered + 1, left + (row.status >= 10), parked + (row.status == 2)
        numbers = {number: name for name, number in house.numbers.items()}
        place = since = None
        for one in house.rows(select(step).where(step.c.run_id == row.id).order_by(step.c.fence)):
            for number, port in (part.split(":") for part in one.path.split()):
                name = numbers[int(number)]
                if place == name:
                    times[name].append(one.at - since)
                elif place is not None:
                    pytest.fail(f"from {place} to {name}")
                came[name] += place is None
                edges[name, port] += 1
                place, since = exits.get((name, port)), one.at
                came[place] += place is not None
        for one in house.rows(select(token).where(token.c.run_id == row.id)):
            assert numbers[one.node] == place
            inside[place] += 1
    return (
        (entered, entered - left, left, parked),
        came,
        edges,
        inside,
        {at: median(all_) for at, all_ in times.items()},
    )


EXITS = {
    ("created", "next"): "paid",
    ("paid", "yes"): "plan",
    ("paid", "no"): "tag",
    ("plan", "next"): "answer",
    ("tag", "next"): "answer",
    ("answer", "spoke"): "thanks",
}


def numbers_of(house):
    from funnels.tables import funnel_version

    return house.rows(select(funnel_version.c.numbers))[0].numbers


@pytest.mark.parametrize("name", PERIODS)
def test_figures_are_those_of_every_row_counted(house, name):
    period = PERIODS[name]
    lived(house)
    house.numbers = numbers_of(house)
    found = read(house, flow, "ads", period=period)
    sums, came, edges, inside, times = counted(house, "ads", period, EXITS)

    assert (found.entered, found.inside, found.left, found.parked) == sums
    assert (sums[0] == 0) == (name == "nobody")
    assert {at: one.came for at, one in found.nodes.items() if one.came} == +came
    assert {at: one.inside for at, one in found.nodes.items() if one.inside} == +inside
    assert {way: one.taken for way, one in found.edges.items() if one.taken} == {
        way: count for way, count in edges.items() if way in EXITS
    }
    assert {at: one.time for at, one in found.nodes.items() if one.time is not None} == times
    assert (found.looked_at, found.everybody, found.is_cut) == (sums[0], sums[0], False)


@pytest.mark.parametrize("name", PERIODS)
def test_what_comes_in_goes_on_stays_or_ends(house, name):
    found = read(lived(house), flow, "ads", period=PERIODS[name])
    into, out = Counter(), Counter()
    for (source, port), edge in found.edges.items():
        into[EXITS[source, port]] += edge.taken
        out[source] += edge.taken

    assert found.entered == found.inside + found.left == found.nodes["created"].came
    for at, node in found.nodes.items():
        assert node.came == node.inside + node.left == out[at] + node.inside + node.dropped, at
        assert at == "created" or node.came == into[at], at


def test_who_was_taken_away_or_answered_by_a_port_that_leads_nowhere_dropped_out_there(house):
    lived(house)
    found = read(house, flow, "ads").nodes
    over = Counter(row.outcome for row in house.runs())

    assert found["answer"].dropped == over["cancelled"] + over["end:timeout"] > over["cancelled"] == 3
    assert found["thanks"].dropped == over["end:next"] > 0
    assert [at for at, node in found.items() if node.is_end] == ["thanks"]
    assert found["answer"].share_dropped == found["answer"].dropped / found["answer"].came
    assert (found["paid"].dropped, found["paid"].share_dropped) == (0, 0)


def test_totals_and_rows_of_all_time_are_the_same(house):
    lived(house)
    totals, rows = read(house, flow, "ads"), read(house, flow, "ads", period=days(date(2026, 1, 1)))

    assert (totals.entered, totals.inside, totals.left) == (rows.entered, rows.inside, rows.left)
    of = {at: (node.came, node.inside, node.left, node.parked, node.dropped) for at, node in totals.nodes.items()}
    assert of == {at: (node.came, node.inside, node.left, node.parked, node.dropped) for at, node in rows.nodes.items()}
    assert set(totals.refused.values()) == {0}
    assert (totals.nodes["tag"].failed, rows.nodes["tag"].failed) == (12, None)


def test_branches_count_each_on_its_line_and_where_they_meet(house):
    house.publish("""
key: ads
name: Two ways
nodes:
  - {id: created, type: trigger.lead_created}
  - {id: split, type: logic.parallel, config: {branches: 2}}
  - {id: one, type: wait.duration, config: {lasting: {amount: 2, unit: hours}}}
  - {id: two, type: wait.duration, config: {lasting: {amount: 5, unit: hours}}}
  - {id: both, type: logic.join}
  - {id: end, type: crm.add_tags, config: {tags: [two]}}
edges:
  - {from: created, to: split}
  - {from: split, port: branch_1, to: one}
  - {from: split, port: branch_2, to: two}
  - {from: one, to: both}
  - {from: two, to: both}
  - {from: both, to: end}
""")
    house.leads(3)
    house.drain()
    house.clock.forward(hours=3)
    house.drain()
    house.leads(2)
    house.drain()
    house.clock.forward(hours=3)
    house.drain()

    found = read(house, flow, "ads", period=days(date(2026, 3, 2)))
    shown = {at: (node.came, node.inside, node.left, node.dropped) for at, node in found.nodes.items()}
    assert shown == {
        "created": (5, 0, 5, 0),
        "split": (5, 0, 5, 0),
        "one": (5, 0, 5, 0),
        "two": (5, 2, 3, 0),
        "both": (8, 2, 6, 0),
        "end": (3, 0, 3, 3),
    }
    assert {at: node.time for at, node in found.nodes.items() if node.time} == {
        "one": timedelta(hours=3),
        "two": timedelta(hours=6),
        "both": timedelta(hours=3),
    }
    taken = {way: (edge.taken, edge.share) for way, edge in found.edges.items() if way[0] in ("split", "both")}
    assert taken == {
        ("split", "branch_1"): (5, None),
        ("split", "branch_2"): (5, None),
        ("both", "next"): (3, 1.0),
    }


def test_lines_count_who_went_as_they_are_drawn(house):
    live(house, paid=4, free=0)
    other = ADS.replace('port: "yes", to: plan', 'port: "yes", to: TAG').replace(
        'port: "no", to: tag', 'port: "no", to: plan'
    )
    house.publish(other.replace("TAG", "tag"))
    house.leads(3, source="ads")
    house.drain()

    new, old = read(house, flow, "ads"), read(house, flow, "ads", version=1)
    assert (new.edges["paid", "yes"].taken, old.edges["paid", "yes"].taken) == (3, 4)
    came = {
        at: (node.came, node.inside, node.dropped) for at, node in new.nodes.items() if at in ("paid", "plan", "tag")
    }
    assert came == {"paid": (7, 0, 0), "plan": (4, 0, 0), "tag": (3, 3, 0)}


def test_a_cut_is_said_with_how_many_there_were(house):
    live(house, paid=9, free=0)
    found = read(house, flow, "ads", period=days(date(2026, 3, 2)), ceiling=4)
    totals = read(house, flow, "ads", ceiling=4)

    assert (found.is_cut, found.everybody, found.looked_at) == (True, 9, 4)
    assert (found.entered, found.inside, found.nodes["answer"].inside) == (4, 4, 4)
    assert (totals.is_cut, totals.entered, totals.looked_at) == (True, 9, 4)
    assert (totals.nodes["answer"].inside, totals.edges["paid", "yes"].taken) == (9, 4)


def test_runs_whose_steps_are_cleared_are_counted_and_said(house):
    live(house, paid=5, free=0)
    gone = [row.id for row in house.runs()[:2]]
    house.tell("comment.added", house.runs()[0].person_id)
    house.tell("comment.added", house.runs()[1].person_id)
    house.drain()
    with house.database.work() as work:
        work.execute(step.delete().where(step.c.run_id.in_(gone)))
        work.execute(update(run).where(run.c.id.in_(gone)).values(fence=FORGOTTEN))

    found = read(house, flow, "ads", period=days(date(2026, 3, 2)))
    assert (found.entered, found.inside, found.left, found.forgotten) == (5, 3, 2, 2)
    assert (found.nodes["created"].came, found.nodes["answer"].came) == (3, 3)


def test_a_funnel_that_nobody_entered_and_a_draft_have_no_figures(house):
    house.publish(ADS)
    found = read(house, flow, "ads")

    assert (found.entered, found.looked_at, found.is_cut) == (0, 0, False)
    assert {node.came for node in found.nodes.values()} == {0}
    assert {node.time for node in found.nodes.values()} == {None}
    assert read(house, flow, "ads", version=0).version == 0


@pytest.mark.parametrize(("key", "version"), [("nothing", None), ("ads", 7)])
def test_what_does_not_exist_is_not_found(house, key, version):
    house.publish(ADS)
    with pytest.raises(NotFoundError):
        read(house, flow, key, version=version)


def test_a_flow_costs_the_same_for_many(house):
    live(house)
    period = days(date(2026, 3, 2))
    read(house, flow, "ads")
    few = cost(house, flow, "ads"), cost(house, flow, "ads", period=period)
    house.leads(300, source="ads")
    house.leads(30, source="site")
    house.drain()

    assert (cost(house, flow, "ads"), cost(house, flow, "ads", period=period)) == few
    assert max(few) <= 11


def test_the_ids_before_a_moment_are_found_by_halves(house):
    drawn = random.Random(11)
    moments, rows, number = [], [], 0
    for minute in range(60):
        number += drawn.randint(1, 40)
        moments.append(MONDAY + timedelta(minutes=minute // 3))
        rows.append((number, 1, 1, 1, 1, 1, 10, 0, 0, 0, moments[-1], moments[-1]))
    columns = (
        "id",
        "funnel_id",
        "version_id",
        "person_id",
        "subject_kind",
        "subject_id",
        "status",
        "depth",
        "fence",
        "attempts",
    )
    with house.database.work() as work:
        stored = [(*row[:-2], work.stored(row[-2]), work.stored(row[-1])) for row in rows]
        work.insert(run, (*columns, "started_at", "ended_at"), stored)
    with house.database.reading() as work:
        for moment in (
            *moments,
            MONDAY - timedelta(days=1),
            MONDAY + timedelta(days=1),
            MONDAY + timedelta(seconds=90),
        ):
            before = max((row[0] for row in rows if row[-1] < moment), default=0)
            found = cohorts._stretch(work, Period("today", since=moment))[0]
            following = min((row[0] for row in rows if row[-1] >= moment), default=rows[-1][0] + 1)
            assert before <= found < following
    with house.database.work() as work:
        work.execute(run.delete())


def test_only_the_newest_of_the_installation_are_looked_through(house, monkeypatch):
    live(house, paid=6, free=0)
    monkeypatch.setattr(cohorts, "_MARGIN", 0)
    with house.database.reading() as work:
        found = cohort(work, house.runs()[0].funnel_id, days(date(2026, 3, 2)), reach=4)

    assert found.ids == tuple(row.id for row in house.runs()[:1:-1])
    assert (found.entered, found.is_cut) == (6, True)


@pytest.mark.parametrize(
    ("key", "first", "last", "expected"),
    [
        ("today", None, None, (date(2026, 3, 2), None)),
        ("7d", None, None, (date(2026, 2, 24), None)),
        ("30d", None, None, (date(2026, 2, 1), None)),
        ("all", date(2026, 1, 1), None, (None, None)),
        ("anything", None, None, (None, None)),
        (CHOSEN, None, None, (None, None)),
        (CHOSEN, date(2026, 1, 5), date(2026, 1, 2), (date(2026, 1, 2), date(2026, 1, 5))),
        (CHOSEN, None, date(9999, 12, 31), (None, date(2200, 1, 1))),
        (CHOSEN, date(1, 1, 1), None, (date(1970, 1, 2), None)),
    ],
)
def test_periods_are_days_of_a_zone(key, first, last, expected):
    found = period_of(key, MONDAY, KYIV, first, last)

    assert (found.first, found.last) == expected
    assert (found.since is None, found.until is None) == (expected[0] is None, expected[1] is None)
    assert found.since is None or found.since.astimezone(KYIV).date() == expected[0]
    assert found.until is None or (found.until - timedelta(seconds=1)).astimezone(KYIV).date() == expected[1]


def test_who_is_inside_is_counted_by_the_totals(house):
    lived(house)
    found = read(house, inside, "ads")

    assert found == {at: count for at, count in Counter(house.at()).items() if count}
    assert cost(house, inside, "ads") == 2
