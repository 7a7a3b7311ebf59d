"""People are away for a time, weigh more than others on a plan, and have only so much room."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Utc

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "absence",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("starts_at", Utc(), nullable=False),
        sa.Column("ends_at", Utc(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="absence_user_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="absence_pkey"),
    )
    op.create_index("absence_user", "absence", ["user_id"])
    op.add_column("plan_manager", sa.Column("weight", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("plan_manager", sa.Column("capacity", sa.Integer(), nullable=True))
    op.add_column("plan_manager", sa.Column("back_at", Utc(), nullable=True))
