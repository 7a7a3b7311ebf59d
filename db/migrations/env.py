"""Alembic's entry: run the migrations on the connection that the caller holds."""

from __future__ import annotations

from alembic import context

from db.metadata import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, transactional_ddl=False, transaction_per_migration=False
)
context.run_migrations()
