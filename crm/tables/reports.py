"""Reports that people saved."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from db.metadata import metadata
from db.types import BigId, Json, Utc

report = Table(
    "report",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("asked", Json, nullable=False),  # its settings: ``crm.reports.asked``
    Column("owner_id", ForeignKey("user_account.id"), nullable=False),
    Column("is_shared", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("changed_by", BigInteger, nullable=False),  # the actor, packed
    Column("version", Integer, nullable=False),
    Index("report_owner", "owner_id"),
)
