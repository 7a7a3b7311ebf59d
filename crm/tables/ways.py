"""How leads come in by themselves: public forms, webhooks of other programs, and answers kept for repeated requests."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from db.metadata import metadata
from db.types import BigId, Json, Utc

form = Table(
    "form",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("public_id", Text, nullable=False, unique=True),  # 128 random bits; stands in public addresses, so no secret
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("intro", Text, nullable=False),
    Column("fields", Json, nullable=False),
    Column("button", Text, nullable=False),
    Column("thanks", Text, nullable=False),
    Column("redirect", Text, nullable=False),  # empty, or an address with http(s)
    Column("source", Text, nullable=False),
    Column("channel", Text, nullable=False),  # a key, or empty
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
)

form_submission = Table(
    "form_submission",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("form_id", BigInteger, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("received_at", Utc, nullable=False),
    Index("form_submission_form", "form_id", "received_at"),
)

webhook_in = Table(
    "webhook_in",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("start", Text, nullable=False),  # the first characters of the token, to tell addresses apart
    Column("name", Text, nullable=False),
    Column("mapping", Json, nullable=False),
    Column("makes_leads", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("webhook_id", BigInteger, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("lead_id", BigInteger),
    Column("payload", Text),  # kept of the last few only
    Column("problems", Json),  # values that did not fit
    Index("webhook_delivery_webhook", "webhook_id", "received_at"),
    Index(
        "webhook_delivery_payload",
        "webhook_id",
        "id",
        postgresql_where=text("payload is not null"),
        sqlite_where=text("payload is not null"),
    ),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", Text, nullable=False),  # whose keys: form:7, webhook:3, api:2
    Column("key", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Json),
    Column("at", Utc, nullable=False),
    PrimaryKeyConstraint("scope", "key"),
    Index("idempotency_at", "at"),
    sqlite_with_rowid=False,
)
