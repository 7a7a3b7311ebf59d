"""The table of templates that were used."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from db.metadata import metadata
from db.types import BigId, Json, Utc

template_use = Table(
    "template_use",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("token", Text, nullable=False, unique=True),  # of the page on which it was asked for: once is enough
    Column("template", Text, nullable=False),
    Column("opens", Text, nullable=False),  # the key of the funnel, or of the plan
    Column("made", Json, nullable=False),  # kinds and keys of what was made, in order
    Column("used_at", Utc, nullable=False),
    Column("used_by", BigInteger, nullable=False),  # the actor, packed
    Column("undone_at", Utc),
)
