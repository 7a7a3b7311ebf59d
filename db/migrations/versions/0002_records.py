"""The records: persons, leads, contacts, companies, deals, tasks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "comment",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("record_kind", sa.SmallInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="comment_pkey"),
    )
    op.create_index("comment_record", "comment", ["record_kind", "record_id"], unique=False)
    op.create_table(
        "company",
        sa.Column("id", BigId, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_fold", sa.Text(), nullable=False),
        sa.Column("fields", Json(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="company_pkey"),
        sa.UniqueConstraint("name_fold", name="company_name_fold_key"),
    )
    op.create_table(
        "contact",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_fold", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("fields", Json(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="contact_pkey"),
    )
    op.create_index(
        "contact_external",
        "contact",
        ["external_id"],
        unique=False,
        postgresql_where=sa.text("external_id is not null"),
        sqlite_where=sa.text("external_id is not null"),
    )
    op.create_index("contact_person", "contact", ["person_id"], unique=False)
    op.create_table(
        "deal",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_fold", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("loss_reason_id", sa.BigInteger(), nullable=True),
        sa.Column("left_stage_id", sa.BigInteger(), nullable=True),
        sa.Column("fields", Json(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("stage_entered_at", Utc(), nullable=False),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="deal_pkey"),
    )
    op.create_index("deal_board", "deal", ["plan_id", "stage_id", "stage_entered_at"], unique=False)
    op.create_index(
        "deal_external",
        "deal",
        ["external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
        sqlite_where=sa.text("external_id is not null"),
    )
    op.create_index("deal_owner", "deal", ["owner_id"], unique=False)
    op.create_index("deal_person", "deal", ["person_id"], unique=False)
    op.create_table(
        "deal_product",
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Float(precision=53), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("deal_id", "position", name="deal_product_pkey"),
    )
    op.create_table(
        "field_value",
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Float(precision=53), nullable=True),
        sa.Column("text_key", sa.Text(), nullable=True),
        sa.Column("at", Utc(), nullable=True),
        sa.Column("reference", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("record_id", "field_id", "position", name="field_value_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("field_value_number", "field_value", ["field_id", "number"], unique=False)
    op.create_index("field_value_text", "field_value", ["field_id", "text_key"], unique=False)
    op.create_table(
        "lead",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_fold", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("name_fold", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_fold", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("fields", Json(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="lead_pkey"),
    )
    op.create_index(
        "lead_external",
        "lead",
        ["external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
        sqlite_where=sa.text("external_id is not null"),
    )
    op.create_index(
        "lead_new",
        "lead",
        ["owner_id"],
        unique=False,
        postgresql_where=sa.text("status = 'not_processed'"),
        sqlite_where=sa.text("status = 'not_processed'"),
    )
    op.create_index("lead_person", "lead", ["person_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", BigId, nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="person_pkey"),
    )
    op.create_table(
        "person_identity",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", name="person_identity_pkey"),
    )
    op.create_index("person_identity_person", "person_identity", ["person_id"], unique=False)
    op.create_table(
        "record_tag",
        sa.Column("record_kind", sa.SmallInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_kind", "record_id", "tag_id", name="record_tag_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "task",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("responsible_id", sa.BigInteger(), nullable=True),
        sa.Column("supervisor_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("due_wall", sa.Text(), nullable=True),
        sa.Column("due_zone", sa.Text(), nullable=True),
        sa.Column("awaits", sa.SmallInteger(), nullable=True),
        sa.Column("deadline", Json(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="task_pkey"),
    )
    op.create_index(
        "task_awaiting",
        "task",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("awaits is not null"),
        sqlite_where=sa.text("awaits is not null"),
    )
    op.create_index(
        "task_deal",
        "task",
        ["deal_id"],
        unique=False,
        postgresql_where=sa.text("deal_id is not null"),
        sqlite_where=sa.text("deal_id is not null"),
    )
    op.create_index(
        "task_lead",
        "task",
        ["lead_id"],
        unique=False,
        postgresql_where=sa.text("deal_id is null"),
        sqlite_where=sa.text("deal_id is null"),
    )
    op.create_index(
        "task_open",
        "task",
        ["responsible_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("status = 0"),
        sqlite_where=sa.text("status = 0"),
    )
