"""Events that come in numbers wait behind those that come singly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("inbox", sa.Column("rank", sa.SmallInteger(), nullable=False, server_default=sa.text("0")))
    op.create_index("inbox_order", "inbox", ["rank", "event_id"], unique=False)
