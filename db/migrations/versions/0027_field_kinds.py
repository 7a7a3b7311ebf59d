"""Resources that are booked, the site of maps, and fields that name other records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "resource",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="resource_pkey"),
        sa.UniqueConstraint("key", name="resource_key_key"),
    )
    op.add_column("organization", sa.Column("map_site", sa.Text(), nullable=False, server_default=""))
    named = sa.text("reference is not null")
    op.create_index(
        "field_value_reference", "field_value", ["reference", "at"], postgresql_where=named, sqlite_where=named
    )
