"""Who gets the next deals."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals.distribution import RELATED, fill, forget_orphans, orphan, reserve
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.people.persons import persons_of
from crm.settings.plans import NewPlan, PlanChange, change_plan, create_plan
from crm.settings.pool import Share, set_managers, set_shares, set_taking
from crm.tables.distribution import assignment, distribution_counter, reservation
from crm.tables.records import deal
from funnels.doctoring.sharing import choices, law
from tests.crm.company import STAGES

TABLE = [
    ({1: 0, 2: 0, 3: 0}, 4, [1, 2, 3, 1]),
    ({1: 0, 2: 0, 3: 0}, 0, []),
    ({1: 5, 2: 3, 3: 4}, 3, [2, 2, 3]),  # 5 4 4 after two, then the first of the lowest
    ({1: 5, 2: 3, 3: 4}, 4, [2, 2, 3, 1]),  # all stand at 5: the first in order
    ({3: 0, 1: 0}, 3, [3, 1, 3]),  # the plan's order, not that of ids
    ({1: -2, 2: 0}, 3, [1, 1, 1]),  # 0 0 after two, then the first
    ({7: 9}, 2, [7, 7]),
]


@pytest.mark.parametrize(("counters", "places", "users"), TABLE)
def test_the_lowest_counter_is_filled_first(counters, places, users):
    assert list(fill(counters, places, seed=1, at_random=False)) == users


COUNTERS = st.dictionaries(st.integers(1, 30), st.integers(-5, 40), min_size=1, max_size=8)


@given(COUNTERS, st.integers(0, 200), st.integers(0, 9), st.booleans())
def test_each_place_goes_to_one_of_the_lowest(counters, places, seed, at_random):
    standing = dict(counters)
    for user in fill(counters, places, seed=seed, at_random=at_random):
        assert standing[user] == min(standing.values())
        standing[user] += 1

    assert sum(standing.values()) == sum(counters.values()) + places


@given(COUNTERS, st.integers(0, 50), st.integers(0, 9), st.booleans())
def test_the_same_seed_chooses_the_same(counters, places, seed, at_random):
    first = list(fill(counters, places, seed=seed, at_random=at_random))

    assert list(fill(counters, places, seed=seed, at_random=at_random)) == first


@given(COUNTERS, st.integers(0, 200), st.integers(0, 9), st.booleans(), st.data())
def test_by_weight_each_place_goes_to_one_of_the_lowest_shares_with_room(counters, places, seed, at_random, data):
    weights = {user: data.draw(st.integers(1, 5)) for user in counters}
    room = {user: data.draw(st.integers(0, 30)) for user in counters if data.draw(st.booleans())}
    standing, left = dict(counters), dict(room)
    given_ = list(fill(counters, places, seed=seed, at_random=at_random, weights=weights, room=room))
    for user in given_:
        free = [one for one in standing if left.get(one, 1) > 0]
        assert standing[user] / weights[user] == min(standing[one] / weights[one] for one in free)
        standing[user] += 1
        if user in left:
            left[user] -= 1

    assert all(number >= 0 for number in left.values())
    assert len(given_) == places or all(left.get(user, 1) == 0 for user in counters)


@given(COUNTERS, st.integers(0, 50), st.integers(0, 9), st.booleans())
def test_equal_weights_are_no_weights(counters, places, seed, at_random):
    plain = list(fill(counters, places, seed=seed, at_random=at_random))
    same = dict.fromkeys(counters, 1)

    assert list(fill(counters, places, seed=seed, at_random=at_random, weights=same)) == plain


def test_chance_decides_ties_only():
    orders = {tuple(fill({1: 0, 2: 0, 3: 0}, 3, seed=seed, at_random=True)) for seed in range(50)}

    assert len(orders) == 6
    assert all(set(order) == {1, 2, 3} for order in orders)


@pytest.fixture
def plan_of(database):
    """Make a plan of ann, bob and cid with these rules; returns a function that opens deals on it."""

    def make(**rules):
        with database.work() as work:
            new = NewPlan("Shared", STAGES, key="shared", distribution="even", managers=("ann", "bob", "cid"), **rules)
            create_plan(work, new, by=SYSTEM)

        def open_(number, **values):
            with database.work() as work:
                people = [values.pop("person_id")] if "person_id" in values else persons_of(work, [()] * number)
                items = [NewDeal(person_id, "shared", **values) for person_id in people]
                answers = open_deals(work, items, by=SYSTEM)
                users = directory(work).users
            assert {answer.code for answer in answers} <= {"done", "no_manager"}
            return [
                users[answer.records["deal"]["owner_id"]].login if answer.code == "done" else None for answer in answers
            ]

        return open_

    return make


def test_deals_are_given_evenly_over_many_commands(plan_of):
    open_ = plan_of()

    assert open_(2) + open_(3) + open_(1) == ["ann", "bob", "cid", "ann", "bob", "cid"]


def test_deals_given_by_hand_do_not_count(plan_of, database):
    open_ = plan_of()
    with database.reading() as work:
        ann = directory(work).user("ann").id

    open_(5, owner_id=ann)

    assert Counter(open_(6)) == {"ann": 2, "bob": 2, "cid": 2}


def test_the_manager_of_the_persons_last_deal_gets_the_next(plan_of, database):
    open_ = plan_of(first_rule="related")
    with database.work() as work:
        person_id = persons_of(work, [()])[0]
        cid = directory(work).user("cid").id
    open_(1, person_id=person_id, owner_id=cid)

    assert open_(1, person_id=person_id) == ["cid"]
    assert Counter(open_(6)) == {"ann": 2, "bob": 2, "cid": 2}  # by relation does not count
    with database.reading() as work:
        reasons = [row.reason for row in work.rows(select(assignment))]
    assert reasons.count(RELATED) == 1


def test_who_has_the_fewest_open_deals_gets_the_next(plan_of, database):
    open_ = plan_of(second_rule="fewest")
    with database.reading() as work:
        ann, bob = directory(work).user("ann").id, directory(work).user("bob").id
    open_(4, owner_id=ann)
    open_(2, owner_id=bob)

    assert Counter(open_(6)) == {"cid": 4, "bob": 2}  # 4 2 0: all open deals count, and all stand at 4 then


def test_who_is_absent_gets_none_and_starts_at_the_lowest_when_back(plan_of, database):
    open_ = plan_of()
    with database.work() as work:
        set_taking(work, "shared", ["ann"], is_taking=False, by=SYSTEM)

    assert Counter(open_(10)) == {"bob": 5, "cid": 5}

    with database.work() as work:
        set_taking(work, "shared", ["ann"], is_taking=True, by=SYSTEM)
    assert Counter(open_(6)) == {"ann": 2, "bob": 2, "cid": 2}


def test_who_joins_starts_at_the_lowest(plan_of, database):
    open_ = plan_of()
    open_(7)
    with database.work() as work:
        set_managers(work, "shared", ["boss", "ann", "bob", "cid"], by=SYSTEM)

    assert Counter(open_(3)) == {"boss": 1, "bob": 1, "cid": 1}  # 2 3 2 2: ann is one ahead


def test_where_nobody_takes_nobody_is_chosen(plan_of, database):
    open_ = plan_of()
    with database.work() as work:
        set_managers(work, "shared", [], by=SYSTEM)

    assert open_(2) == [None, None]


def test_a_changed_second_rule_starts_afresh(plan_of, database):
    open_ = plan_of(second_rule="fewest")
    with database.reading() as work:
        ann = directory(work).user("ann").id
    open_(6, owner_id=ann)
    open_(4)  # bob and cid
    with database.work() as work:
        change_plan(work, "shared", PlanChange(second_rule="evenly"), by=SYSTEM)

    assert Counter(open_(3)) == {"ann": 1, "bob": 1, "cid": 1}


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_command_without_a_batch_leaves_the_places_of_the_dead_alone(plan_of, database):
    open_ = plan_of()
    _reserve_and_die(database, 2, batch_id=77)

    assert open_(1) == ["ann"]  # promised to the dead, taken over

    with database.reading() as work:
        rows = work.rows(select(reservation.c.deals, reservation.c.is_settled).order_by(reservation.c.id))
    assert [tuple(row) for row in rows] == [(1, False), (1, True)]
    assert open_(2) == ["bob", "cid"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_places_of_the_dead_are_kept_for_those_who_still_take(plan_of, database):
    plan_of()
    _reserve_and_die(database, 3, batch_id=77)
    with database.work() as work:
        set_taking(work, "shared", ["bob"], is_taking=False, by=SYSTEM)
        gone = forget_orphans(work)

    assert gone == 1
    with database.reading() as work:
        assert len(work.rows(select(reservation))) == 2


def _reserve_and_die(database, places, *, batch_id):
    with database.engine.connect() as connection:
        work = database.begin(connection)
        reserve(work, directory(work).plan("shared"), places, batch_id=batch_id)
        connection.rollback()
    with database.work() as work:
        orphan(work, [batch_id])


def test_counters_hold_what_was_settled(plan_of, database):
    open_ = plan_of()
    open_(5)
    open_(1)

    with database.reading() as work:
        plan = directory(work).plan("shared")
        rows = work.rows(select(distribution_counter.c.assigned).where(distribution_counter.c.plan_id == plan.id))
    assert sum(row.assigned for row in rows) == 5  # the sixth is settled, and folded in by the next


def test_who_weighs_two_gets_two_where_others_get_one(plan_of, database):
    open_ = plan_of()
    open_(7)
    with database.work() as work:
        set_shares(work, "shared", [Share("ann", 2)], by=SYSTEM)

    assert Counter(open_(8) + open_(8)) == {"ann": 8, "bob": 4, "cid": 4}
    with database.reading() as work:
        assert (law(work), choices(work)) == ([], [])


@pytest.mark.parametrize("second_rule", ["evenly", "fewest"])
def test_who_has_as_many_as_he_can_gets_none_until_one_is_closed(plan_of, database, second_rule):
    open_ = plan_of(second_rule=second_rule)
    with database.work() as work:
        set_shares(work, "shared", [Share("ann", 1, 2), Share("bob", 1, 3)], by=SYSTEM)

    assert Counter(open_(10)) == {"ann": 2, "bob": 3, "cid": 5}
    with database.work() as work:
        ann = directory(work).user("ann").id
        closed = work.rows(select(deal.c.id).where(deal.c.owner_id == ann).order_by(deal.c.id).limit(1))[0].id
        move_deals(work, [Move(closed, "closed_won")], by=SYSTEM)
    assert Counter(open_(2)) == {"ann": 1, "cid": 1}
    with database.reading() as work:
        assert choices(work) == []


def test_where_nobody_has_room_the_rest_has_nobody(plan_of, database):
    open_ = plan_of()
    with database.work() as work:
        set_shares(work, "shared", [Share(login, 1, 1) for login in ("ann", "bob", "cid")], by=SYSTEM)

    assert open_(5) == ["ann", "bob", "cid", None, None]
    assert open_(1) == [None]


@pytest.mark.parametrize("share", [Share("ann", 0), Share("ann", 101), Share("ann", 1, 0), Share("ann", 1, 10**7)])
def test_shares_that_cannot_be_are_refused(plan_of, database, share):
    plan_of()
    with database.work() as work, pytest.raises(InvalidError):
        set_shares(work, "shared", [share], by=SYSTEM)
    with database.work() as work, pytest.raises(NotFoundError):
        set_shares(work, "shared", [Share("root")], by=SYSTEM)


def test_a_new_pool_keeps_weight_and_limit(plan_of, database):
    plan_of()
    with database.work() as work:
        set_shares(work, "shared", [Share("ann", 3, 9)], by=SYSTEM)
        set_managers(work, "shared", ["bob", "ann"], by=SYSTEM)

        assert [(one.weight, one.capacity) for one in directory(work).plan("shared").managers] == [(1, None), (3, 9)]
