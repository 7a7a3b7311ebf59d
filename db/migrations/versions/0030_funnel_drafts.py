"""Who saved the draft of a funnel last, when, and how often it was saved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Utc

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "funnel_draft",
        sa.Column("funnel_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["funnel_id"], ["funnel.id"], name="funnel_draft_funnel_id_fkey"),
        sa.PrimaryKeyConstraint("funnel_id", name="funnel_draft_pkey"),
    )
