"""Records that are put away; owners of contacts and companies; what belongs to them is found by index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import Utc

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


_INDEXES = (
    ("lead_company", "lead", "company_id", "company_id is not null"),
    ("contact_company", "contact", "company_id", "company_id is not null"),
    ("deal_contact", "deal", "contact_id", "contact_id is not null"),
    ("deal_company", "deal", "company_id", "company_id is not null"),
    ("task_person", "task", "person_id", "deal_id is null and lead_id is null"),
)


def upgrade() -> None:
    """Apply."""
    for table in ("lead", "contact", "company", "deal"):
        op.add_column(table, sa.Column("archived_at", Utc(), nullable=True))
        op.add_column(table, sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    for table in ("contact", "company"):
        op.add_column(table, sa.Column("owner_id", sa.BigInteger(), nullable=True))
    for column in ("type", "city"):
        op.add_column("contact", sa.Column(f"{column}_fold", sa.Text(), nullable=True))
        op.execute(f"update contact set {column}_fold = lower({column}) where {column} is not null")
    for name, table, column, where in _INDEXES:
        op.create_index(name, table, [column], postgresql_where=sa.text(where), sqlite_where=sa.text(where))
    op.create_index("contact_name", "contact", ["name_fold"])
    op.drop_index("deal_board", table_name="deal")
    away = sa.text("archived_at is not null")
    op.create_index("deal_archived", "deal", ["stage_id"], postgresql_where=away, sqlite_where=away)
    current = sa.text("archived_at is null")
    op.create_index(
        "deal_board",
        "deal",
        ["plan_id", "stage_id", "stage_entered_at"],
        postgresql_where=current,
        sqlite_where=current,
    )
