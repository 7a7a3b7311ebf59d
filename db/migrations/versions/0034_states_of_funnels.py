"""Since when a funnel is in its state, and why it paused itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import Json, Utc

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("funnel", sa.Column("state_since", Utc(), nullable=True))
    op.add_column("funnel", sa.Column("tripped", Json(), nullable=True))
