"""Who gets the next deals of a plan: the four combinations of its two rules, and by hand."""

from collections import Counter

import pytest
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.deals.opening import NewDeal, open_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import directory
from crm.people.persons import persons_of
from crm.settings.plans import PlanChange, change_plan
from crm.settings.pool import set_taking
from crm.tables.distribution import assignment
from crm.tables.records import deal
from engine.request import DONE


def rule(database, **change):
    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(**change), by=SYSTEM, version=1)


def open_for(database, persons, **values):
    """Open a deal for each person; returns the deals' ids."""
    with database.work() as work:
        results = open_deals(work, [NewDeal(one, "wholesale", title="x", **values) for one in persons], by=SYSTEM)
    assert {one.code for one in results} == {DONE}
    return [one.ids[0] for one in results]


def new_persons(database, number):
    with database.work() as work:
        return persons_of(work, [()] * number)


def owners(database, ids=None):
    with database.reading() as work:
        users = directory(work).users
        rows = {row.id: row.owner_id for row in work.rows(select(deal.c.id, deal.c.owner_id))}
    return [users[rows[id_]].login if rows[id_] else None for id_ in (ids or sorted(rows))]


def user_id(database, login):
    with database.reading() as work:
        return directory(work).user(login).id


def test_on_a_plan_by_hand_nobody_is_chosen(database):
    rule(database, distribution="manual")

    ids = open_for(database, new_persons(database, 3))

    assert owners(database, ids) == [None] * 3


def test_a_deal_is_given_and_transferred_by_hand(database):
    rule(database, distribution="manual")
    ids = open_for(database, new_persons(database, 1))

    for login in ("ann", "bob"):
        with database.work() as work:
            [result] = assign_owners(work, [NewOwner("deal", ids[0], login)], by=SYSTEM)

        assert result.code == DONE
        assert owners(database, ids) == [login]


@pytest.mark.parametrize("first", ["none", "random", "related"])
def test_new_people_are_given_out_evenly(database, first):
    rule(database, first_rule=first)

    for number in (1, 4, 2, 3):
        open_for(database, new_persons(database, number))

    assert Counter(owners(database)) == {"ann": 5, "bob": 5}


@pytest.mark.parametrize("first", ["none", "random", "related"])
def test_those_with_the_fewest_open_deals_come_first(database, first):
    open_for(database, new_persons(database, 4), owner_id=user_id(database, "ann"))
    rule(database, first_rule=first, second_rule="fewest")

    ids = open_for(database, new_persons(database, 6))

    assert Counter(owners(database, ids)) == {"bob": 5, "ann": 1}


def test_closed_deals_do_not_count_for_the_fewest(database):
    rule(database, second_rule="fewest")
    closed = open_for(database, new_persons(database, 4), owner_id=user_id(database, "ann"))
    with database.work() as work:
        move_deals(work, [Move(id_, "closed_won") for id_ in closed], by=SYSTEM)

    ids = open_for(database, new_persons(database, 4))

    assert Counter(owners(database, ids)) == {"ann": 2, "bob": 2}


@pytest.mark.parametrize("second", ["evenly", "fewest"])
def test_who_knows_the_lead_gets_it_again(database, second):
    known = new_persons(database, 3)
    open_for(database, known, owner_id=user_id(database, "ann"))
    rule(database, first_rule="related", second_rule=second)

    ids = open_for(database, known)

    assert owners(database, ids) == ["ann"] * 3


def test_who_knows_the_lead_but_takes_no_more_is_passed_over(database):
    known = new_persons(database, 2)
    open_for(database, known, owner_id=user_id(database, "ann"))
    rule(database, first_rule="related")
    with database.work() as work:
        set_taking(work, "wholesale", ["ann"], is_taking=False, by=SYSTEM)

    ids = open_for(database, known)

    assert owners(database, ids) == ["bob"] * 2


def test_deals_by_relation_do_not_count_for_evenly(database):
    known = new_persons(database, 4)
    open_for(database, known, owner_id=user_id(database, "ann"))
    rule(database, first_rule="related")
    open_for(database, known)

    ids = open_for(database, new_persons(database, 4))

    assert Counter(owners(database, ids)) == {"ann": 2, "bob": 2}


def test_every_choice_is_kept_with_its_reason(database):
    rule(database, first_rule="related")
    known = new_persons(database, 1)
    open_for(database, known)
    open_for(database, known)

    with database.reading() as work:
        rows = work.rows(select(assignment.c.reason).order_by(assignment.c.record_id))

    assert [row.reason for row in rows] == [1, 3]  # evenly, related


def test_giving_a_deal_anew_goes_to_the_related_manager_too(database):
    rule(database, distribution="even", first_rule="related")
    [person] = new_persons(database, 1)
    [old] = open_for(database, [person])
    [known] = owners(database, [old])
    [deal_id] = open_for(database, [person], is_unowned=True)

    with database.work() as work:
        [result] = assign_owners(work, [NewOwner("deal", deal_id)], by=SYSTEM)

    assert result.code == DONE
    assert owners(database, [deal_id]) == [known]
