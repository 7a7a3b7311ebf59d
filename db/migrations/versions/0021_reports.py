"""Saved reports; closed deals by the day of closing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "report",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name="report_owner_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="report_pkey"),
    )
    op.create_index("report_owner", "report", ["owner_id"], unique=False)
    is_closed = sa.text("closed_at is not null")
    op.create_index("deal_closed", "deal", ["closed_at"], postgresql_where=is_closed, sqlite_where=is_closed)
