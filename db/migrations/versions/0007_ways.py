"""Ways in: forms, webhooks, answers kept for repeated requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "form",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("button", sa.Text(), nullable=False),
        sa.Column("thanks", sa.Text(), nullable=False),
        sa.Column("redirect", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="form_pkey"),
        sa.UniqueConstraint("key", name="form_key_key"),
        sa.UniqueConstraint("public_id", name="form_public_id_key"),
    )
    op.create_table(
        "form_submission",
        sa.Column("id", BigId, nullable=False),
        sa.Column("form_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="form_submission_pkey"),
    )
    op.create_index("form_submission_form", "form_submission", ["form_id", "received_at"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", Json(), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="idempotency_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("idempotency_at", "idempotency", ["at"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", BigId, nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("problems", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="webhook_delivery_pkey"),
    )
    op.create_index(
        "webhook_delivery_payload",
        "webhook_delivery",
        ["webhook_id", "id"],
        unique=False,
        postgresql_where=sa.text("payload is not null"),
        sqlite_where=sa.text("payload is not null"),
    )
    op.create_index("webhook_delivery_webhook", "webhook_delivery", ["webhook_id", "received_at"], unique=False)
    op.create_table(
        "webhook_in",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mapping", Json(), nullable=False),
        sa.Column("makes_leads", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="webhook_in_pkey"),
        sa.UniqueConstraint("key", name="webhook_in_key_key"),
        sa.UniqueConstraint("token_hash", name="webhook_in_token_hash_key"),
    )
