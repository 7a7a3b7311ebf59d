"""What makes looking things up quick: parts of words, deals in the order of what lists are sorted by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Utc

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "search_text",
        sa.Column("record_kind", sa.SmallInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("grams", sa.ARRAY(sa.Integer()).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("record_kind", "record_id", name="search_text_pkey"),
    )
    op.create_index(
        "search_text_grams",
        "search_text",
        ["grams"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_table(
        "deal_order",
        sa.Column("deal_id", BigId, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("next_due", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("deal_id", name="deal_order_pkey"),
    )
    op.create_index("deal_order_amount", "deal_order", ["plan_id", "amount", "deal_id"])
    op.create_index("deal_order_title", "deal_order", ["plan_id", "title", "deal_id"])
    op.create_index("deal_order_created", "deal_order", ["plan_id", "created_at", "deal_id"])
    op.create_index("deal_order_closed", "deal_order", ["plan_id", "closed_at", "deal_id"])
    op.create_index("deal_order_due", "deal_order", ["plan_id", "next_due", "deal_id"])
    op.create_table(
        "searched",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("filling", sa.SmallInteger(), nullable=True),
        sa.Column("filled_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="searched_pkey"),
    )
    # One index for who owns what: also in the order of a stage, so that one manager's columns are not looked for among all deals.
    op.drop_index("deal_owner", "deal")
    op.create_index("deal_owner", "deal", ["owner_id", "stage_id", "stage_entered_at"])
