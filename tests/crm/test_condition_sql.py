from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import insert, select

from crm.condition_fields import SubjectFields
from crm.condition_sql import where
from crm.directory import Directory, FieldDefinition, Plan, Stage, User
from crm.errors import InvalidError
from crm.tables.records import contact, deal, field_value, lead, record_tag
from db.database import Database
from engine.calendar import WorkingCalendar
from engine.condition import RecordCondition, check, compile
from engine.event import SUBJECT_CODES
from engine.facts import Facts
from tests.engine.conditions import DAYS, MOMENTS, NOW, TEXTS, TREE, record_leaves, trees

CONDITIONS = TypeAdapter(RecordCondition)
ZONES = st.sampled_from(["UTC", "Europe/Kyiv", "Pacific/Auckland"])

STAGES = (Stage(11, "new", "New", "open", 0, 0, False, (), ""), Stage(12, "Сайт", "Site", "open", 1, 0, False, (), ""))
PLAN = Plan(1, "ad", "Ads", 0, "UAH", "", "", "manual", "none", "evenly", STAGES, (), False, {})
ANN = User(7, "САЙТ", "Ann", "manager", frozenset(), None, True)
TAGS = {1: "Сайт", 2: "ad", 3: "strasse"}
CUSTOM = {
    1: ("text", "text"),
    2: ("number", "number"),
    3: ("date", "date"),
    4: ("datetime", "datetime"),
    5: ("bool", "bool"),
    6: ("choices", "choices"),
    7: ("link", "link"),
}
SETTINGS = Directory(
    version=1,
    organization={},
    calendar=WorkingCalendar(),
    users={ANN.id: ANN},
    logins={ANN.login: ANN},
    plans={PLAN.id: PLAN},
    plan_keys={PLAN.key: PLAN},
    stages={stage.id: stage for stage in STAGES},
    tags=TAGS,
    tag_keys={name.casefold(): id_ for id_, name in TAGS.items()},
    channels={1: "site"},
    channel_keys={"site": 1},
    loss_reasons={1: "price"},
    loss_reason_keys={"price": 1},
    fields=MappingProxyType(
        {("lead", key): FieldDefinition(id_, "lead", key, key, type_, ()) for id_, (key, type_) in CUSTOM.items()}
    ),
    watched={},
)
LEADS = SubjectFields(SETTINGS, "lead")
DEALS = SubjectFields(SETTINGS, "deal")

LEAD_PATHS = st.sampled_from(
    [
        *("lead.id", "lead.title", "lead.source", "lead.owner", "lead.owner_id", "lead.created_at", "lead.channel"),
        *(f"lead.field.{key}" for key, _ in CUSTOM.values()),
        *("lead.tags", "person.tags", "contact.name", "contact.tags", "contact.created_at"),
    ]
)
DEAL_PATHS = st.sampled_from(
    [
        *("deal.amount", "deal.title", "deal.plan", "deal.stage", "deal.owner", "deal.closed_at", "deal.lost_reason"),
        *("deal.tags", "lead.source", "lead.field.text", "lead.field.number", "lead.tags"),
    ]
)

whole = st.sampled_from([0, 1, 2, 90, 100, -5])
reals = st.sampled_from([0.0, 1.0, 1.5, 90.0, -5.0])
texts = st.sampled_from(TEXTS)
tag_ids = st.frozensets(st.sampled_from(sorted(TAGS)))


def maybe(values):
    return st.one_of(st.none(), values)


@st.composite
def lead_rows(draw):
    source = draw(maybe(texts))
    return {
        "title": draw(texts),
        "source": source,
        "owner_id": draw(maybe(st.just(ANN.id))),
        "channel_id": draw(maybe(st.just(1))),
        "created_at": draw(st.sampled_from(MOMENTS)),
        "tags": draw(tag_ids),
        "person_tags": draw(tag_ids),
        "text": draw(maybe(texts)),
        "number": draw(maybe(reals)),
        "date": draw(maybe(st.sampled_from(DAYS))),
        "datetime": draw(maybe(st.sampled_from(MOMENTS))),
        "bool": draw(maybe(st.booleans())),
        "choices": draw(st.lists(texts, max_size=3, unique_by=str.casefold)),
        "link": draw(maybe(whole)),
        "contact": draw(maybe(st.fixed_dictionaries({"name": texts, "at": st.sampled_from(MOMENTS), "tags": tag_ids}))),
    }


@st.composite
def deal_rows(draw):
    return {
        "title": draw(texts),
        "amount": draw(whole),
        "stage": draw(st.sampled_from(STAGES)),
        "owner_id": draw(maybe(st.just(ANN.id))),
        "closed_at": draw(maybe(st.sampled_from(MOMENTS))),
        "lost": draw(maybe(st.just(1))),
        "tags": draw(tag_ids),
        "lead": draw(maybe(lead_rows())),
    }


def fold(text):
    return None if text is None else text.casefold()


def names(ids):
    return frozenset(TAGS[id_] for id_ in ids)


