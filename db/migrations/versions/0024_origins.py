"""The journal says where people and programs act from, and lists quickly what they did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Utc

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BY_HAND = sa.text("(caused_by & 15) < 5 and (caused_by & 2) = 0")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "origin",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="origin_pkey"),
    )
    op.create_index("origin_source", "origin", ["kind", "source_id"])
    op.add_column("event", sa.Column("origin_id", sa.BigInteger()))
    op.create_index("event_by_hand", "event", ["recorded_at", "id"], postgresql_where=BY_HAND, sqlite_where=BY_HAND)
    op.create_index(
        "event_by_actor", "event", ["caused_by", "recorded_at", "id"], postgresql_where=BY_HAND, sqlite_where=BY_HAND
    )
