"""How each user looks at a board: kept for the next time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import Json

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "board_view",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("folds", Json(), nullable=False),
        sa.Column("shows", Json(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "plan_id", name="board_view_pkey"),
        sqlite_with_rowid=False,
    )
