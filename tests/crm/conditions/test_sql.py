from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import select

from crm.conditions.sql import where
from crm.errors import InvalidError
from crm.tables.records import deal, lead
from db.database import Database
from engine.condition import RecordCondition, check, compile
from engine.facts import Facts
from tests.crm.conditions.rows import (
    CUSTOM,
    DEALS,
    LEADS,
    STAGES,
    deal_facts,
    deal_rows,
    lead_facts,
    lead_rows,
    put_deal,
    put_lead,
    reals,
    whole,
)
from tests.engine.conditions import (
    DAYS,
    NOW,
    TREE,
    number_leaves,
    record_leaves,
    tag_leaves,
    text_leaves,
    time_leaves,
    trees,
)

CONDITIONS = TypeAdapter(RecordCondition)
ZONES = st.sampled_from(["UTC", "Europe/Kyiv", "Pacific/Auckland"])

LEAD_PATHS = st.sampled_from(
    [
        *("lead.id", "lead.title", "lead.source", "lead.owner", "lead.owner_id", "lead.created_at", "lead.channel"),
        *(f"lead.field.{key}" for key, _ in CUSTOM.values()),
        *("lead.tags", "lead.open_tasks", "contact.name", "contact.created_at"),
    ]
)
DEAL_PATHS = st.sampled_from(
    [
        *("deal.amount", "deal.title", "deal.plan", "deal.stage", "deal.owner", "deal.closed_at", "deal.lost_reason"),
        *("deal.tags", "deal.open_tasks", "deal.currency", "contact.name"),
        *("lead.source", "lead.field.text", "lead.field.number", "lead.tags", "lead.open_tasks"),
    ]
)
LEAD_CONDITIONS = trees(
    st.one_of(
        record_leaves(LEAD_PATHS),
        text_leaves(st.sampled_from(["lead.title", "lead.source", "lead.owner", "lead.field.text", "contact.name"])),
        number_leaves(st.sampled_from(["lead.id", "lead.open_tasks", "lead.field.number", "lead.field.user"])),
        time_leaves(
            st.sampled_from(["lead.created_at", "lead.field.date", "lead.field.datetime", "contact.created_at"])
        ),
        tag_leaves(st.sampled_from(["lead.tags", "lead.field.choices"])),
    )
).map(CONDITIONS.validate_python)
DEAL_CONDITIONS = trees(
    st.one_of(
        record_leaves(DEAL_PATHS),
        text_leaves(st.sampled_from(["deal.title", "deal.stage", "deal.currency", "lead.source", "lead.field.text"])),
        number_leaves(st.sampled_from(["deal.amount", "deal.open_tasks", "lead.open_tasks", "lead.field.number"])),
        time_leaves(st.sampled_from(["deal.closed_at"])),
        tag_leaves(st.sampled_from(["deal.tags", "lead.tags"])),
    )
).map(CONDITIONS.validate_python)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.engine.dispose()


@contextmanager
def filled(database, put, rows) -> Iterator:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("begin" if database.is_sqlite else "select 1")
        for id_, row in enumerate(rows, 1):
            put(connection, id_, row)
        yield connection
        connection.exec_driver_sql("rollback")


def found(connection, table, fields, condition, zone):
    clause = where(condition, fields, now=NOW, zone=zone)
    return set(connection.scalars(select(table.c.id).where(clause)))


def answers(facts_of, rows, condition, zone):
    compiled = compile(condition, zone)
    return {id_ for id_, row in enumerate(rows, 1) if compiled.test(Facts(facts_of(id_, row)), NOW)}


usual = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def agree(database, put, table, model, facts_of, rows, conditions, zone):
    """Check that SQL finds those for which the conditions hold."""
    with filled(database, put, rows) as connection:
        by_sql = [found(connection, table, model, condition, zone) for condition in conditions]

    assert by_sql == [answers(facts_of, rows, condition, zone) for condition in conditions]


@usual
@given(
    rows=st.lists(lead_rows(), min_size=1, max_size=4),
    conditions=st.lists(LEAD_CONDITIONS, min_size=1, max_size=8),
    zone=ZONES,
)
def test_leads_found_by_sql_are_those_for_which_the_condition_holds(database, rows, conditions, zone):
    agree(database, put_lead, lead, LEADS, lead_facts, rows, conditions, zone)


