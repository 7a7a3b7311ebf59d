"""Merges of records with what they changed, so that they can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "merging",
        sa.Column("id", BigId, nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.BigInteger(), nullable=False),
        sa.Column("gone_id", sa.BigInteger(), nullable=False),
        sa.Column("kept", Json(), nullable=True),
        sa.Column("merged_at", Utc(), nullable=False),
        sa.Column("undone_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="merging_pkey"),
    )
    op.create_index("merging_gone", "merging", ["kind", "gone_id"])
    op.create_index("merging_call", "merging", ["call_id"])
