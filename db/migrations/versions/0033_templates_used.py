"""Templates that were used, and what was made of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "template_use",
        sa.Column("id", BigId, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("opens", sa.Text(), nullable=False),
        sa.Column("made", Json(), nullable=False),
        sa.Column("used_at", Utc(), nullable=False),
        sa.Column("used_by", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="template_use_pkey"),
        sa.UniqueConstraint("token", name="template_use_token_key"),
    )
