"""The journal, its projections, and distribution."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "assignment",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False),
        sa.Column("record_kind", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "record_kind", "round_id", name="assignment_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "assignment_round",
        sa.Column("id", BigId, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="assignment_round_pkey"),
    )
    op.create_table(
        "distribution_counter",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("assigned", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "user_id", name="distribution_counter_pkey"),
    )
    op.create_table(
        "event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("caused_by", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("occurred_at", Utc(), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="event_pkey"),
    )
    op.create_index("event_person", "event", ["person_id", "id"], unique=False)
    op.create_table(
        "event_watch",
        sa.Column("funnel_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("funnel_id", "kind", "plan", name="event_watch_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="inbox_pkey"),
    )
    op.create_table(
        "lane",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="lane_pkey"),
    )
    op.bulk_insert(sa.table("lane", sa.column("id", sa.SmallInteger())), [{"id": lane} for lane in range(256)])
    op.create_table(
        "reservation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("deals", sa.Integer(), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="reservation_pkey"),
    )
    op.create_index("reservation_batch", "reservation", ["batch_id"], unique=False)
    op.create_index("reservation_plan", "reservation", ["plan_id"], unique=False)
    op.create_table(
        "stage_stay",
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", Utc(), nullable=False),
        sa.Column("left_at", Utc(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name="stage_stay_pkey"),
    )
    op.create_index("stage_stay_deal", "stage_stay", ["deal_id"], unique=False)
    op.create_index("stage_stay_stage", "stage_stay", ["stage_id", "left_at"], unique=False)
    op.create_table(
        "stage_total",
        sa.Column("id", BigId, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("deals", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="stage_total_pkey"),
    )
    op.create_index("stage_total_plan", "stage_total", ["plan_id"], unique=False)
    op.create_table(
        "plan_manager",
        sa.Column("plan_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_taking", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["sales_plan.id"], name="plan_manager_plan_id_fkey"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="plan_manager_user_id_fkey"),
        sa.PrimaryKeyConstraint("plan_id", "user_id", name="plan_manager_pkey"),
    )
