"""Funnels can be paused: the moments of their waits are put aside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import Utc

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("token", sa.Column("held_due_at", Utc(), nullable=True))
