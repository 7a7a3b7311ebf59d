"""The journal and its projections: the inbox of triggers, time in stage, sums per stage."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, SmallInteger, Table, Text, text

from db.metadata import metadata
from db.types import BigId, Utc

BY_HAND = "(caused_by & 15) < 5 and (caused_by & 2) = 0"
"""What is caused by the system (the command line), by users and by programs: kinds 0, 1 and 4 of ``crm.access.actor.ActorKind``.

Not as a list: SQLite would build a table of it for each row that it writes.
"""

origin = Table(
    "origin",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", Text, nullable=False),  # session | key | stranger | line
    Column("source_id", BigInteger, nullable=False),  # of the session or the key; 0: none
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index("origin_source", "kind", "source_id"),
)

event = Table(
    "event",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("caused_by", BigInteger, nullable=False),  # the actor, packed: see ``crm.access.actor``
    Column("depth", SmallInteger, nullable=False),
    Column("occurred_at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("data", Text, nullable=False),  # compact JSON
    Column("origin_id", BigInteger),  # where a person or a program acted from; runs have none
    Index("event_person", "person_id", "id"),
    # Whoever caused it stands last: what one person did is found along the index, and each event has one entry in all.
    Index(
        "event_by_hand", "recorded_at", "id", "caused_by", postgresql_where=text(BY_HAND), sqlite_where=text(BY_HAND)
    ),
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", BigId, primary_key=True),
    Column("lane", SmallInteger, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("rank", SmallInteger, nullable=False, server_default=text("0")),  # 0 came singly, 1 came in numbers
    Index("inbox_order", "rank", "event_id"),
)

event_watch = Table(
    "event_watch",
    metadata,
    Column("funnel_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("plan", Text, nullable=False),  # a plan's key; empty: any
    PrimaryKeyConstraint("funnel_id", "kind", "plan"),
    sqlite_with_rowid=False,
)

stage_stay = Table(
    "stage_stay",
    metadata,
    Column("deal_id", BigInteger, nullable=False),
    Column("entered_at", Utc, nullable=False),
    Column("left_at", Utc, nullable=False),
    Column("stage_id", BigInteger, nullable=False),
    Column("ended_by", BigInteger, nullable=False),
    Column("id", BigId, primary_key=True),
    Index("stage_stay_deal", "deal_id"),
    Index("stage_stay_stage", "stage_id", "left_at"),
)

stage_total = Table(
    "stage_total",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("plan_id", BigInteger, nullable=False),
    Column("stage_id", BigInteger, nullable=False),
    Column("owner_id", BigInteger, nullable=False),  # 0: nobody
    Column("currency", Text, nullable=False),
    Column("deals", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Index("stage_total_plan", "plan_id"),
)

lane = Table("lane", metadata, Column("id", SmallInteger, primary_key=True, autoincrement=False))
