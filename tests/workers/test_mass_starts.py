"""An audience is let into a funnel little by little, exactly once, and nobody who comes alone waits for it."""

import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.tables.journal import inbox
from crm.tables.records import lead
from db import points
from funnels.archiving import archive
from funnels.mass_starts import NewMassStart, abort, ask, count, found, go_on
from funnels.tables import mass_start_record, run
from workers import clearing
from workers.clearing import Kept, clear
from workers.jobs import ROOM
from workers.mass_starts import let_in, mass_starts_due

FUNNEL = """
key: spring
name: Spring
nodes:
  - {id: press, type: trigger.manual_start, config: {label: Go}}
  - {id: mark, type: crm.add_tags, config: {tags: [spring]}}
  - {id: off, type: logic.exit, config: {outcome: success}}
edges:
  - {from: press, to: mark}
  - {from: mark, to: off}
"""
ADS = {"field": "lead.source", "op": "is", "value": "ads"}


@pytest.fixture
def spring(house):
    house.publish(FUNNEL)
    house.leads(30, source="ads")
    house.leads(5, source="site")
    return house


def asked(house, by=SYSTEM, **values):
    with house.database.work() as work:
        return ask(work, NewMassStart("spring", "lead", **values), by=by)


def told(house):
    with house.database.reading() as work:
        return found(work)[0]


def inside(house):
    with house.database.reading() as work:
        return work.scalar(select(func.count()).select_from(run))


def seconds(house, number):
    """Let so many seconds pass; returns how many were let in at each."""
    passed = []
    for _ in range(number):
        passed.append(let_in(house.database))
        house.drain()
        house.clock.forward(seconds=1)
    return passed


def test_all_who_are_meant_are_let_in_once_at_the_rate_that_was_asked_for(spring):
    with spring.database.reading() as work:
        assert count(work, NewMassStart("spring", "lead", ADS), by=SYSTEM) == 30
    one = asked(spring, condition=ADS, per_minute=600)

    passed = seconds(spring, 5)

    assert (one.audience, one.state) == (30, "running")
    assert passed == [10, 10, 10, 0, 0]
    assert (inside(spring), told(spring).state, told(spring).started) == (30, "finished", 30)


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("last_words", ["before:inbox", "after:inbox", "before:commit", "after:commit"])
def test_whoever_dies_while_letting_in_leaves_nobody_out_and_nobody_in_twice(spring, monkeypatch, last_words):
    asked(spring, condition=ADS, per_minute=600)

    def stop(point):
        if point == last_words:
            raise KilledError

    monkeypatch.setattr(points, "_stop", stop)
    with pytest.raises(KilledError):
        let_in(spring.database)
    monkeypatch.setattr(points, "_stop", None)
    passed = seconds(spring, 6)

    assert sum(passed) == (20 if last_words == "after:commit" else 30)
    assert (inside(spring), told(spring).state, told(spring).started) == (30, "finished", 30)


def test_a_slow_one_lets_in_one_at_a_time(spring):
    asked(spring, per_minute=20)

    assert seconds(spring, 7) == [1, 0, 0, 1, 0, 0, 1]


def test_a_sample_comes_first_and_the_others_when_a_person_says_so(spring):
    one = asked(spring, condition=ADS, per_minute=60_000, sample=4)

    assert (seconds(spring, 3), told(spring).state) == ([4, 0, 0], "held")
    with spring.database.work() as work:
        go_on(work, one.id, by=SYSTEM)
    assert sum(seconds(spring, 3)) == 26
    assert inside(spring) == 30


def test_who_comes_later_is_not_meant(spring):
    asked(spring, per_minute=600)
    spring.leads(10, source="ads")

    assert sum(seconds(spring, 8)) == 35


def test_it_can_be_broken_off_and_who_is_inside_stays(spring):
    one = asked(spring, per_minute=600)
    seconds(spring, 1)

    with spring.database.work() as work:
        abort(work, one.id, by=SYSTEM)

    assert (seconds(spring, 3), inside(spring), told(spring).state) == ([0, 0, 0], 10, "aborted")
    with spring.database.work() as work, pytest.raises(InvalidError, match="aborted"):
        abort(work, one.id, by=SYSTEM)
    with spring.database.work() as work, pytest.raises(NotFoundError):
        abort(work, 999, by=SYSTEM)


