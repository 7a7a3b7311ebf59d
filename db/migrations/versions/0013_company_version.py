"""The company has a version: who saves an old view of it is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("organization", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
