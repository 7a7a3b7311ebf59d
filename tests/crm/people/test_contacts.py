import json

import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.people.persons import identities_of, persons_of
from crm.tables.journal import event
from crm.tables.records import contact
from engine.event import EVENT_KINDS

ANN = NewContact("Ann Lee", ("+380 50 111-11-11", "+380671111111"), ("Ann@Example.com",))


def test_a_contact_has_all_its_phones_and_shows_the_first(database):
    with database.work() as work:
        [answer] = find_or_create_contacts(work, [ANN], by=SYSTEM)

        person_id = answer.ids[1]
        assert tuple(work.rows(select(contact.c.phone, contact.c.email))[0]) == ("+380501111111", "ann@example.com")
        assert identities_of(work, [person_id])[person_id] == (
            ("email", "ann@example.com"),
            ("phone", "+380501111111"),
            ("phone", "+380671111111"),
        )


@pytest.mark.parametrize(
    "again",
    [
        NewContact("A. Lee", ("+380671111111",)),
        NewContact("Lee", (), ("ann@example.com",)),
        NewContact("Ann", ("+380509999999",), ("ANN@example.com",)),
    ],
)
def test_a_contact_is_found_again_by_any_phone_or_address(database, again):
    with database.work() as work:
        [first] = find_or_create_contacts(work, [ANN], by=SYSTEM)
        [second] = find_or_create_contacts(work, [again], by=SYSTEM)

        assert (second.code, second.ids) == ("exists", first.ids)
        assert work.scalar(select(contact.c.name)) == "Ann Lee"


def test_what_was_empty_is_filled_and_nothing_is_overwritten(database):
    with database.work() as work:
        find_or_create_contacts(work, [NewContact("Ann", ("+380501111111",), type="client")], by=SYSTEM)
        more = NewContact("Ann", ("+380501111111",), ("ann@example.com",), type="partner", city="Kyiv")
        find_or_create_contacts(work, [more, more], by=SYSTEM)

        [row] = work.rows(select(contact.c.type, contact.c.city, contact.c.email, contact.c.version))
        assert tuple(row) == ("client", "Kyiv", "ann@example.com", 2)

    with database.reading() as work:
        code = EVENT_KINDS["contact.changed"].code
        rows = work.rows(select(event.c.data).where(event.c.kind == code))
        assert [json.loads(row.data) for row in rows] == [{"fields": ["email", "city"]}]


def test_one_batch_makes_a_contact_once(database):
    with database.work() as work:
        answers = find_or_create_contacts(work, [ANN, NewContact("Bob"), ANN, NewContact("Bob")], by=SYSTEM)

    assert [answer.code for answer in answers] == ["done", "done", "exists", "done"]


def test_a_phone_of_one_and_an_address_of_another_is_reported(database):
    with database.work() as work:
        ann, bob = find_or_create_contacts(
            work, [NewContact("Ann", ("+380501111111",)), NewContact("Bob", (), ("bob@example.com",))], by=SYSTEM
        )

        [both] = find_or_create_contacts(work, [NewContact("Ann", ("+380501111111",), ("bob@example.com",))], by=SYSTEM)

        assert (both.code, both.ids) == ("exists", (*ann.ids, bob.ids[1]))


def test_a_contact_may_be_of_a_person_who_is_known(database):
    with database.work() as work:
        [person_id] = persons_of(work, [()])

        new = NewContact("Ann", ("+380501111111",), person_id=person_id)
        [answer] = find_or_create_contacts(work, [new], by=SYSTEM)

        assert answer.ids[1] == person_id
        assert persons_of(work, [(("phone", "+380501111111"),)]) == [person_id]


def test_a_phone_of_another_stays_with_the_other(database):
    with database.work() as work:
        person_id, other = persons_of(work, [(), (("phone", "+380501111111"),)])

        [answer] = find_or_create_contacts(
            work, [NewContact("Ann", ("+380501111111",), person_id=person_id)], by=SYSTEM
        )

        assert answer.ids[1:] == (person_id, other)


@pytest.mark.parametrize(
    "wrong", [NewContact(" "), NewContact("x" * 256), NewContact("Ann", ("12",)), NewContact("Ann", (), ("ann@",))]
)
def test_what_cannot_be_a_contact_is_refused_alone(database, wrong):
    with database.work() as work:
        answers = find_or_create_contacts(work, [wrong, ANN], by=SYSTEM)

        assert [answer.code for answer in answers] == ["invalid", "done"]
        assert answers[0].detail
        assert work.scalar(select(func.count()).select_from(contact)) == 1


@pytest.mark.parametrize("count", [1, 200])
def test_many_contacts_cost_as_many_statements_as_one(database, count):
    with database.work() as work:
        directory(work)
        find_or_create_contacts(work, [NewContact("first", ("+380509999999",))], by=SYSTEM)
        work.flush()
        before = work.statements

        new = [NewContact(f"Contact {number}", (f"+38050{number:07}",)) for number in range(count)]
        find_or_create_contacts(work, new, by=SYSTEM)
        work.flush()

        assert work.statements - before <= 6
