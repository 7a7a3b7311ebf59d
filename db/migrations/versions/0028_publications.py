"""Publications: what was chosen for those inside when a version was published, so that it can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("funnel_version", sa.Column("note", sa.Text(), nullable=True))
    op.create_table(
        "publication",
        sa.Column("id", BigId, nullable=False),
        sa.Column("funnel_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("before_id", sa.BigInteger(), nullable=True),
        sa.Column("state_before", sa.Text(), nullable=False),
        sa.Column("published_at", Utc(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="publication_pkey"),
        sa.ForeignKeyConstraint(["funnel_id"], ["funnel.id"], name="publication_funnel_id_fkey"),
    )
    op.create_index("publication_funnel", "publication", ["funnel_id", "id"])
    op.create_table(
        "publication_place",
        sa.Column("publication_id", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("publication_id", "node", name="publication_place_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "publication_run",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("before", Json(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "fence", name="publication_run_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("publication_run_publication", "publication_run", ["publication_id"])
