"""Imports: what was asked for, how far each got, the rows that were rejected, the records that were made, what is undone."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)

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
    Column("state", Text, nullable=False),  # running | finished | undone
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

_BUSY = text("state in ('checking', 'importing')")

import_order = Table(
    "import_order",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", Text, nullable=False),  # leads | deals
    Column("file_name", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),  # of the file as it was sent
    Column("source", Text, nullable=False),  # SHA-256 of the file as it was sent
    Column("content", Text, nullable=False),  # SHA-256 of the table as text: the same, or a sheet of the workbook
    Column("sheet", Text),
    Column("sheets", Json),  # what a workbook has to choose from
    Column("choices", Json, nullable=False),
    Column("values", Json),  # which plans, stages and owners the file names, with their numbers of rows
    Column("state", Text, nullable=False),  # draft | checking | importing | finished | stopped | failed
    Column("is_stopping", Boolean, nullable=False),  # somebody wants it to end
    Column("checked", Json),  # what a trial found
    Column("problem", Json),  # why it failed, with its parts, so that it can be translated
    Column("job_id", BigInteger),
    Column("is_repeat", Boolean, nullable=False),  # the very same import was done before
    Column("bytes_read", BigInteger, nullable=False),
    Column("total_bytes", BigInteger, nullable=False),
    Column("read", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("asked_by", BigInteger, nullable=False),  # the user
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("holder", Text),  # the process that is at it
    Column("held_until", Utc),
    Column("attempts", SmallInteger, nullable=False),  # how often it was begun without getting any further
    Column("version", Integer, nullable=False),
    Index("import_order_busy", "id", postgresql_where=_BUSY, sqlite_where=_BUSY),
    Index("import_order_job", "job_id"),
)

import_record = Table(
    "import_record",
    metadata,
    Column("job_id", BigInteger, nullable=False),
    Column("record_kind", SmallInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("is_new", Boolean, nullable=False),  # else it was there and changed
    PrimaryKeyConstraint("job_id", "record_kind", "record_id"),
    sqlite_with_rowid=False,
)

_UNDOING = text("state = 'undoing'")

import_undo = Table(
    "import_undo",
    metadata,
    Column("job_id", BigId, primary_key=True),
    Column("state", Text, nullable=False),  # undoing | undone | failed
    Column("phase", SmallInteger, nullable=False),  # which kind of record is next
    Column("after", BigInteger, nullable=False),  # the last record that was dealt with
    Column("total", BigInteger, nullable=False),
    Column("removed", Json, nullable=False),  # how many records, by kind
    Column("kept", Json, nullable=False),  # how many were left as they are, by kind
    Column("asked_by", BigInteger, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("holder", Text),
    Column("held_until", Utc),
    Column("attempts", SmallInteger, nullable=False),  # how often it was begun without getting any further
    Index("import_undo_busy", "job_id", postgresql_where=_UNDOING, sqlite_where=_UNDOING),
)
