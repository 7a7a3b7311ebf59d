"""Mass starts of records that were chosen; whom a mass start let in is forgotten some time after its end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import Json

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("mass_start", sa.Column("chosen", Json(), nullable=True))
    op.add_column("mass_start", sa.Column("is_cleared", sa.Boolean(), nullable=False, server_default=sa.false()))