@usual
@given(
    rows=st.lists(deal_rows(), min_size=1, max_size=4),
    conditions=st.lists(DEAL_CONDITIONS, min_size=1, max_size=8),
    zone=ZONES,
)
def test_deals_found_by_sql_are_those_for_which_the_condition_holds(database, rows, conditions, zone):
    agree(database, put_deal, deal, DEALS, deal_facts, rows, conditions, zone)


@usual
@given(
    amounts=st.lists(st.one_of(whole, st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=4),
    limit=st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), reals),
    op=st.sampled_from(["greater", "greater_or_equal", "less", "less_or_equal", "is", "is_not"]),
)
def test_large_amounts_are_compared_exactly(database, amounts, limit, op):
    rows = [DEAL | {"amount": amount} for amount in amounts]
    condition = CONDITIONS.validate_python({"op": op, "field": "deal.amount", "value": limit})

    with filled(database, put_deal, rows) as connection:
        by_sql = found(connection, deal, DEALS, condition, "UTC")

    assert by_sql == answers(deal_facts, rows, condition, "UTC")


DEAL = {
    "title": "",
    "stage": STAGES[0],
    "owner_id": None,
    "closed_at": None,
    "lost": None,
    "currency": "UAH",
    "tasks": 0,
    "contacts": [],
    "tags": (),
    "lead": None,
}


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ({"op": "is", "value": "2026-06-05"}, {2}),
        ({"op": "is_not", "value": "2026-06-05"}, {1, 3}),
        ({"op": "in", "values": ["2026-06-05", "2026-06-04", "2026-02-31", 5]}, {1, 2}),
        ({"op": "is", "value": "2026-02-31"}, set()),
        ({"op": "is", "value": 5}, set()),
        ({"op": "after", "value": "2026-06-04"}, {2}),
        ({"op": "within_last", "value": {"days": 1}}, {1, 2}),
        ({"op": "before", "value": {"days": 1}}, {1, 2}),
        ({"op": "contains", "value": "2026"}, set()),
    ],
)
def test_days_are_found_by_sql(database, condition, ids):
    rows = [LEAD | {"date": DAYS[0]}, LEAD | {"date": DAYS[1]}, LEAD]
    tree = CONDITIONS.validate_python({"field": "lead.field.date", **condition})

    with filled(database, put_lead, rows) as connection:
        by_sql = found(connection, lead, LEADS, tree, "UTC")

    assert by_sql == ids == answers(lead_facts, rows, tree, "UTC")


LEAD = {"title": "", "source": None, "owner_id": None, "channel_id": None, "created_at": NOW, "tags": (), "tasks": 0}
LEAD |= {"contacts": [], "choices": []} | dict.fromkeys(["text", "number", "date", "datetime", "bool", "user"])


@pytest.mark.parametrize("path", ["deal.colour", "colour.deal", "person.name", "contact.field.x", "trigger.text"])
def test_a_field_that_is_not_there_is_refused(path):
    condition = TREE.validate_python({"op": "empty", "field": path})

    with pytest.raises(InvalidError, match=rf"deal has no field {path}"):
        where(condition, DEALS, now=NOW, zone="UTC")
    assert [problem.code for problem in check(condition, DEALS)] == ["field_unknown"]


@pytest.mark.parametrize(
    "leaf",
    [
        {"op": "changed", "field": "deal.stage"},
        {"op": "was", "field": "deal.stage", "value": "new"},
        {"op": "visited", "node": "call"},
    ],
)
def test_what_only_a_run_knows_is_refused(leaf):
    with pytest.raises(InvalidError, match=f"{leaf['op']} is known only while a funnel runs"):
        where(TREE.validate_python(leaf), DEALS, now=NOW, zone="UTC")


def test_the_kinds_of_fields_are_known_for_the_check():
    kinds = {path: LEADS.kind(path) for path in ("lead.title", "lead.owner", "lead.tags", "lead.field.choices")}

    assert kinds == {"lead.title": "text", "lead.owner": "choice", "lead.tags": "tags", "lead.field.choices": "tags"}
