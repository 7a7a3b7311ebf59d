"""The board in numbers, from the totals and as its viewer may see it."""

import pytest

from crm.access.actor import EVERYTHING, SYSTEM, Viewer
from crm.deals.board import Tally, board
from crm.deals.opening import NewDeal, open_deals
from crm.deals.totals import compact
from crm.directory import directory
from crm.errors import NotFoundError
from crm.people.persons import persons_of
from crm.settings.users import deactivate_users
from engine.request import DONE


@pytest.fixture
def ids(database):
    """The users' ids by login."""
    with database.reading() as work:
        return {login: user.id for login, user in directory(work).logins.items()}


@pytest.fixture
def filled(database, ids):
    """Deals of ann in two stages and of bob in one, one of somebody from outside, one of nobody."""
    deals = [("new", "ann", 10_000), ("new", "ann", 5_000), ("closed-won", "ann", 20_000), ("talks", "bob", 0)]
    deals += [("new", "mark", 7_000), ("new", None, 100)]
    with database.work() as work:
        people = persons_of(work, [()] * len(deals))
        stages = {one.name: one.key for one in directory(work).plan("wholesale").stages}
        keys = {"new": stages["New"], "talks": stages["Talks"], "closed-won": stages["Closed, won"]}
        items = [
            NewDeal(
                person, "wholesale", keys[stage], title="x", amount=amount,
                owner_id=ids[owner] if owner else None, is_unowned=owner is None,
            )
            for person, (stage, owner, amount) in zip(people, deals, strict=True)
        ]  # fmt: skip
        assert {one.code for one in open_deals(work, items, by=SYSTEM)} == {DONE}
    return database


def look(database, viewer=EVERYTHING):
    with database.reading() as work:
        return board(work, "wholesale", viewer=viewer)


def test_every_stage_has_its_count_and_sum(filled):
    found = {one.name: one.tally for one in look(filled).columns}

    assert found["New"] == Tally(4, {"UAH": 22_100})
    assert found["Talks"] == Tally(1, {})
    assert found["Closed, won"] == Tally(1, {"UAH": 20_000})
    assert found["Closed, lost"] == Tally()


def test_managers_come_in_order_then_others_then_nobody(filled):
    rows = look(filled).managers

    assert [(one.login, one.tally.deals, one.still_open.deals, one.is_taking) for one in rows] == [
        ("ann", 3, 2, True),
        ("bob", 1, 1, True),
        ("mark", 1, 1, False),
        (None, 1, 1, False),
    ]


def test_a_manager_has_his_stages(filled):
    ann = look(filled).managers[0]

    assert sorted(tally.deals for tally in ann.by_stage.values()) == [1, 2]
    assert ann.still_open == Tally(2, {"UAH": 15_000})


def test_the_whole_is_the_sum_of_its_parts(filled):
    found = look(filled)

    assert found.total == Tally(6, {"UAH": 42_100})
    assert sum(one.tally.deals for one in found.columns) == sum(one.tally.deals for one in found.managers) == 6


def test_folding_the_totals_changes_nothing(filled):
    before = look(filled)

    with filled.work() as work:
        compact(work)

    assert look(filled) == before


def test_a_viewer_sees_his_own_and_those_of_nobody_on_his_plans(filled, ids):
    plan_id = look(filled).plan_id
    viewer = Viewer(ids["ann"], owner_ids=frozenset({ids["ann"]}), plan_ids=frozenset({plan_id}))

    found = look(filled, viewer)

    assert [one.login for one in found.managers] == ["ann", None]
    assert found.total == Tally(4, {"UAH": 35_100})


def test_deals_of_nobody_on_other_plans_are_not_seen(filled, ids):
    viewer = Viewer(ids["bob"], owner_ids=frozenset({ids["bob"]}), plan_ids=frozenset())

    assert look(filled, viewer).total.deals == 1


def test_who_was_deactivated_takes_no_new_ones(filled):
    with filled.work() as work:
        deactivate_users(work, ["bob"], by=SYSTEM)

    assert [one.is_taking for one in look(filled).managers[:2]] == [True, False]


def test_an_empty_plan_is_an_empty_board(database):
    found = look(database)

    assert found.total == Tally()
    assert [one.login for one in found.managers] == ["ann", "bob"]


def test_an_unknown_plan_is_refused(database):
    with database.reading() as work, pytest.raises(NotFoundError):
        board(work, "retail", viewer=EVERYTHING)


def test_it_takes_one_query_beside_the_directory(filled):
    with filled.reading() as work:
        directory(work)
        before = work.statements
        board(work, "wholesale", viewer=EVERYTHING)

        assert work.statements == before + 1
