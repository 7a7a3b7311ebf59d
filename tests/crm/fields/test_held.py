"""Kinds of fields that other records have a say in: records that are named, and resources that are booked once at a time."""

import threading
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from crm.access.actor import EVERYTHING, SYSTEM, Actor, ActorKind, Viewer
from crm.conditions.fields import SubjectFields
from crm.conditions.sql import where
from crm.directory import directory
from crm.fields.booking_week import week_of
from crm.fields.changes import FieldChange, set_fields
from crm.people.companies import NewCompany, find_or_create_companies
from crm.records.archiving import archive_records
from crm.settings.errors import InUseError
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.resources import add_resource, change_resource, remove_resource
from crm.tables.records import deal, field_value
from engine.condition import TextMatch
from tests.crm.company import put_deals

FIELDS = (
    NewField("deal", "Notes", "long_text", key="notes"),
    NewField("deal", "Place", "address", key="place"),
    NewField("deal", "Supplier", "company", key="supplier"),
    NewField("deal", "Hall", "resource", key="hall"),
    NewField("lead", "Hall", "resource", key="hall"),
)


@pytest.fixture
def deals(database):
    with database.work() as work:
        add_fields(work, FIELDS, by=SYSTEM)
        add_resource(work, "Small hall", by=SYSTEM)
        return put_deals(work, 3, owner="ann")


def booking(start, end, resource="small_hall"):
    return {"resource": resource, "from": f"2026-03-02T{start}:00+00:00", "to": f"2026-03-02T{end}:00+00:00"}


def book(work, deal_id, start, end):
    [answer] = set_fields(work, [FieldChange("deal", deal_id, {"field.hall": booking(start, end)})], by=SYSTEM)
    return answer


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("09:00", "10:00", "done"),
        ("12:00", "13:00", "done"),
        ("09:00", "10:01", "taken"),
        ("11:59", "13:00", "taken"),
        ("10:30", "11:00", "taken"),
        ("09:00", "13:00", "taken"),
        ("13:00", "12:00", "invalid"),
    ],
)
def test_a_resource_is_booked_once_at_a_time(database, deals, start, end, code):
    with database.work() as work:
        assert book(work, deals[0], "10:00", "12:00").code == "done"

    with database.work() as work:
        answer = book(work, deals[1], start, end)

    assert answer.code == code
    assert bool(answer.detail) is (code != "done")


def test_of_two_in_one_call_the_first_gets_it_and_one_may_move_its_own(database, deals):
    changes = [FieldChange("deal", one, {"field.hall": booking("10:00", "12:00"), "title": "New"}) for one in deals[:2]]
    with database.work() as work:
        answers = set_fields(work, changes, by=SYSTEM)
        moved = book(work, deals[0], "11:00", "14:00")

    with database.reading() as work:
        titles = [row.title for row in work.rows(select(deal.c.title).order_by(deal.c.id))]
        assert [answer.code for answer in answers] == ["done", "taken"]
        assert moved.code == "done"
        assert titles == ["New", "Deal", "Deal"]  # what is refused is refused whole


def test_what_is_emptied_is_free_and_what_is_archived_is_not(database, deals):
    with database.work() as work:
        book(work, deals[0], "10:00", "12:00")
        archive_records(work, [("deal", deals[0])], by=SYSTEM)
    with database.work() as work:
        refused = book(work, deals[1], "10:00", "12:00")
        book(work, deals[1], "13:00", "14:00")
        set_fields(work, [FieldChange("deal", deals[1], {"field.hall": None})], by=SYSTEM)
        done = book(work, deals[2], "13:00", "14:00")

    assert (refused.code, done.code) == ("taken", "done")


def test_of_two_who_book_at_once_one_is_refused(database, deals):
    both_are_there, codes = threading.Barrier(2), []

    def book_it(deal_id):
        both_are_there.wait(60)
        with database.work() as work:
            codes.append(book(work, deal_id, "10:00", "12:00").code)

    threads = [threading.Thread(target=book_it, args=(one,)) for one in deals[:2]]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)

    with database.reading() as work:
        booked = work.rows(select(field_value.c.record_id).where(field_value.c.reference.is_not(None)))
        assert sorted(codes) == ["done", "taken"]
        assert len(booked) == 1


def test_the_week_shows_what_is_booked_and_only_to_whom_it_may(database, deals):
    with database.work() as work:
        book(work, deals[0], "10:00", "12:00")
        bob = directory(work).user("bob").id

    with database.reading() as work:
        [row] = week_of(work, date(2026, 3, 2), "UTC", viewer=EVERYTHING)
        [others] = week_of(work, date(2026, 3, 2), "UTC", viewer=Viewer(bob, frozenset({bob}), frozenset()))
        assert [one.title for one in row.days[0]] == ["Deal"]
        assert [one.title for one in others.days[0]] == [None]
        assert row.days[1:] == ((),) * 6


def test_a_resource_that_is_booked_stays_and_one_switched_off_is_not_booked(database, deals):
    with database.work() as work:
        book(work, deals[0], "10:00", "12:00")
        with pytest.raises(InUseError):
            remove_resource(work, "small_hall", by=SYSTEM)
        change_resource(work, "small_hall", "Hall", by=SYSTEM, is_active=False)
        assert book(work, deals[1], "13:00", "14:00").code == "invalid"


def test_a_field_names_a_record_that_is_there_and_may_be_seen(database, deals):
    with database.work() as work:
        [firm] = find_or_create_companies(work, [NewCompany("Acme")], by=SYSTEM)
        ann = directory(work).user("ann")
        held = Actor(ActorKind.USER, ann.id, ann.rights, sees=Viewer(ann.id, frozenset({ann.id}), frozenset()))
        changes = [
            FieldChange("deal", deals[0], {"field.supplier": value})
            for value in (firm.ids[0], f"{firm.ids[0]} · Acme", 99)
        ]
        answers = set_fields(work, changes, by=SYSTEM)
        [unseen] = set_fields(work, [FieldChange("deal", deals[1], {"field.supplier": firm.ids[0]})], by=held)

    assert [answer.code for answer in answers] == ["done", "unchanged", "invalid"]
    assert unseen.code == "invalid"


@pytest.mark.parametrize(
    ("op", "part", "fits"),
    [
        ("contains", "иголка", True),
        ("contains", "сено сено", True),
        ("starts_with", "Сено", True),
        ("starts_with", "иголка", False),
    ],
)
def test_a_part_of_a_long_text_is_found_wherever_it_stands(database, deals, op, part, fits):
    text = "Сено " * 400 + "иголка " + "сено " * 400
    with database.work() as work:
        set_fields(work, [FieldChange("deal", deals[0], {"field.notes": text})], by=SYSTEM)

    with database.reading() as work:
        condition = TextMatch(op=op, field="deal.field.notes", value=part)
        fields = SubjectFields(directory(work), "deal")
        clause = where(condition, fields, now=datetime(2026, 3, 1, tzinfo=UTC), zone="UTC")
        found = [row.id for row in work.rows(select(deal.c.id).where(clause))]
        assert found == ([deals[0]] if fits else [])
