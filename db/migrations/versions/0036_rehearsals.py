"""Rehearsals: what was asked for, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_BUSY = sa.text("state in ('asked', 'running')")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rehearsal",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("funnel_id", sa.BigInteger(), nullable=False),
        sa.Column("document", Json(), nullable=False),
        sa.Column("starts_at", Utc(), nullable=False),
        sa.Column("ends_at", Utc(), nullable=False),
        sa.Column("is_unkind", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("result", Json()),
        sa.Column("problem", Json()),
        sa.Column("caused_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc()),
    )
    op.create_index("rehearsal_funnel", "rehearsal", ["funnel_id", "id"])
    op.create_index("rehearsal_due", "rehearsal", ["due_at"], postgresql_where=_BUSY, sqlite_where=_BUSY)
    op.create_table(
        "rehearsal_walk",
        sa.Column("rehearsal_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", sa.SmallInteger(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("nodes", sa.Text(), nullable=False),
        sa.Column("moments", Json(), nullable=False),
        sa.PrimaryKeyConstraint("rehearsal_id", "number"),
        sqlite_with_rowid=False,
    )
