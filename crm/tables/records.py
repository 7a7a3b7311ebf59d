"""The records people work with: persons, leads, contacts, companies, deals, tasks, and what hangs on them.

No foreign keys between records: rows come in bulk, each key would cost a look-up per row; ``doctor --deep`` checks the links.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text, text

from db.metadata import metadata
from db.types import BigId, Json, Utc

person = Table(
    "person",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("created_at", Utc, nullable=False),
    Column("merged_into_id", BigInteger),
)

person_identity = Table(
    "person_identity",
    metadata,
    Column("kind", Text, nullable=False),  # phone | email
    Column("value", Text, nullable=False),  # normalised
    Column("person_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("kind", "value"),
    Index("person_identity_person", "person_id"),
)

lead = Table(
    "lead",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("external_id", Text),
    Column("title", Text, nullable=False),
    Column("title_fold", Text, nullable=False),
    Column("name", Text),
    Column("name_fold", Text),
    Column("phone", Text),
    Column("email", Text),
    Column("company_name", Text),
    Column("source", Text),
    Column("source_fold", Text),
    Column("channel_id", BigInteger),
    Column("status", Text, nullable=False),  # not_processed | in_work | unreachable | quality | junk
    Column("owner_id", BigInteger),
    Column("contact_id", BigInteger),
    Column("company_id", BigInteger),
    Column("fields", Json),
    Column("created_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("archived_at", Utc),
    Column("merged_into_id", BigInteger),
    Index("lead_person", "person_id"),
    Index(
        "lead_company",
        "company_id",
        postgresql_where=text("company_id is not null"),
        sqlite_where=text("company_id is not null"),
    ),
    Index(
        "lead_new",
        "owner_id",
        postgresql_where=text("status = 'not_processed'"),
        sqlite_where=text("status = 'not_processed'"),
    ),
    Index(
        "lead_external",
        "external_id",
        unique=True,
        postgresql_where=text("external_id is not null"),
        sqlite_where=text("external_id is not null"),
    ),
)

contact = Table(
    "contact",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("external_id", Text),
    Column("name", Text, nullable=False),
    Column("name_fold", Text, nullable=False),
    Column("phone", Text),
    Column("email", Text),
    Column("type", Text),
    Column("type_fold", Text),
    Column("city", Text),
    Column("city_fold", Text),
    Column("company_id", BigInteger),
    Column("owner_id", BigInteger),
    Column("fields", Json),
    Column("created_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("archived_at", Utc),
    Column("merged_into_id", BigInteger),
    Index("contact_person", "person_id"),
    Index("contact_name", "name_fold"),
    Index(
        "contact_company",
        "company_id",
        postgresql_where=text("company_id is not null"),
        sqlite_where=text("company_id is not null"),
    ),
    Index(
        "contact_external",
        "external_id",
        postgresql_where=text("external_id is not null"),
        sqlite_where=text("external_id is not null"),
    ),
)

company = Table(
    "company",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("external_id", Text),
    Column("name", Text, nullable=False),
    Column("name_fold", Text, nullable=False, unique=True),
    Column("owner_id", BigInteger),
    Column("fields", Json),
    Column("created_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("archived_at", Utc),
    Column("merged_into_id", BigInteger),
)

deal = Table(
    "deal",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("plan_id", BigInteger, nullable=False),
    Column("stage_id", BigInteger, nullable=False),
    Column("owner_id", BigInteger),
    Column("title", Text, nullable=False),
    Column("title_fold", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),  # minor units of ``currency``
    Column("currency", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),  # 0 open, 1 won, 2 lost
    Column("lead_id", BigInteger),
    Column("contact_id", BigInteger),
    Column("company_id", BigInteger),
    Column("external_id", Text),
    Column("loss_reason_id", BigInteger),
    Column("left_stage_id", BigInteger),  # the stage it was closed from
    Column("fields", Json),
    Column("created_at", Utc, nullable=False),
    Column("stage_entered_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("version", Integer, nullable=False),
    Column("archived_at", Utc),
    Column("merged_into_id", BigInteger),
    Index(
        "deal_board",
        "plan_id",
        "stage_id",
        "stage_entered_at",
        postgresql_where=text("archived_at is null"),
        sqlite_where=text("archived_at is null"),
    ),
    Index(
        "deal_archived",
        "stage_id",
        postgresql_where=text("archived_at is not null"),
        sqlite_where=text("archived_at is not null"),
    ),
    Index("deal_owner", "owner_id", "stage_id", "stage_entered_at"),
    Index(
        "deal_closed",
        "closed_at",
        postgresql_where=text("closed_at is not null"),
        sqlite_where=text("closed_at is not null"),
    ),
    Index("deal_person", "person_id"),
    Index(
        "deal_contact",
        "contact_id",
        postgresql_where=text("contact_id is not null"),
        sqlite_where=text("contact_id is not null"),
    ),
    Index(
        "deal_company",
        "company_id",
        postgresql_where=text("company_id is not null"),
        sqlite_where=text("company_id is not null"),
    ),
    Index(
        "deal_external",
        "external_id",
        unique=True,
        postgresql_where=text("external_id is not null"),
        sqlite_where=text("external_id is not null"),
    ),
)

deal_product = Table(
    "deal_product",
    metadata,
    Column("deal_id", BigInteger, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("product_id", BigInteger),
    Column("name", Text, nullable=False),
    Column("quantity", Float(53), nullable=False),
    Column("price", BigInteger, nullable=False),
    PrimaryKeyConstraint("deal_id", "position"),
)

_AWAITING = text("awaits is not null")

task = Table(
    "task",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("deal_id", BigInteger),
    Column("lead_id", BigInteger),
    Column("responsible_id", BigInteger),
    Column("supervisor_id", BigInteger),
    Column("title", Text, nullable=False),
    Column("body", Text),
    Column("type", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),  # 0 open, 1 completed, 2 cancelled, 3 put aside with its record
    Column("due_at", Utc),  # nothing while the event it counts from has not happened
    Column("due_wall", Text),  # what the clock on the wall shows then, in ``due_zone``
    Column("due_zone", Text),
    Column("awaits", SmallInteger),  # the kind of event that sets the deadline
    Column("deadline", Json),  # the rule behind the deadline, where it can still move
    Column("made_by", Text),  # ``funnel/node`` of the run that made it
    Column("run_id", BigInteger),
    Column("created_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("result", Text),
    Column("version", Integer, nullable=False),
    Index(
        "task_open", "responsible_id", "due_at", postgresql_where=text("status = 0"), sqlite_where=text("status = 0")
    ),
    Index(
        "task_deal", "deal_id", postgresql_where=text("deal_id is not null"), sqlite_where=text("deal_id is not null")
    ),
    Index(
        "task_person",
        "person_id",
        postgresql_where=text("deal_id is null and lead_id is null"),
        sqlite_where=text("deal_id is null and lead_id is null"),
    ),
    Index("task_awaiting", "person_id", postgresql_where=_AWAITING, sqlite_where=_AWAITING),
    Index("task_lead", "lead_id", postgresql_where=text("deal_id is null"), sqlite_where=text("deal_id is null")),
)

record_tag = Table(
    "record_tag",
    metadata,
    Column("record_kind", SmallInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("tag_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("record_kind", "record_id", "tag_id"),
    sqlite_with_rowid=False,
)

field_value = Table(
    "field_value",
    metadata,
    Column("field_id", BigInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("number", Float(53)),
    Column("text_key", Text),  # case-folded
    Column("at", Utc),
    Column("reference", BigInteger),
    PrimaryKeyConstraint("record_id", "field_id", "position"),
    Index("field_value_number", "field_id", "number"),
    Index("field_value_text", "field_id", "text_key"),
    Index(
        "field_value_reference",
        "reference",
        "at",
        postgresql_where=text("reference is not null"),
        sqlite_where=text("reference is not null"),
    ),
    sqlite_with_rowid=False,
)

comment = Table(
    "comment",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("record_kind", SmallInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("author_id", BigInteger),
    Column("created_at", Utc, nullable=False),
    Index("comment_record", "record_kind", "record_id"),
)
