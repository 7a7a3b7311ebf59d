from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from crm.people.persons import match_persons, persons_of, survivors
from crm.tables.records import person, person_identity
from db.database import Database

ANN = ("phone", "+380501111111")
BOB = ("phone", "+380502222222")
MAIL = ("email", "ann@example.com")


@pytest.fixture
def database(database_url):
    made = Database(database_url)
    yield made
    made.close()


def test_who_leaves_no_trace_is_a_person_of_his_own(database):
    with database.work() as work:
        first, second = persons_of(work, [(), ()])

    with database.reading() as work:
        assert first != second
        assert work.scalar(select(func.count()).select_from(person)) == 2


def test_a_person_is_found_again_by_phone_and_by_address(database):
    with database.work() as work:
        [ann] = persons_of(work, [(ANN, MAIL)])

    with database.work() as work:
        assert persons_of(work, [(ANN,), (MAIL,), (BOB,)])[:2] == [ann, ann]


def test_one_batch_may_name_a_person_many_times(database):
    with database.work() as work:
        found = persons_of(work, [(ANN,), (MAIL, ANN), (BOB,), (MAIL,), ()])

    assert found[0] == found[1] == found[3]
    assert len(set(found)) == 3


def test_a_phone_and_an_address_of_the_same_letters_are_two(database):
    with database.work() as work:
        [first] = persons_of(work, [(("email", "x@example.com"),)])

        assert persons_of(work, [(("phone", "x@example.com"),)]) != [first]


def test_what_names_two_persons_is_the_first_ones_and_said_so(database):
    with database.work() as work:
        ann, bob = persons_of(work, [(MAIL,), (BOB,)])

        [match] = match_persons(work, [(BOB, MAIL)])

        assert (match.person_id, match.is_new, match.conflicts) == (bob, False, (ann,))


def test_only_the_first_of_a_batch_is_new(database):
    with database.work() as work:
        assert [match.is_new for match in match_persons(work, [(ANN,), (ANN, MAIL)])] == [True, False]


def test_a_merged_person_leads_to_the_one_that_remains(database):
    with database.work() as work:
        first, second, third = persons_of(work, [(ANN,), (BOB,), (MAIL,)])
        work.update(person, ("id",), ("merged_into_id",), [(first, second), (second, third)])

        assert persons_of(work, [(ANN,)]) == [third]
        assert survivors(work, [first, second, third]) == {first: third, second: third, third: third}


@pytest.mark.parametrize("count", [1, 300])
def test_a_large_batch_costs_as_many_statements_as_a_small_one(database, count):
    with database.work() as work:
        persons_of(work, [()])
        work.flush()
        before = work.statements

        persons_of(work, [(("phone", f"+38050{number:07}"), ("email", f"{number}@a.test")) for number in range(count)])
        work.flush()

        assert work.statements - before == 3


def test_two_workers_that_meet_the_same_person_agree(postgres_url):
    database = Database(postgres_url)
    with ThreadPoolExecutor(1) as pool:
        with database.work() as work:
            [ann] = persons_of(work, [(ANN, MAIL)])
            later = pool.submit(meet, database)
        found = later.result()

    with database.reading() as work:
        assert found == ann
        assert work.scalar(select(func.count()).select_from(person_identity)) == 3
    database.close()


def meet(database):
    with database.work() as work:
        return persons_of(work, [(ANN, ("email", "other@example.com"))])[0]
