"""Whom a mass start let in: to look at what became of a sample."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "mass_start_record",
        sa.Column("mass_start_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mass_start_id", "record_id", name="mass_start_record_pkey"),
        sqlite_with_rowid=False,
    )
