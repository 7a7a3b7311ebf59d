"""People are away for a time: they get no new deals then, and come back by themselves, level with the others."""

from collections import Counter
from datetime import date, timedelta

import pytest

from crm.access.actor import SYSTEM, Actor, ActorKind
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from crm.people.persons import persons_of
from crm.settings.absences import LONGEST_NOTE, NewAbsence, add_absences, end_absences
from crm.settings.plans import PlanChange, change_plan
from crm.settings.pool import set_managers
from db.database import Database
from funnels.doctoring.sharing import choices, law
from tests.crm.company import set_up_company
from tests.workers.house import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(database_url, clock):
    made = Database(database_url, clock=clock)
    with made.work() as work:
        set_up_company(work)
    clock.forward(minutes=1)
    with made.work() as work:
        set_managers(work, "wholesale", ["ann", "bob", "cid"], by=SYSTEM)
    yield made
    made.close()


def today(database):
    with database.reading() as work:
        return work.now.date()


def open_(database, number, *, batch_id=0):
    with database.work() as work:
        items = [NewDeal(person, "wholesale") for person in persons_of(work, [()] * number)]
        answers = open_deals(work, items, by=SYSTEM, batch_id=batch_id)
        users = directory(work).users
    return Counter(users[one.records["deal"]["owner_id"]].login if one.code == "done" else None for one in answers)


def is_sound(database):
    with database.reading() as work:
        return (law(work), choices(work)) == ([], [])


def away(database, login, first, last=None, **more):
    with database.work() as work:
        return add_absences(work, [NewAbsence(login, first, last, **more)], by=SYSTEM)[0]


def test_who_is_away_is_passed_over_and_comes_back_by_himself_level_with_the_others(database, clock):
    day = today(database)
    away(database, "ann", day + timedelta(days=2), day + timedelta(days=4))

    assert open_(database, 3) == {"ann": 1, "bob": 1, "cid": 1}, "not yet"
    clock.forward(days=3)
    assert open_(database, 20, batch_id=1) == {"bob": 10, "cid": 10}
    clock.forward(days=3)
    assert open_(database, 6, batch_id=2) == {"ann": 2, "bob": 2, "cid": 2}
    assert open_(database, 3) == {"ann": 1, "bob": 1, "cid": 1}, "levelled once"
    assert is_sound(database)


def test_the_last_day_is_his_own_midnight(database, clock):
    day = today(database)
    away(database, "ann", day, day)
    with database.reading() as work:
        settings = directory(work)
        ann = settings.user("ann").id
        [gone] = settings.absences[ann]

    assert (gone.first_day, gone.last_day, gone.zone) == (day, day, "Europe/Kyiv")
    assert gone.ends_at - gone.starts_at == timedelta(days=1)
    assert settings.away(ann, gone.starts_at) is gone
    assert settings.away(ann, gone.ends_at) is None


def test_until_somebody_says_otherwise(database, clock):
    id_ = away(database, "ann", today(database))
    clock.forward(days=200)
    assert open_(database, 4) == {"bob": 2, "cid": 2}
    with database.work() as work:
        end_absences(work, [id_], by=SYSTEM)
    clock.forward(minutes=1)

    assert open_(database, 6) == {"ann": 2, "bob": 2, "cid": 2}


def test_what_has_not_begun_is_called_off(database):
    id_ = away(database, "ann", today(database) + timedelta(days=30))
    with database.work() as work:
        end_absences(work, [id_], by=SYSTEM)

    with database.reading() as work:
        assert directory(work).absences == {}
    with database.work() as work, pytest.raises(NotFoundError):
        end_absences(work, [id_], by=SYSTEM)


def test_where_all_are_away_nobody_is_chosen(database):
    for login in ("ann", "bob", "cid"):
        away(database, login, today(database))

    assert open_(database, 2) == {None: 2}


def test_a_client_of_who_is_away_goes_to_another(database):
    with database.work() as work:
        change_plan(work, "wholesale", PlanChange(first_rule="related"), by=SYSTEM)
        [person] = persons_of(work, [()])
        ann = directory(work).user("ann").id
        open_deals(work, [NewDeal(person, "wholesale", owner_id=ann)], by=SYSTEM)
    away(database, "ann", today(database))
    with database.work() as work:
        [answer] = open_deals(work, [NewDeal(person, "wholesale")], by=SYSTEM)

        assert answer.records["deal"]["owner_id"] != ann


def test_a_new_pool_keeps_who_comes_back_level(database, clock):
    day = today(database)
    away(database, "ann", day, day + timedelta(days=1))
    open_(database, 20)
    clock.forward(days=3)
    with database.work() as work:
        set_managers(work, "wholesale", ["cid", "ann", "bob"], by=SYSTEM)

    assert open_(database, 3) == {"ann": 1, "bob": 1, "cid": 1}


@pytest.mark.parametrize(("first", "last"), [(0, -1), (-5, -1), (5, 4), (4000, None), (0, 4000), (12, 30), (8, 10)])
def test_days_that_cannot_be_are_refused(database, first, last):
    day = today(database)
    away(database, "ann", day + timedelta(days=10), day + timedelta(days=20))

    with pytest.raises(InvalidError):
        away(database, "ann", day + timedelta(days=first), None if last is None else day + timedelta(days=last))


def test_a_note_is_short(database):
    with pytest.raises(InvalidError):
        away(database, "ann", today(database), note="x" * (LONGEST_NOTE + 1))


def test_everybody_says_so_of_himself_and_of_nobody_else(database):
    with database.work() as work:
        ann = Actor(ActorKind.USER, directory(work).user("ann").id)
        [id_] = add_absences(work, [NewAbsence("ann", work.now.date())], by=ann)
        end_absences(work, [id_], by=ann)
        with pytest.raises(NotAllowedError):
            add_absences(work, [NewAbsence("bob", date(2030, 1, 1))], by=ann)
