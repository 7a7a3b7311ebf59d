"""Saved filters, and the columns that people choose for lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "saved_filter",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="saved_filter_user_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="saved_filter_pkey"),
    )
    op.create_index("saved_filter_subject", "saved_filter", ["subject", "user_id"])
    op.create_table(
        "chosen_columns",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("columns", Json(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "list", name="chosen_columns_pkey"),
    )
