"""Funnels, versions, runs and what they leave behind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "batch",
        sa.Column("id", BigId, nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("events", Json(), nullable=False),
        sa.Column("runs", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="batch_pkey"),
    )
    op.create_table(
        "funnel",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("draft", Json(), nullable=False),
        sa.Column("numbers", Json(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="funnel_pkey"),
        sa.UniqueConstraint("key", name="funnel_key_key"),
    )
    op.create_table(
        "node_total",
        sa.Column("id", BigId, nullable=False),
        sa.Column("funnel_id", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="node_total_pkey"),
    )
    op.create_index("node_total_funnel", "node_total", ["funnel_id", "node"], unique=False)
    op.create_table(
        "refusal",
        sa.Column("id", BigId, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("funnel_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="refusal_pkey"),
    )
    op.create_index("refusal_funnel", "refusal", ["funnel_id", "at"], unique=False)
    op.create_index("refusal_person", "refusal", ["person_id"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("funnel_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", sa.SmallInteger(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("enrol_key", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="run_pkey"),
    )
    op.create_index(
        "run_enrolment",
        "run",
        ["funnel_id", "subject_kind", "subject_id", "enrol_key"],
        unique=True,
        postgresql_where=sa.text("enrol_key is not null"),
        sqlite_where=sa.text("enrol_key is not null"),
    )
    op.create_index(
        "run_live",
        "run",
        ["funnel_id", "status"],
        unique=False,
        postgresql_where=sa.text("status < 10"),
        sqlite_where=sa.text("status < 10"),
    )
    op.create_index("run_person", "run", ["person_id"], unique=False)
    op.create_table(
        "step",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "fence", name="step_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subscription",
        sa.Column("id", BigId, nullable=False),
        sa.Column("token_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("port", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("data", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="subscription_pkey"),
    )
    op.create_index("subscription_person", "subscription", ["person_id", "kind"], unique=False)
    op.create_index("subscription_token", "subscription", ["token_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", BigId, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("arrived_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("is_arriving", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="token_pkey"),
    )
    op.create_index(
        "token_due",
        "token",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at is not null"),
        sqlite_where=sa.text("due_at is not null"),
    )
    op.create_index("token_run", "token", ["run_id"], unique=False)
    op.create_table(
        "funnel_version",
        sa.Column("id", BigId, nullable=False),
        sa.Column("funnel_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", Json(), nullable=False),
        sa.Column("numbers", Json(), nullable=False),
        sa.Column("logic_hash", sa.Text(), nullable=False),
        sa.Column("published_at", Utc(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["funnel_id"], ["funnel.id"], name="funnel_version_funnel_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="funnel_version_pkey"),
        sa.UniqueConstraint("funnel_id", "number", name="funnel_version_funnel_id_number_key"),
    )
