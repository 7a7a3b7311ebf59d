"""The table of what came of tests."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, text

from db.metadata import metadata
from db.types import BigId, Json, Utc

_ASKED = text("state = 'asked'")

story_run = Table(
    "story_run",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),  # of what was tested: the funnel's logic and its tests
    Column("funnel", Text, nullable=False),  # its key
    Column("document", Json, nullable=False),
    Column("state", Text, nullable=False),  # asked | done
    Column("results", Json, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("asked_by", BigInteger, nullable=False),  # the actor, packed
    Column("ended_at", Utc),
    Index("story_run_asked", "asked_at", postgresql_where=_ASKED, sqlite_where=_ASKED),
)
