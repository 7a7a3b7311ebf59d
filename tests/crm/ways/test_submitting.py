import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from crm.access.actor import ActorKind, unpack
from crm.tables.journal import event
from crm.tables.records import comment, field_value, lead
from crm.ways.forms import FormText, change_form
from crm.ways.kinds import FormField
from crm.ways.submitting import Submission, submit
from tests.crm.dealing import cost, events

TYPED = {"name": "Ann", "phone": "+380 50 123 45 67"}


def send(database, form, nonce="page", *, utm=None, **values):
    with database.work() as work:
        [answer] = submit(work, [Submission(form, {**TYPED, **values}, nonce, utm or {})])
    return answer


def leads(database):
    with database.reading() as work:
        return work.rows(select(lead).order_by(lead.c.id))


def asking(database, form, *fields):
    """The same form, asking for something else."""
    from crm.access.actor import SYSTEM
    from crm.ways.forms import form_by_key

    with database.work() as work:
        change_form(work, form.key, FormText(form.name, fields), by=SYSTEM)
        return form_by_key(work, form.key)


def test_what_was_typed_becomes_a_lead_with_both_events(database, price):
    answer = send(database, price, **{"field.budget": "1 054,50", "field.size": "large", "comment": "Two doors"})

    [row] = leads(database)
    assert (answer.code, answer.lead_id) == ("done", row.id)
    assert (row.name, row.phone, row.source, row.title) == ("Ann", "+380501234567", "website", "Ann")
    assert row.fields == {"budget": 105450, "size": "large"}
    with database.reading() as work:
        assert work.scalar(select(comment.c.body)) == "Two doors"
        assert work.scalar(select(func.count()).select_from(field_value)) == 2
        [(subject, data)] = events(work, "form.submitted")
        assert subject == row.id
        assert data == {
            "form": "price", "source": "website", "channel": "site", "value.budget": 105450, "value.size": "large",
        }  # fmt: skip
        assert len(events(work, "lead.created")) == 1


def test_the_form_stands_behind_all_that_it_made(database, price):
    send(database, price, comment="Hello")

    with database.reading() as work:
        causes = work.rows(select(event.c.caused_by).where(event.c.person_id != 0))
    assert {unpack(row.caused_by) for row in causes} == {(ActorKind.FORM, price.id)}


def test_events_name_nobody(database, price):
    send(database, price, **{"name": "Secret", "field.wish": "Secret wish", "comment": "Secret"})

    with database.reading() as work:
        assert not any("ecret" in row.data or "38050" in row.data for row in work.rows(select(event.c.data)))


def test_the_same_page_makes_one_lead(database, price):
    first = send(database, price)
    again = send(database, price)

    assert (first.code, again.code, again.lead_id) == ("done", "repeated", first.lead_id)
    assert len(leads(database)) == 1


def test_one_call_with_the_same_page_twice_makes_one_lead(database, price):
    with database.work() as work:
        one, two, other = submit(work, [Submission(price, TYPED, nonce) for nonce in ("a", "a", "b")])

    assert [one.code, two.code, other.code] == ["done", "repeated", "done"]
    assert one.lead_id == two.lead_id


def test_a_double_click_at_the_same_moment_makes_one_lead(database, price):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: send(database, price), range(8)))

    assert sorted(answer.code for answer in answers) == ["done", *["repeated"] * 7]
    assert len({answer.lead_id for answer in answers}) == 1
    assert len(leads(database)) == 1


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"name": ""}, {"name": "required"}),
        ({"phone": "  "}, {"phone": "required"}),
        ({"phone": "call me"}, {"phone": "no phone number"}),
        ({"email": "nobody"}, {"email": "no e-mail address"}),
        ({"field.budget": "much"}, {"field.budget": "no number"}),
        ({"field.size": "huge"}, {"field.size": "not in the list"}),
        ({"name": "x" * 256}, {"name": "255 characters"}),
        ({"field.wish": "x" * 1001}, {"field.wish": "1000 characters"}),
        ({"comment": "x" * 5001}, {"comment": "5000 characters"}),
        ({"name": "", "email": "?"}, {"name": "required", "email": "no e-mail"}),
    ],
)
def test_what_does_not_fit_is_said_by_field_and_nothing_is_written(database, price, values, wrong):
    answer = send(database, price, **values)

    assert answer.code == "invalid"
    assert {one.where for one in answer.wrong} == set(wrong)
    assert all(wrong[one.where] in str(one.words) for one in answer.wrong)
    assert leads(database) == []
    assert send(database, price).code == "done", "the page can still be sent"


def test_what_the_form_does_not_ask_is_not_taken(database, price):
    send(
        database, price, **{"owner_id": "1", "status": "quality", "field.seats": "5", "source": "mine", "channel": "x"}
    )

    [row] = leads(database)
    assert (row.owner_id, row.status, row.fields, row.source) == (None, "not_processed", None, "website")


@pytest.mark.parametrize(
    ("key", "typed", "kept"),
    [
        ("call_at", "2026-07-01T09:30", "2026-07-01T06:30:00+00:00"),  # Kyiv
        ("birthday", "1990-05-06", "1990-05-06"),
        ("page", "example.com/a", "https://example.com/a"),
        ("agrees", "true", True),
        ("seats", "12,5", 12.5),
        ("colours", ["red", "blue"], ["red", "blue"]),
        ("wish", "a\x00b", "ab"),
    ],
)
def test_every_kind_of_field_is_read(database, price, key, typed, kept):
    form = asking(database, price, FormField(f"field.{key}", "Ask"))

    send(database, form, **{f"field.{key}": typed})

    assert leads(database)[0].fields == {key: kept}


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("call_at", "0001-01-01T00:00"),
        ("call_at", "9999-12-31T23:59"),
        ("call_at", "soon"),
        ("birthday", "0001-01-01"),
        ("birthday", "31.12.1990"),
        ("seats", "1e999"),
        ("seats", "9" * 500),
        ("seats", "nan"),
        ("agrees", "maybe"),
        ("colours", ["red", "green"]),
        ("page", "java script"),
    ],
)
def test_what_no_field_can_hold_is_refused(database, price, key, typed):
    form = asking(database, price, FormField(f"field.{key}", "Ask"))

    assert send(database, form, **{f"field.{key}": typed}).code == "invalid"


def test_how_somebody_came_is_kept_where_there_is_a_place(database, price):
    form = asking(database, price, FormField("name", "Name"))

    send(database, form, utm={"utm_source": "google", "utm_campaign": "spring", "utm_term": "doors"})

    [row] = leads(database)
    assert (row.source, row.fields) == ("google", {"utm_campaign": "spring"})
    with database.reading() as work:
        [(_, data)] = events(work, "form.submitted")
        assert (data["source"], data["channel"]) == ("google", None)


def test_a_form_without_a_name_still_names_its_lead(database, price):
    form = asking(database, price, FormField("email", "E-mail"))

    with database.work() as work:
        submit(work, [Submission(form, {"email": "ann@example.com"}, "n")])

    assert leads(database)[0].title == "Price list"


def test_fifty_submissions_cost_what_five_cost(database, price):
    def send_many(work, start, number):
        typed = {**TYPED, "field.size": "small", "comment": "Hello"}
        submit(work, [Submission(price, typed, f"{start + one}") for one in range(number)])

    send(database, price)
    few = cost(database, lambda work: send_many(work, 0, 5))
    many = cost(database, lambda work: send_many(work, 100, 50))

    assert many - few <= 1
    assert json.dumps(few)
