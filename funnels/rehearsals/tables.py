"""The tables of rehearsals: what was asked for and what came of it.  Nothing else of a rehearsal is ever stored."""

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

_BUSY = text("state in ('asked', 'running')")

rehearsal = Table(
    "rehearsal",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("funnel_id", BigInteger, nullable=False),
    Column("document", Json, nullable=False),  # the draft as it was when it was asked for
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),  # excluded
    Column("is_unkind", Boolean, nullable=False),  # no message arrives, no request is answered
    Column("person_id", BigInteger),  # only this person; nothing: everybody
    Column("state", Text, nullable=False),  # asked | running | finished | failed | aborted
    Column("percent", SmallInteger, nullable=False),
    Column("attempts", SmallInteger, nullable=False),  # how often workers began
    Column("due_at", Utc, nullable=False),  # when somebody else may take it: whoever is at it moves this on
    Column("result", Json),
    Column("problem", Json),
    Column("caused_by", BigInteger, nullable=False),  # the actor, packed
    Column("asked_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Index("rehearsal_funnel", "funnel_id", "id"),
    Index("rehearsal_due", "due_at", postgresql_where=_BUSY, sqlite_where=_BUSY),
)

rehearsal_walk = Table(
    "rehearsal_walk",
    metadata,
    Column("rehearsal_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),  # in the order in which they began
    Column("person_id", BigInteger, nullable=False),
    Column("subject_kind", SmallInteger, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting | parked | ended
    Column("outcome", Text, nullable=False),
    Column("nodes", Text, nullable=False),  # the ids of nodes it came to, each between spaces
    Column("moments", Json, nullable=False),  # what happened when: see ``funnels.rehearsals.looking.Moment``
    PrimaryKeyConstraint("rehearsal_id", "number"),
    sqlite_with_rowid=False,
)
