"""The settings: organization, users, sales plans, directories, fields."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "field",
        sa.Column("id", BigId, nullable=False),
        sa.Column("record_kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="field_pkey"),
        sa.UniqueConstraint("record_kind", "key", name="field_record_kind_key_key"),
    )
    op.create_table(
        "id_block",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="id_block_pkey"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="lease_pkey"),
    )
    op.create_table(
        "loss_reason",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("for_leads", sa.Boolean(), nullable=False),
        sa.Column("for_deals", sa.Boolean(), nullable=False),
        sa.Column("asks_comment", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="loss_reason_pkey"),
        sa.UniqueConstraint("key", name="loss_reason_key_key"),
    )
    op.create_table(
        "organization",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("calendar", Json(), nullable=False),
        sa.Column("config_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="organization_pkey"),
    )
    op.create_table(
        "product",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="product_pkey"),
        sa.UniqueConstraint("name_key", name="product_name_key_key"),
    )
    op.create_table(
        "role",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rights", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="role_pkey"),
        sa.UniqueConstraint("key", name="role_key_key"),
    )
    op.create_table(
        "sales_plan",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("average_check", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("chat_label", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("deal_title", sa.Text(), nullable=False),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("first_rule", sa.Text(), nullable=False),
        sa.Column("second_rule", sa.Text(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="sales_plan_pkey"),
        sa.UniqueConstraint("key", name="sales_plan_key_key"),
    )
    op.create_table(
        "tag",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="tag_pkey"),
        sa.UniqueConstraint("name_key", name="tag_name_key_key"),
    )
    op.create_table(
        "stage",
        sa.Column("id", BigId, nullable=False),
        sa.Column("plan_id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asks_reason", sa.Boolean(), nullable=False),
        sa.Column("probability", sa.SmallInteger(), nullable=True),
        sa.Column("is_folded", sa.Boolean(), nullable=False),
        sa.Column("required_fields", Json(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["sales_plan.id"], name="stage_plan_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="stage_pkey"),
        sa.UniqueConstraint("plan_id", "key", name="stage_plan_id_key_key"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", BigId, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("role_id", BigId, nullable=False),
        sa.Column("supervisor_id", BigId, nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name="user_account_role_id_fkey"),
        sa.ForeignKeyConstraint(["supervisor_id"], ["user_account.id"], name="user_account_supervisor_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="user_account_pkey"),
        sa.UniqueConstraint("login", name="user_account_login_key"),
    )
    op.create_table(
        "channel",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("leader_id", BigId, nullable=True),
        sa.Column("has_quotations", sa.Boolean(), nullable=False),
        sa.Column("has_pipeline", sa.Boolean(), nullable=False),
        sa.Column("has_leads", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["leader_id"], ["user_account.id"], name="channel_leader_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="channel_pkey"),
        sa.UniqueConstraint("key", name="channel_key_key"),
    )
