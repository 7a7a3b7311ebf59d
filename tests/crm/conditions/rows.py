"""Leads and deals in every state, as rows of the tables and as facts."""

from datetime import UTC, datetime
from types import MappingProxyType

from hypothesis import strategies as st
from sqlalchemy import insert

from crm.conditions.fields import SubjectFields
from crm.directory import Directory, FieldDefinition, Plan, Stage, User
from crm.tables.records import contact, deal, field_value, lead, record_tag, task
from engine.calendar import WorkingCalendar
from engine.event import SUBJECT_CODES
from tests.engine.conditions import DAYS, MOMENTS, NOW, TEXTS

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
    7: ("user", "user"),
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
    forms={},
    webhooks={},
    watched={},
    title_paths=frozenset(),
)
LEADS = SubjectFields(SETTINGS, "lead")
DEALS = SubjectFields(SETTINGS, "deal")

whole = st.sampled_from([0, 1, 2, 90, 100, -5])
reals = st.sampled_from([0.0, 1.0, 1.5, 90.0, -5.0])
texts = st.sampled_from(TEXTS)
tag_ids = st.frozensets(st.sampled_from(sorted(TAGS)))


def maybe(values):
    return st.one_of(st.none(), values)


contacts = st.lists(st.fixed_dictionaries({"name": texts, "at": st.sampled_from(MOMENTS)}), max_size=2)


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
        "tasks": draw(st.integers(0, 2)),
        "text": draw(maybe(texts)),
        "number": draw(maybe(reals)),
        "date": draw(maybe(st.sampled_from(DAYS))),
        "datetime": draw(maybe(st.sampled_from(MOMENTS))),
        "bool": draw(maybe(st.booleans())),
        "choices": draw(st.lists(texts, max_size=3, unique_by=str.casefold)),
        "user": draw(maybe(whole)),
        "contacts": draw(contacts),
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
        "currency": draw(st.sampled_from(["AD", "UAH"])),
        "tasks": draw(st.integers(0, 2)),
        "contacts": draw(contacts),
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
        "open_tasks": row["tasks"],
        **{f"field.{key}": row[key] for key, _ in CUSTOM.values()},
    }
    return {"lead": own, "contact": contact_facts(row)}


def contact_facts(row):
    oldest = next(iter(row["contacts"]), None)
    return {} if oldest is None else {"name": oldest["name"], "created_at": oldest["at"]}


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
            "open_tasks": row["tasks"],
            "currency": row["currency"],
        },
        "contact": contact_facts(row),
    }


def put_tags(connection, kind, id_, ids):
    for tag_id in ids:
        connection.execute(insert(record_tag).values(record_kind=SUBJECT_CODES[kind], record_id=id_, tag_id=tag_id))


def put_lead(connection, id_, row):
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
            created_at=row["created_at"],
            version=1,
        )
    )
    put_tags(connection, "lead", id_, row["tags"])
    put_tasks(connection, row["tasks"], lead_id=id_)
    for position, (field_id, value) in enumerate(stored_values(row)):
        connection.execute(insert(field_value).values(field_id=field_id, record_id=id_, position=position, **value))
    put_contacts(connection, id_, row["contacts"])


def put_contacts(connection, person_id, found):
    for number, one in enumerate(found):
        name = one["name"]
        connection.execute(
            insert(contact).values(
                id=person_id * 10 + number,
                person_id=person_id,
                name=name,
                name_fold=fold(name),
                created_at=one["at"],
                version=1,
            )
        )


def put_tasks(connection, count, **of):
    for status in [0] * count + [1]:
        connection.execute(
            insert(task).values(person_id=1, title="", type="call", status=status, created_at=NOW, version=1, **of)
        )


def stored_values(row):
    """Yield the rows of custom values as their command writes them."""
    plain = {
        "text": ("text_key", fold),
        "number": ("number", float),
        "datetime": ("at", None),
        "user": ("reference", int),
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
            currency=row["currency"],
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
    put_tasks(connection, row["tasks"], deal_id=id_)
    if row["lead"] is not None:
        put_lead(connection, id_, row["lead"] | {"contacts": []})
    put_contacts(connection, id_, row["contacts"])
