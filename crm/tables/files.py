"""Files that people sent, by their content, in pieces."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from db.metadata import metadata
from db.types import Utc

stored_file = Table(
    "stored_file",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", Utc, nullable=False),
)

stored_piece = Table(
    "stored_piece",
    metadata,
    Column("sha256", Text, nullable=False),
    Column("number", Integer, nullable=False),  # from 0
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("sha256", "number"),
)
