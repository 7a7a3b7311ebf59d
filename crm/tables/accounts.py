"""How people and programs come in: sessions of browsers, links that work once, keys of the API, and what is told to a user."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from db.metadata import metadata
from db.types import BigId, Json, Utc

user_session = Table(
    "user_session",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("user_id", ForeignKey("user_account.id"), nullable=False),
    Column("browser", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Index("user_session_user", "user_id"),
)

one_time_link = Table(
    "one_time_link",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("user_id", ForeignKey("user_account.id"), nullable=False),
    Column("purpose", Text, nullable=False),  # invitation | password
    Column("created_by", BigInteger, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("rights", Json, nullable=False),
    Column("start", Text, nullable=False),  # its first characters, to tell keys apart
    Column("created_by", BigInteger, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("used_at", Utc),
    Column("is_active", Boolean, nullable=False),
)

notification = Table(
    "notification",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("deal_id", BigInteger),
    Column("lead_id", BigInteger),
    Column("created_at", Utc, nullable=False),
    Column("read_at", Utc),
    Index("notification_user", "user_id", "id"),
    Index(
        "notification_unread",
        "user_id",
        postgresql_where=text("read_at is null"),
        sqlite_where=text("read_at is null"),
    ),
)

mail_server = Table(
    "mail_server",
    metadata,
    Column("id", BigId, primary_key=True),  # always 1
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("security", Text, nullable=False),  # none | starttls | tls
    Column("login", Text, nullable=False),
    Column("password", Text, nullable=False),  # never shown, never logged
    Column("sender", Text, nullable=False),
    Column("per_minute", Integer, nullable=False, server_default="60"),  # so many messages leave in a minute at most
    Column("version", Integer, nullable=False),
)

installation_secret = Table(
    "installation_secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

board_view = Table(
    "board_view",
    metadata,
    Column("user_id", BigInteger, nullable=False),
    Column("plan_id", BigInteger, nullable=False),
    Column("mode", Text, nullable=False),  # board | list
    Column("query", Text, nullable=False),  # the filter, as an address holds it
    Column("folds", Json, nullable=False),  # a stage's key to whether he folded or unfolded it
    Column("shows", Json),  # what a card shows, in order; nothing: the usual
    PrimaryKeyConstraint("user_id", "plan_id"),
    sqlite_with_rowid=False,
)
"""How a user looks at a plan: kept for the next time."""
