import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from crm.access.actor import SYSTEM
from crm.directory import directory
from crm.errors import NotAllowedError
from crm.fields.changes import FieldChange, set_fields
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.logins import actor_of
from crm.tables.journal import event, stage_total
from crm.tables.records import deal, field_value, lead, person_identity
from engine.event import EVENT_KINDS
from tests.crm.company import put_deals, put_lead

FIELDS = (
    NewField("deal", "Budget", "money"),
    NewField("deal", "Weight", "number"),
    NewField("deal", "Note"),
    NewField("deal", "Site", "link"),
    NewField("deal", "Event day", "date"),
    NewField("deal", "Call at", "datetime"),
    NewField("deal", "Paid", "bool"),
    NewField("deal", "Size", "choice", ("Small", "Large")),
    NewField("deal", "Colours", "choices", ("Red", "Blue")),
    NewField("deal", "Engineer", "user"),
)


@pytest.fixture
def deals(database):
    """Two deals, and a field of every type."""
    with database.work() as work:
        add_fields(work, FIELDS, by=SYSTEM)
        return put_deals(work, 2)


def events_of(work, kind):
    rows = work.rows(select(event.c.data).where(event.c.kind == EVENT_KINDS[kind].code).order_by(event.c.id))
    return [json.loads(row.data) for row in rows]


def midnight(year, month, day):
    return datetime(year, month, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "value", "shown", "stored"),
    [
        ("budget", 1500, 1500, [(1500.0, None, None, None)]),
        ("budget", "1500", 1500, [(1500.0, None, None, None)]),
        ("weight", "2,5", 2.5, [(2.5, None, None, None)]),
        ("note", " Важно ", "Важно", [(None, "важно", None, None)]),
        ("site", "https://Acme.test/a", "https://Acme.test/a", [(None, "https://acme.test/a", None, None)]),
        ("event_day", "2026-03-01", "2026-03-01", [(None, None, midnight(2026, 3, 1), None)]),
        ("call_at", "2026-03-01T02:00+02:00", "2026-03-01T00:00:00+00:00", [(None, None, midnight(2026, 3, 1), None)]),
        ("paid", "false", False, [(0.0, None, None, None)]),
        ("size", "LARGE", "Large", [(None, "large", None, None)]),
        ("colours", ["red", "Blue"], ["Red", "Blue"], [(None, "red", None, None), (None, "blue", None, None)]),
        ("engineer", "Ann", 1, [(None, None, None, 1)]),
    ],
)
def test_a_custom_value_is_kept_for_people_and_for_conditions(database, deals, key, value, shown, stored):
    with database.work() as work:
        [answer] = set_fields(work, [FieldChange("deal", deals[0], {f"field.{key}": value})], by=SYSTEM)

        rows = work.rows(
            select(field_value.c.number, field_value.c.text_key, field_value.c.at, field_value.c.reference).order_by(
                field_value.c.position
            )
        )
        assert answer.code == "done"
        assert work.scalar(select(deal.c.fields).where(deal.c.id == deals[0])) == {key: shown}
        assert [tuple(row) for row in rows] == stored


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("field.budget", "12.5"),
        ("field.budget", True),
        ("field.weight", "much"),
        ("field.weight", float("nan")),
        ("field.weight", 1e300),
        ("field.note", "x" * 1001),
        ("field.note", "😀" * 1000),
        ("field.site", "javascript:alert(1)"),
        ("field.event_day", "01.03.2026"),
        ("field.call_at", "2026-03-01T02:00"),
        ("field.paid", "maybe"),
        ("field.size", "Huge"),
        ("field.colours", ["Red", "Green"]),
        ("field.engineer", "nobody"),
        ("amount", "-1"),
        ("amount", "a lot"),
        ("amount", float("inf")),
        ("currency", "money"),
        ("title", ""),
        ("title", "x" * 256),
    ],
)
def test_a_value_that_does_not_fit_is_refused_alone_and_says_why(database, deals, key, value):
    changes = [FieldChange("deal", deals[0], {"amount": 5, key: value}), FieldChange("deal", deals[1], {"amount": 5})]

    with database.work() as work:
        refused, done = set_fields(work, changes, by=SYSTEM)

        assert (refused.code, done.code) == ("invalid", "done")
        assert refused.detail
        assert work.scalar(select(deal.c.amount).where(deal.c.id == deals[0])) == 10_000


def test_a_field_nobody_defined_is_refused(database, deals):
    changes = [FieldChange("deal", deals[0], {key: 1}) for key in ("field.shoe", "budget", "shoe", "field.")]

    with database.work() as work:
        assert {answer.code for answer in set_fields(work, changes, by=SYSTEM)} == {"no_field"}


def test_emptying_a_field_takes_its_rows_away(database, deals):
    with database.work() as work:
        set_fields(work, [FieldChange("deal", deals[0], {"field.colours": ["Red", "Blue"]})], by=SYSTEM)
        set_fields(work, [FieldChange("deal", deals[0], {"field.colours": None})], by=SYSTEM)

        assert work.scalar(select(func.count()).select_from(field_value)) == 0
        assert work.scalar(select(deal.c.fields).where(deal.c.id == deals[0])) is None


def test_later_values_of_one_batch_win(database, deals):
    changes = [FieldChange("deal", deals[0], {"field.budget": budget}) for budget in (1, 2, 3)]

    with database.work() as work:
        set_fields(work, changes, by=SYSTEM)

        assert work.scalar(select(field_value.c.number)) == 3
        assert len(events_of(work, "deal.changed")) == 0  # written at the end

    with database.reading() as work:
        assert [one["after"] for one in events_of(work, "deal.changed")] == [
            {"field.budget": 1},
            {"field.budget": 2},
            {"field.budget": 3},
        ]


