"""When each user was last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("user_account", sa.Column("seen_at", Utc(), nullable=True))
