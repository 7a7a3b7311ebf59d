"""Migrations: one Alembic tree for both databases.  Add first, remove a release later."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from db.database import Database
from db.errors import SchemaError


def config() -> Config:
    """Return Alembic's settings for our tree."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.set_main_option("path_separator", "os")
    return settings


def upgrade(url: str) -> None:
    """Bring a database to the newest schema; a database that is there already stays as it is.

    Raises:
        SchemaError: the database was migrated by a newer release.
    """
    database = Database(url)
    try:
        upgrade_database(database)
    finally:
        database.close()


def upgrade_database(database: Database) -> None:
    """The same for an open database."""
    if database.path is not None:
        database.path.parent.mkdir(parents=True, exist_ok=True)
    settings = config()
    known = known_revisions()
    with database.engine.connect() as connection:
        here = current(connection)
        if here is not None and here not in known:
            raise SchemaError(f"the database has schema {here}, made by a newer release; install that release")
        if database.is_sqlite:
            connection.exec_driver_sql("begin immediate")
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        if database.is_sqlite:
            connection.exec_driver_sql("commit")
        else:
            connection.commit()


def upgrade_on(connection: Connection, revision: str) -> None:
    """Bring the database of a connection to a revision, in the transaction that the caller commits."""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, revision)


def head() -> str:
    """Return the newest revision that this release knows."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    assert found is not None
    return found


def known_revisions() -> frozenset[str]:
    """Return all revisions that this release knows."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(config()).walk_revisions())


def current(connection: Connection) -> str | None:
    """Return the revision that a database is at, ``None`` for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def check(database: Database) -> None:
    """Refuse a database that is not at the newest schema.

    Raises:
        SchemaError: says which command helps.
    """
    newest = head()
    with database.engine.connect() as connection:
        here = current(connection)
    if here != newest:
        raise SchemaError(
            f"the database is at schema {here or 'none'}, this release needs {newest}: run `voronka migrate`"
        )
