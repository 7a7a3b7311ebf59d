"""Who gets the next deal: pools, counters, reservations of running batches, and the assignments with their reasons."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from db.metadata import metadata
from db.types import BigId, Utc

plan_manager = Table(
    "plan_manager",
    metadata,
    Column("plan_id", ForeignKey("sales_plan.id"), nullable=False),
    Column("user_id", ForeignKey("user_account.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("is_taking", Boolean, nullable=False),  # false: gets no new deals until somebody says otherwise
    Column("weight", Integer, nullable=False, server_default="1"),  # gets so many deals where others get one
    Column("capacity", Integer),  # so many open deals of the plan at most; nothing: any number
    Column("back_at", Utc),  # absences that ended until then are levelled
    PrimaryKeyConstraint("plan_id", "user_id"),
)

absence = Table(
    "absence",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("user_id", ForeignKey("user_account.id"), nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc),  # nothing: until somebody says otherwise
    Column("zone", Text, nullable=False),  # whose days they were given in
    Column("note", Text, nullable=False),
    Index("absence_user", "user_id"),
)

distribution_counter = Table(
    "distribution_counter",
    metadata,
    Column("plan_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("assigned", BigInteger, nullable=False),
    PrimaryKeyConstraint("plan_id", "user_id"),
)

reservation = Table(
    "reservation",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("batch_id", BigInteger, nullable=False),
    Column("plan_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("deals", Integer, nullable=False),
    Column("is_settled", Boolean, nullable=False),
    Index("reservation_plan", "plan_id"),
    Index("reservation_batch", "batch_id"),
)

assignment_round = Table(
    "assignment_round",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("plan_id", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
    Column("rule", Text, nullable=False),
    Column("story", Text, nullable=False),  # compact JSON: what was counted per candidate before, what was adopted
    Column("seed", BigInteger, nullable=False),
)

assignment = Table(
    "assignment",
    metadata,
    Column("record_id", BigInteger, nullable=False),
    Column("round_id", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("reason", SmallInteger, nullable=False),  # 1 evenly, 2 fewest deals, 3 related
    Column("record_kind", SmallInteger, nullable=False),
    PrimaryKeyConstraint("record_id", "record_kind", "round_id"),
    sqlite_with_rowid=False,
)
