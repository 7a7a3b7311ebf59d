"""Merges of records, with what they changed: so that they can be taken back."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from db.metadata import metadata
from db.types import BigId, Json, Utc

merging = Table(
    "merging",
    metadata,
    Column("id", BigId, primary_key=True),
    Column(
        "call_id", BigInteger, nullable=False
    ),  # of those that were merged together the first: they are taken back together
    Column("kind", Text, nullable=False),
    Column("survivor_id", BigInteger, nullable=False),
    Column("gone_id", BigInteger, nullable=False),
    Column("kept", Json),  # with the first: what was changed, from what to what
    Column("merged_at", Utc, nullable=False),
    Column("undone_at", Utc),
    Index("merging_gone", "kind", "gone_id"),
    Index("merging_call", "call_id"),
)
