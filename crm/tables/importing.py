"""Imports: how far each got, and the rows that were rejected."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Table, Text

from db.metadata import metadata
from db.types import BigId, Json, Utc

import_job = Table(
    "import_job",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # digest of all that makes it this import and no other
    Column("fingerprint", Text, nullable=False),  # SHA-256 of the file
    Column("kind", Text, nullable=False),  # leads | deals
    Column("file_name", Text, nullable=False),
    Column("state", Text, nullable=False),  # running | finished
    Column("position", BigInteger, nullable=False),  # rows of the file that were dealt with
    Column("bytes", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("caused_by", BigInteger, nullable=False),  # the actor, packed
    Column("started_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("version", Integer, nullable=False),
)

import_rejected = Table(
    "import_rejected",
    metadata,
    Column("job_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),  # among the rows with data, from 1
    Column("line", BigInteger, nullable=False),
    Column("reason", Json, nullable=False),  # with its parts, so that it can be translated
    Column("column", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("cells", Json, nullable=False),
    PrimaryKeyConstraint("job_id", "number"),
    sqlite_with_rowid=False,
)
