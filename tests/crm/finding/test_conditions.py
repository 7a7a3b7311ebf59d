"""What is wanted as a condition: back again, and the same answer from SQL and from Python."""

from datetime import date, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import insert, select, update

from crm.conditions.fields import STATES, team_names
from crm.conditions.sql import where
from crm.errors import InvalidError
from crm.finding.addresses import wanted_from
from crm.finding.conditions import condition_of, wanted_of
from crm.finding.days import STRETCH_WORDS, stretch
from crm.finding.wanted import Facet, Wanted
from crm.tables.records import deal, person_identity, task
from db.database import Database
from engine.condition import RecordCondition, check, compile
from engine.facts import Facts
from tests.crm.conditions.rows import deal_facts, deal_rows, put_deal
from tests.crm.finding.wanting import COMPANY, FIELDS, HIS, wanted
from tests.engine.conditions import NOW

CONDITIONS = TypeAdapter(RecordCondition)
TODAY = date(2026, 6, 5)


def meant(found):
    return condition_of(found, COMPANY, TODAY, me="boss")


@given(found=wanted())
def test_a_condition_says_what_is_wanted_and_back(found):
    plain = meant(found)
    if plain is not None:
        assert check(CONDITIONS.validate_python(plain), FIELDS) == ()

    again = wanted_of(plain, "deal", COMPANY)

    assert again is not None
    assert meant(again) == plain


@pytest.mark.parametrize(
    "condition",
    [
        {"op": "any", "of": [{"op": "is", "field": "deal.stage", "value": "new"}, {"op": "empty", "field": "deal.owner"}]},
        {"op": "greater", "field": "deal.amount", "value": 5},
        {"op": "starts_with", "field": "deal.title", "value": "a"},
        {"op": "not", "of": {"op": "empty", "field": "deal.owner"}},
        {"op": "within_last", "field": "deal.created_at", "value": {"days": 1, "hours": 2}},
    ],
)  # fmt: skip
def test_what_no_facets_say_stays_a_condition(condition):
    assert wanted_of(condition, "deal", COMPANY) is None


def test_an_old_condition_of_one_value_is_a_facet():
    condition = {"op": "is", "field": "deal.owner", "value": "boss"}

    assert wanted_of(condition, "deal", COMPANY) == Wanted("deal", facets=(Facet("deal.owner", "in", ("boss",)),))


def test_me_is_nobody_where_nobody_looks():
    with pytest.raises(InvalidError):
        condition_of(Wanted("deal", facets=(Facet("deal.owner", "in", ("me",)),)), COMPANY, TODAY)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2024-02-29", "2024-02-29"),
        ("this-week", "2024-02-26", "2024-03-03"),
        ("last-week", "2024-02-19", "2024-02-25"),
        ("last-month", "2024-01-01", "2024-01-31"),
        ("this-month", "2024-02-01", "2024-02-29"),
        ("next-month", "2024-03-01", "2024-03-31"),
        ("this-quarter", "2024-01-01", "2024-03-31"),
        ("last-quarter", "2023-10-01", "2023-12-31"),
        ("last-year", "2023-01-01", "2023-12-31"),
    ],
)
def test_stretches_of_the_calendar(name, first, last):
    assert [day.isoformat() for day in stretch(name, date(2024, 2, 29))] == [first, last]


@given(day=st.dates(date(1950, 1, 1), date(2150, 1, 1)), name=st.sampled_from(sorted(STRETCH_WORDS)))
def test_a_stretch_is_in_order_and_what_comes_next_joins_it(day, name):
    first, last = stretch(name, day)
    assert first <= last
    if name.startswith("this-"):
        assert first <= day <= last
    if name.startswith("last-"):
        assert stretch(name.replace("last-", "this-"), last)[0] == first


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.engine.dispose()


dues = st.lists(st.sampled_from([None, NOW - timedelta(hours=1), NOW + timedelta(hours=1)]), max_size=2)
phones = st.sampled_from([None, "+380671234567", "ivan@site.ua"])
rows = st.lists(st.tuples(deal_rows(), dues, st.sampled_from(sorted(STATES)), phones), min_size=1, max_size=4)
QUERIES = [
    *("state=open", "state=!won|lost", "team=boss", "team=!boss", "team=-", "team=me|x", "has_task=yes", "has_task=no"),
    *(
        "overdue=yes",
        "overdue=no",
        "late=yes",
        "late=no",
        "late=yes|no",
        "q=Сайт",
        "q=067 123 45 67",
        "q=IVAN site",
        "q=ad",
    ),
    *(
        "amount=1..",
        "amount=..0.9",
        "tags=ad|сайт",
        "tags=!ad",
        "lead.number=1..",
        "lead.field.text=*",
        "stage=new",
        "owner=-",
    ),
    *(
        "closed_at=today",
        "closed_at=..now",
        "closed_at=last-3d",
        "contact.name=~с",
        "lost_reason=price",
        "lead.date=this-week",
    ),
]


def seen(id_, row, due, state, known):
    """The facts of a deal with what its tasks, its team and its names tell."""
    facts = deal_facts(id_, row)
    tasks = [None] * row["tasks"] + due
    is_overdue = any(one is not None and one < NOW for one in due)
    title, contacts = row["title"], row["contacts"]
    facts["deal"] |= {
        "state": STATES[state],
        "team": team_names(COMPANY, HIS if row["owner_id"] else None),
        "open_tasks": len(tasks),
        "has_task": bool(tasks),
        "overdue": is_overdue,
        "late": state == 0 and (not tasks or is_overdue),
        "text": "\n".join([title, *(one["name"] for one in contacts[:1]), known or ""]),
    }
    return Facts(facts)


def put(connection, id_, row, due, state, known):
    put_deal(connection, id_, row)
    contact_id = id_ * 10 if row["contacts"] else None
    connection.execute(update(deal).where(deal.c.id == id_).values(state=state, contact_id=contact_id))
    for at in due:
        values = {"person_id": 1, "title": "", "type": "call", "status": 0, "created_at": NOW, "version": 1}
        connection.execute(insert(task).values(deal_id=id_, due_at=at, **values))
    if known:
        kind = "phone" if known.startswith("+") else "email"
        connection.execute(insert(person_identity).values(kind=kind, value=f"{known}", person_id=id_))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, queries=st.lists(st.lists(st.sampled_from(QUERIES), min_size=1, max_size=3), min_size=1, max_size=6))
def test_sql_finds_those_for_which_the_condition_holds(database, rows, queries):
    owned = set()  # a phone belongs to one person
    rows = [(*row[:3], None if row[3] in owned or owned.add(row[3]) else row[3]) for row in rows]
    plain = [meant(wanted_from(parse_qsl("&".join(query)), "deal", COMPANY)) for query in queries]
    trees = [CONDITIONS.validate_python(one) for one in plain]
    with database.engine.connect() as connection:
        connection.exec_driver_sql("begin" if database.is_sqlite else "select 1")
        for id_, row in enumerate(rows, 1):
            put(connection, id_, *row)
        clauses = [where(tree, FIELDS, now=NOW, zone="Europe/Kyiv") for tree in trees]
        by_sql = [set(connection.scalars(select(deal.c.id).where(clause))) for clause in clauses]
        connection.exec_driver_sql("rollback")

    by_python = [
        {id_ for id_, row in enumerate(rows, 1) if compile(tree, "Europe/Kyiv").test(seen(id_, *row), NOW)}
        for tree in trees
    ]
    assert by_sql == by_python