def test_nobody_is_let_in_while_others_wait(spring):
    asked(spring, per_minute=60_000)
    with spring.database.work() as work:
        work.insert(inbox, ("event_id", "lane", "attempts"), [(10**9 + one, 0, 9) for one in range(ROOM)])
    waited = let_in(spring.database)
    with spring.database.work() as work:
        work.execute(inbox.delete())
    spring.clock.forward(seconds=1)

    assert (waited, let_in(spring.database)) == (0, 35)
    spring.drain()


def test_a_trouble_holds_it_and_says_why(spring):
    asked(spring, per_minute=600)
    spring.publish(FUNNEL.replace("label: Go", "label: Other"))

    assert seconds(spring, 2) == [0, 0]
    assert told(spring).state == "held"
    assert "Go" in told(spring).problem


def test_it_is_due_at_once_and_then_when_the_next_few_are(spring):
    assert mass_starts_due(spring.database).total_seconds() == 3600
    asked(spring, per_minute=20)
    assert mass_starts_due(spring.database).total_seconds() == 0
    let_in(spring.database)
    assert mass_starts_due(spring.database).total_seconds() == 3
    spring.drain()


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_minute": 0}, {"per_minute": 10**9}, {"sample": -1}, {"button": "Nowhere"}, {"condition": {"op": "nonsense"}},
        {"condition": {"field": "lead.nothing", "op": "is", "value": "x"}},
        {"condition": {"field": "lead.created_at", "op": "is", "value": 5}},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_asked_for(spring, wrong):
    with pytest.raises(InvalidError):
        asked(spring, **wrong)

    with spring.database.reading() as work:
        assert found(work) == []


def test_who_may_not_act_on_many_may_not_start_many(spring):
    with pytest.raises(NotAllowedError):
        asked(spring, by=Actor(ActorKind.USER, 1, SYSTEM.rights - {"deals.mass_edit"}))


def test_it_goes_on_where_it_was_aborted_and_lets_nobody_in_twice(spring):
    one = asked(spring, condition=ADS, per_minute=600)
    seconds(spring, 1)
    with spring.database.work() as work:
        abort(work, one.id, by=SYSTEM)
    other = asked(spring, condition=ADS, per_minute=600)
    with spring.database.work() as work, pytest.raises(InvalidError, match="the very same"):
        go_on(work, one.id, by=SYSTEM)
    with spring.database.work() as work:
        abort(work, other.id, by=SYSTEM)
        resumed = go_on(work, one.id, by=SYSTEM)

    assert (resumed.state, resumed.ended_at) == ("running", None)
    assert sum(seconds(spring, 4)) == 20
    with spring.database.reading() as work:
        [done] = found(work, [one.id])
    assert (inside(spring), done.state, done.started) == (30, "finished", 30)


def test_exactly_those_who_were_chosen_are_let_in_unless_they_are_in_the_archive(spring):
    with spring.database.reading() as work:
        ids = [row.id for row in work.rows(select(lead.c.id).order_by(lead.c.id))]
    one = asked(spring, chosen=(ids[4], ids[1], ids[32], ids[1], 10**9))
    spring.act(archive, ("lead", ids[4]))

    assert (one.audience, one.is_chosen, sum(seconds(spring, 3)), told(spring).state) == (3, True, 2, "finished")
    with spring.database.reading() as work:
        inside_now = sorted(row.subject_id for row in work.rows(select(run.c.subject_id)))
    assert inside_now == [ids[1], ids[32]]


def test_whom_it_let_in_is_forgotten_long_after_its_end(spring, monkeypatch):
    monkeypatch.setattr(clearing, "AT_ONCE", 7)
    one = asked(spring, condition=ADS, per_minute=60_000)
    seconds(spring, 2)
    other = asked(spring, per_minute=60_000, sample=5)
    seconds(spring, 1)
    known = select(func.count()).select_from(mass_start_record)
    spring.clock.forward(days=29)
    clear(spring.database, Kept())
    assert spring.rows(known)[0][0] == 35

    spring.clock.forward(days=2)
    clear(spring.database, Kept())

    with spring.database.reading() as work:
        assert [(each.id, each.is_cleared) for each in found(work)] == [(other.id, False), (one.id, True)]
    assert spring.rows(known)[0][0] == 5  # of the sample that is still looked at
