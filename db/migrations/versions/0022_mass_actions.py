"""Mass actions: one thing done to many records, with what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "mass_action",
        sa.Column("id", BigId, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("given", Json(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("chosen", Json(), nullable=True),
        sa.Column("condition", Json(), nullable=True),
        sa.Column("audience", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("undo_position", sa.BigInteger(), nullable=False),
        sa.Column("undone", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("problem", Json(), nullable=True),
        sa.Column("caused_by", sa.BigInteger(), nullable=False),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("is_cleared", sa.Boolean(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="mass_action_pkey"),
    )
    at_work = sa.text("state in ('running', 'undoing')")
    op.create_index("mass_action_due", "mass_action", ["due_at"], postgresql_where=at_work, sqlite_where=at_work)
    op.create_table(
        "mass_action_record",
        sa.Column("mass_action_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("words", Json(), nullable=True),
        sa.Column("before", Json(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("mass_action_id", "record_id", name="mass_action_record_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("mass_action_outcome", "mass_action_record", ["mass_action_id", "outcome", "record_id"])
