"""What is set up before work starts: the organization, users, sales plans, stages, directories, custom fields."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from db.metadata import metadata
from db.types import BigId, Json, Utc

organization = Table(
    "organization",
    metadata,
    Column("id", BigId, primary_key=True),  # always 1: one company per installation
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("calendar", Json, nullable=False),
    Column("config_version", BigInteger, nullable=False),  # grows with every change of settings: caches compare it
    Column("version", Integer, nullable=False, server_default="1"),  # grows with every change of the company itself
    Column(
        "map_site", Text, nullable=False, server_default=""
    ),  # where addresses are shown; empty: the program of the device
)

role = Table(
    "role",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("rights", Json, nullable=False),
)

user_account = Table(
    "user_account",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("password_hash", Text),
    Column("role_id", ForeignKey("role.id"), nullable=False),
    Column("supervisor_id", ForeignKey("user_account.id")),
    Column("language", Text, nullable=False),
    Column("zone", Text),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seen_at", Utc),
)

sales_plan = Table(
    "sales_plan",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("average_check", BigInteger, nullable=False),  # minor units
    Column("currency", Text, nullable=False),
    Column("chat_label", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("deal_title", Text, nullable=False),  # template
    Column("distribution", Text, nullable=False),  # manual | even
    Column("first_rule", Text, nullable=False),  # none | random | related
    Column("second_rule", Text, nullable=False),  # evenly | fewest
    Column("is_archived", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

stage = Table(
    "stage",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("plan_id", ForeignKey("sales_plan.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("colour", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # open | won | lost | undefined
    Column("asks_reason", Boolean, nullable=False),
    Column("probability", SmallInteger),
    Column("is_folded", Boolean, nullable=False),
    Column("required_fields", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("is_automatic", Boolean, nullable=False, server_default=false()),  # the probability is what history says
    Column("only_forward", Boolean, nullable=False, server_default=false()),  # deals do not go back from here
    Column("dwell_days", SmallInteger),  # longer a deal should not stay
    Column("team_id", BigInteger),  # the user whose team works here
    Column("exit_fact", Text, nullable=False, server_default=""),  # what has happened when a deal may go on
    UniqueConstraint("plan_id", "key"),
)

channel = Table(
    "channel",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("leader_id", ForeignKey("user_account.id")),
    Column("has_quotations", Boolean, nullable=False),
    Column("has_pipeline", Boolean, nullable=False),
    Column("has_leads", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
)

loss_reason = Table(
    "loss_reason",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("for_leads", Boolean, nullable=False),
    Column("for_deals", Boolean, nullable=False),
    Column("asks_comment", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
)

tag = Table(
    "tag",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),  # case-folded
)

product = Table(
    "product",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("price", BigInteger),
)

resource = Table(
    "resource",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
)

field = Table(
    "field",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("record_kind", Text, nullable=False),  # lead | deal | contact | company
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),  # see ``crm.settings.field_definitions.FieldType``
    Column("options", Json, nullable=False),
    Column("position", Integer, nullable=False),
    UniqueConstraint("record_kind", "key"),
)