def test_the_same_values_again_change_nothing(database, deals):
    change = FieldChange("deal", deals[0], {"field.budget": 5, "title": "Deal"})

    with database.work() as work:
        set_fields(work, [change], by=SYSTEM)
        [again] = set_fields(work, [change], by=SYSTEM)

        assert again.code == "unchanged"
        assert work.scalar(select(deal.c.version).where(deal.c.id == deals[0])) == 2


def test_another_amount_moves_the_sums(database, deals):
    with database.work() as work:
        set_fields(work, [FieldChange("deal", deals[0], {"amount": 12_500, "currency": "eur"})], by=SYSTEM)

    with database.reading() as work:
        sums = work.rows(select(stage_total.c.currency, stage_total.c.deals, stage_total.c.amount))
        assert sorted(tuple(row) for row in sums) == [("EUR", 1, 12_500), ("UAH", -1, -10_000)]


def test_personal_data_stay_out_of_the_journal(database):
    with database.work() as work:
        lead_id = put_lead(work)
        values = {"name": "Ann Lee", "phone": "+380501234567", "source": "site", "email": "ann@example.com"}
        set_fields(work, [FieldChange("lead", lead_id, values)], by=SYSTEM)

    with database.reading() as work:
        assert events_of(work, "lead.changed") == [
            {
                "fields": ["name", "phone", "source", "email"],
                "before": {"source": None},
                "after": {"source": "site"},
            }
        ]


def test_a_lead_changes_its_status(database):
    with database.work() as work:
        lead_id = put_lead(work)
        [answer] = set_fields(work, [FieldChange("lead", lead_id, {"status": "in_work"})], by=SYSTEM)

    with database.reading() as work:
        assert answer.code == "done"
        assert events_of(work, "lead.status_changed") == [{"from": "not_processed", "status": "in_work"}]


def test_texts_are_found_whatever_their_case(database):
    with database.work() as work:
        lead_id = put_lead(work)
        set_fields(work, [FieldChange("lead", lead_id, {"name": "  АННА  Ли ", "source": "Сайт"})], by=SYSTEM)

        [row] = work.rows(select(lead.c.name, lead.c.name_fold, lead.c.source_fold))
        assert tuple(row) == ("АННА Ли", "анна ли", "сайт")


def test_a_new_phone_becomes_the_persons_and_nobody_elses(database):
    with database.work() as work:
        first, second = put_lead(work), put_lead(work)
        change = {"phone": "+380 50 123-45-67"}
        answers = set_fields(work, [FieldChange("lead", one, change) for one in (first, second)], by=SYSTEM)

        assert [answer.code for answer in answers] == ["done", "taken"]
        assert work.scalar(select(person_identity.c.value)) == "+380501234567"
        assert work.scalar(select(lead.c.phone).where(lead.c.id == second)) is None


def test_an_old_view_of_a_record_is_refused(database, deals):
    with database.work() as work:
        fresh, stale = (FieldChange("deal", deals[0], {"amount": amount}, version=1) for amount in (1, 2))
        set_fields(work, [fresh], by=SYSTEM)

        [answer] = set_fields(work, [stale], by=SYSTEM)

        assert answer.code == "stale"


def test_a_record_that_is_not_there_is_refused_alone(database, deals):
    with database.work() as work:
        answers = set_fields(
            work, [FieldChange("deal", 99_999, {"amount": 1}), FieldChange("deal", deals[0], {"amount": 1})], by=SYSTEM
        )

    assert [answer.code for answer in answers] == ["no_record", "done"]


def test_a_marketer_does_not_change_deals(database, deals):
    with database.work() as work, pytest.raises(NotAllowedError):
        set_fields(work, [FieldChange("deal", deals[0], {"amount": 1})], by=actor_of(work, "mark"))


@pytest.mark.parametrize("count", [1, 150])
def test_many_records_cost_as_many_statements_as_one(database, count):
    with database.work() as work:
        add_fields(work, FIELDS, by=SYSTEM)
        ids = put_deals(work, count)
        directory(work)
        work.flush()
        before = work.statements

        set_fields(work, [FieldChange("deal", id_, {"amount": 7, "field.budget": id_}) for id_ in ids], by=SYSTEM)
        work.flush()

        assert work.statements - before == 4


def test_a_phone_is_not_kept_where_the_address_of_the_same_change_is_refused(database):
    with database.work() as work:
        leads = [put_lead(work), put_lead(work)]
        set_fields(work, [FieldChange("lead", leads[0], {"email": "a@example.org"})], by=SYSTEM)
        both = {"phone": "+380501234567", "email": "a@example.org"}

        answers = set_fields(work, [FieldChange("lead", leads[1], both)], by=SYSTEM)
        again = set_fields(work, [FieldChange("lead", leads[0], {"phone": "+380501234567"})], by=SYSTEM)

        assert [one.code for one in (*answers, *again)] == ["taken", "done"]


def test_of_two_changes_the_first_gets_the_phone_whole(database):
    with database.work() as work:
        leads = [put_lead(work), put_lead(work), put_lead(work)]
        changes = [
            FieldChange("lead", leads[0], {"phone": "+380501234567"}),
            FieldChange("lead", leads[1], {"phone": "+380501234567", "email": "b@example.org"}),
            FieldChange("lead", leads[2], {"email": "b@example.org"}),
        ]

        assert [one.code for one in set_fields(work, changes, by=SYSTEM)] == ["done", "taken", "done"]
