"""How people look at lists: filters that were saved, and the columns each has chosen."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from db.metadata import metadata
from db.types import BigId, Json, Utc

saved_filter = Table(
    "saved_filter",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("user_id", ForeignKey("user_account.id"), nullable=False),
    Column("subject", Text, nullable=False),  # lead | deal | contact | company | task
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),  # the query string of an address
    Column("is_shared", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Index("saved_filter_subject", "subject", "user_id"),
)

chosen_columns = Table(
    "chosen_columns",
    metadata,
    Column("user_id", BigInteger, nullable=False),
    Column("list", Text, nullable=False),
    Column("columns", Json, nullable=False),
    PrimaryKeyConstraint("user_id", "list"),
)