def lead_facts(id_, row):
    own = {
        "id": id_,
        "title": row["title"],
        "source": row["source"],
        "owner": None if row["owner_id"] is None else ANN.login,
        "owner_id": row["owner_id"],
        "channel": None if row["channel_id"] is None else "site",
        "created_at": row["created_at"],
        "tags": names(row["tags"]),
        **{f"field.{key}": row[key] for key, _ in CUSTOM.values()},
    }
    other = row["contact"] or {"name": None, "at": None, "tags": ()}
    return {
        "lead": own,
        "person": {"tags": names(row["person_tags"])},
        "contact": {"name": other["name"], "created_at": other["at"], "tags": names(other["tags"])},
    }


def deal_facts(id_, row):
    linked = {} if row["lead"] is None else lead_facts(id_, row["lead"])
    return {
        "lead": linked.get("lead", {}),
        "deal": {
            "amount": row["amount"],
            "title": row["title"],
            "plan": PLAN.key,
            "stage": row["stage"].key,
            "owner": None if row["owner_id"] is None else ANN.login,
            "closed_at": row["closed_at"],
            "lost_reason": None if row["lost"] is None else "price",
            "tags": names(row["tags"]),
        },
    }


def put_tags(connection, kind, id_, ids):
    for tag_id in ids:
        connection.execute(insert(record_tag).values(record_kind=SUBJECT_CODES[kind], record_id=id_, tag_id=tag_id))


def put_lead(connection, id_, row):
    linked = row["contact"]
    connection.execute(
        insert(lead).values(
            id=id_,
            person_id=id_,
            title=row["title"],
            title_fold=fold(row["title"]),
            source=row["source"],
            source_fold=fold(row["source"]),
            status="in_work",
            owner_id=row["owner_id"],
            channel_id=row["channel_id"],
            contact_id=None if linked is None else id_,
            created_at=row["created_at"],
            version=1,
        )
    )
    put_tags(connection, "lead", id_, row["tags"])
    put_tags(connection, "person", id_, row["person_tags"])
    for position, (field_id, value) in enumerate(stored_values(row)):
        connection.execute(insert(field_value).values(field_id=field_id, record_id=id_, position=position, **value))
    if linked is not None:
        name = linked["name"]
        connection.execute(
            insert(contact).values(
                id=id_, person_id=id_, name=name, name_fold=fold(name), created_at=linked["at"], version=1
            )
        )
        put_tags(connection, "contact", id_, linked["tags"])


def stored_values(row):
    """Yield the rows of custom values as their command writes them."""
    plain = {
        "text": ("text_key", fold),
        "number": ("number", float),
        "datetime": ("at", None),
        "link": ("reference", int),
    }
    plain |= {"date": ("at", lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC)), "bool": ("number", float)}
    for field_id, (key, _) in CUSTOM.items():
        if key == "choices":
            yield from ((field_id, {"text_key": fold(choice)}) for choice in row[key])
        elif row[key] is not None:
            column, change = plain[key]
            yield field_id, {column: change(row[key]) if change else row[key]}


def put_deal(connection, id_, row):
    connection.execute(
        insert(deal).values(
            id=id_,
            person_id=id_,
            plan_id=PLAN.id,
            stage_id=row["stage"].id,
            owner_id=row["owner_id"],
            title=row["title"],
            title_fold=fold(row["title"]),
            amount=row["amount"],
            currency="UAH",
            state=0,
            lead_id=None if row["lead"] is None else id_,
            loss_reason_id=row["lost"],
            created_at=NOW,
            stage_entered_at=NOW,
            closed_at=row["closed_at"],
            version=1,
        )
    )
    put_tags(connection, "deal", id_, row["tags"])
    if row["lead"] is not None:
        put_lead(connection, id_, row["lead"])


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


@usual
@given(
    rows=st.lists(lead_rows(), min_size=1, max_size=4),
    trees=st.lists(trees(record_leaves(LEAD_PATHS)).map(CONDITIONS.validate_python), min_size=1, max_size=8),
    zone=ZONES,
)
def test_leads_found_by_sql_are_those_for_which_the_condition_holds(database, rows, trees, zone):
    with filled(database, put_lead, rows) as connection:
        by_sql = [found(connection, lead, LEADS, tree, zone) for tree in trees]

    assert by_sql == [answers(lead_facts, rows, tree, zone) for tree in trees]


@usual
@given(
    rows=st.lists(deal_rows(), min_size=1, max_size=4),
    trees=st.lists(trees(record_leaves(DEAL_PATHS)).map(CONDITIONS.validate_python), min_size=1, max_size=8),
    zone=ZONES,
)
def test_deals_found_by_sql_are_those_for_which_the_condition_holds(database, rows, trees, zone):
    with filled(database, put_deal, rows) as connection:
        by_sql = [found(connection, deal, DEALS, tree, zone) for tree in trees]

    assert by_sql == [answers(deal_facts, rows, tree, zone) for tree in trees]


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


DEAL = {"title": "", "stage": STAGES[0], "owner_id": None, "closed_at": None, "lost": None, "tags": (), "lead": None}


@pytest.mark.parametrize("path", ["deal.colour", "colour.deal", "person.name", "contact.field.x", "trigger.text"])
def test_a_field_that_is_not_there_is_refused(path):
    condition = TREE.validate_python({"op": "empty", "field": path})

    with pytest.raises(InvalidError, match=rf"deal records have no field {path}"):
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
