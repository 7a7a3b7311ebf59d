"""Search tells titles, names, and phones and addresses apart; one index for what people and programs did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BY_HAND = sa.text("(caused_by & 15) < 5 and (caused_by & 2) = 0")


def upgrade() -> None:
    """Apply."""
    op.drop_index("event_by_actor", table_name="event")
    op.drop_index("event_by_hand", table_name="event")
    op.create_index(
        "event_by_hand", "event", ["recorded_at", "id", "caused_by"], postgresql_where=BY_HAND, sqlite_where=BY_HAND
    )
    # All records are read through once more, in the background.
    for table in ("searched", "search_text", "deal_order"):
        op.execute(f"delete from {table}")
