"""Imports in the browser, with their files; what an import made, so that it can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.types import BigId, Json, Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "import_order",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("sheets", Json(), nullable=True),
        sa.Column("choices", Json(), nullable=False),
        sa.Column("values", Json(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_stopping", sa.Boolean(), nullable=False),
        sa.Column("checked", Json(), nullable=True),
        sa.Column("problem", Json(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("is_repeat", sa.Boolean(), nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), nullable=False),
        sa.Column("total_bytes", sa.BigInteger(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("held_until", Utc(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="import_order_pkey"),
    )
    op.create_index(
        "import_order_busy",
        "import_order",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state in ('checking', 'importing')"),
        sqlite_where=sa.text("state in ('checking', 'importing')"),
    )
    op.create_index("import_order_job", "import_order", ["job_id"], unique=False)
    op.create_table(
        "import_record",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("record_kind", sa.SmallInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "record_kind", "record_id", name="import_record_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "import_undo",
        sa.Column("job_id", BigId, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.SmallInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("removed", Json(), nullable=False),
        sa.Column("kept", Json(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("held_until", Utc(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="import_undo_pkey"),
    )
    op.create_index(
        "import_undo_busy",
        "import_undo",
        ["job_id"],
        unique=False,
        postgresql_where=sa.text("state = 'undoing'"),
        sqlite_where=sa.text("state = 'undoing'"),
    )
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="stored_file_pkey"),
    )
    op.create_table(
        "stored_piece",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "number", name="stored_piece_pkey"),
    )
