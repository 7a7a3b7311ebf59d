import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from crm.access.actor import SYSTEM, Actor, ActorKind, unpack
from crm.journal import LANES, Cause, cause_of, journal
from crm.settings.change import note
from crm.tables.journal import event, event_watch, inbox
from db.database import Database
from engine.event import EVENT_KINDS
from tests.crm.company import set_up_company
from tests.crm.dealing import cost


def watch(work, kind, plan=""):
    """Let some funnel look at events of a kind."""
    work.execute(event_watch.insert().values(funnel_id=1, kind=EVENT_KINDS[kind].code, plan=plan))
    note(work, "test", "watch", "changed", 1, SYSTEM)


def told(work, kind, number=1, plan="", cause=None):
    for one in range(1, number + 1):
        journal(work).add(kind, one, 10 + one, {"plan": plan}, cause or cause_of(SYSTEM), plan=plan)


def rows(database, kind):
    with database.reading() as work:
        return work.rows(select(event).where(event.c.kind == EVENT_KINDS[kind].code).order_by(event.c.id))


def in_the_inbox(database):
    with database.reading() as work:
        return work.rows(select(inbox, event.c.person_id, event.c.kind).join(event, event.c.id == inbox.c.event_id))


def test_an_event_says_what_happened_to_whom_by_whom_and_when(database):
    with database.work() as work:
        now = work.now
        told(work, "deal.won", plan="wholesale", cause=Cause(Actor(ActorKind.USER, 7).packed, 3))

    [row] = rows(database, "deal.won")
    assert (row.person_id, row.subject_id, json.loads(row.data)) == (1, 11, {"plan": "wholesale"})
    assert (unpack(row.caused_by), row.depth) == ((ActorKind.USER, 7), 3)
    assert row.occurred_at == row.recorded_at == now


def test_what_happened_earlier_keeps_its_moment(database):
    at = datetime(2025, 1, 1, tzinfo=UTC)
    with database.work() as work:
        journal(work).add_text("deal.won", 1, 2, "{}", cause_of(SYSTEM), occurred_at=at)

    [row] = rows(database, "deal.won")
    assert row.occurred_at == at < row.recorded_at


def test_only_what_somebody_looks_at_goes_into_the_inbox(database):
    with database.work() as work:
        watch(work, "deal.won")
    with database.work() as work:
        told(work, "deal.won", 2)
        told(work, "deal.lost", 2)

    assert {row.kind for row in in_the_inbox(database)} == {EVENT_KINDS["deal.won"].code}
    assert len(rows(database, "deal.lost")) == 2


@pytest.mark.parametrize(("watched", "happened", "count"), [("", "any", 1), ("a", "a", 1), ("a", "b", 0), ("a", "", 0)])
def test_who_looks_at_one_plan_is_not_told_of_others(database, watched, happened, count):
    with database.work() as work:
        watch(work, "deal.moved", watched)
    with database.work() as work:
        told(work, "deal.moved", plan=happened)

    assert len(in_the_inbox(database)) == count


def test_events_of_a_person_share_a_lane(database):
    with database.work() as work:
        watch(work, "deal.won")
    with database.work() as work:
        told(work, "deal.won", 300)

    found = in_the_inbox(database)
    assert {row.lane for row in found} == set(range(LANES))
    assert all(row.lane == row.person_id % LANES for row in found)


def test_ids_follow_the_order_of_transactions(database):
    with database.work() as first:
        told(first, "deal.won")
    with database.work() as second:
        told(second, "deal.won", 3)

    ids = [row.id for row in rows(database, "deal.won")]
    assert ids == sorted(ids)
    assert [row.person_id for row in rows(database, "deal.won")] == [1, 1, 2, 3]


def test_what_is_given_up_is_not_in_the_journal(database):
    def tell_and_fail():
        with database.work() as work:
            told(work, "deal.won")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tell_and_fail()

    assert rows(database, "deal.won") == []


def test_an_unknown_kind_is_refused(database):
    with database.work() as work, pytest.raises(KeyError):
        journal(work).add("deal.exploded", 1, 1, {}, cause_of(SYSTEM))


def test_an_event_may_be_meant_for_one_funnel(database):
    with database.work() as work:
        journal(work).start_only("mine")
        told(work, "deal.won")
        journal(work).add("deal.lost", 1, 1, {}, cause_of(SYSTEM))

    assert json.loads(rows(database, "deal.won")[0].data) == {"only": "mine", "plan": ""}
    assert json.loads(rows(database, "deal.lost")[0].data) == {"only": "mine"}


@pytest.mark.parametrize("kind", list(ActorKind))
def test_an_actor_as_one_number_is_read_back(kind):
    assert unpack(Actor(kind, 12345).packed) == (kind, 12345)


def test_two_hundred_events_cost_what_five_cost(database):
    with database.work() as work:
        watch(work, "deal.won")

    assert cost(database, lambda work: told(work, "deal.won", 5)) == cost(
        database, lambda work: told(work, "deal.won", 200)
    )


def test_who_is_told_of_an_event_finds_that_one_though_others_happened_beside_it(database):
    with database.work() as work:
        watch(work, "deal.won")
    with database.work() as work:
        told(work, "deal.lost", 2)
        told(work, "deal.won")
        told(work, "deal.lost", 2)
    with database.work() as work:
        told(work, "deal.lost")
        told(work, "deal.won", 2)

    assert {row.kind for row in in_the_inbox(database)} == {EVENT_KINDS["deal.won"].code}
    assert sorted(row.person_id for row in in_the_inbox(database)) == [1, 1, 2]


def test_ids_that_others_took_in_between_are_left_to_them(postgres_url):
    database = Database(postgres_url)
    with database.work() as work:
        set_up_company(work)
        watch(work, "deal.won")
        work.execute(text("alter sequence event_id_seq increment by 2"))
    with database.work() as work:
        told(work, "deal.won", 3)

    ids = [row.id for row in rows(database, "deal.won")]
    assert (ids[1] - ids[0], ids[2] - ids[1]) == (2, 2)
    assert sorted(row.event_id for row in in_the_inbox(database)) == ids
    database.close()
