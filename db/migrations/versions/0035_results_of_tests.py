"""What came of the tests of funnels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_ASKED = sa.text("state = 'asked'")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "story_run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("funnel", sa.Text(), nullable=False),
        sa.Column("document", Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("results", Json(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="story_run_pkey"),
        sa.UniqueConstraint("hash", name="story_run_hash_key"),
    )
    op.create_index("story_run_asked", "story_run", ["asked_at"], postgresql_where=_ASKED, sqlite_where=_ASKED)
