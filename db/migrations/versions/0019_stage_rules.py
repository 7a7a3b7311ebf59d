"""Stages say how long a deal should stay, whose team works there, what leads on, and whether it only goes forward."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("stage", sa.Column("is_automatic", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("stage", sa.Column("only_forward", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("stage", sa.Column("dwell_days", sa.SmallInteger(), nullable=True))
    op.add_column("stage", sa.Column("team_id", sa.BigInteger(), nullable=True))
    op.add_column("stage", sa.Column("exit_fact", sa.Text(), nullable=False, server_default=""))
