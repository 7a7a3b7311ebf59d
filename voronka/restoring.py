"""Putting a backup back: only where nobody works, and over data only where that is said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, select
from sqlalchemy.exc import DatabaseError

from db.backups import moving, postgresql, sqlite
from db.backups.file import BackupError, kind_of
from db.database import Database
from db.processes import SILENT, process
from engine.text import _l
from voronka.lock import sole_server
from voronka.opening import unreachable

if TYPE_CHECKING:
    from db.backups.file import Backup


def restore(file: Path, database: Database, *, replace: bool) -> Backup:
    """Put a backup into a database; ``replace`` allows one that holds data already.

    Raises:
        BackupError: it cannot be used here; somebody works on the database; or it holds data that are not to be replaced.
        DatabaseBusyError: a server holds the embedded database.
        UnreachableError: the database does not answer.
    """
    kind = kind_of(file)
    if database.path is not None:
        if kind == "postgresql":
            raise BackupError(
                _l("{file} is a backup of PostgreSQL: set VORONKA_DATABASE_URL=postgresql://…", file=file)
            )
        with sole_server(database.path):
            _refuse_data(database, is_there=database.path.exists(), replace=replace)
            database.close()
            return sqlite.restore(file, database.path)
    try:
        with database.engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
        _refuse_data(database, is_there="alembic_version" in tables, replace=replace)
        if "process" in tables:
            _refuse_company(database)
        if kind == "postgresql":
            return postgresql.restore(file, database)
        import crm.tables  # noqa: F401  all tables must be known
        import funnels.tables  # noqa: F401

        return moving.move(file, database)
    except DatabaseError as error:
        raise unreachable(database, error) from error


def _refuse_data(database: Database, *, is_there: bool, replace: bool) -> None:
    if is_there and not replace and _holds_data(database):
        raise BackupError(
            _l("the database holds data already: --replace puts the backup in their place, and they are lost")
        )


def _holds_data(database: Database) -> bool:
    """Tell whether anybody was ever added: a database that was only migrated is as good as empty."""
    try:
        with database.engine.connect() as connection:
            return connection.exec_driver_sql("select 1 from user_account limit 1").first() is not None
    except DatabaseError:
        return True  # not known to be ours, so not to be thrown away unasked


def _refuse_company(database: Database) -> None:
    """Refuse while processes live: they hold ids and settings in memory that would no longer be true."""
    with database.reading() as work:
        alive = work.rows(
            select(process.c.kind, process.c.host, process.c.pid).where(process.c.seen_at > work.now - SILENT)
        )
    if alive:
        named = ", ".join(f"{one.kind} {one.pid} ({one.host})" for one in alive)
        raise BackupError(_l("processes are at work: stop them first: {processes}", processes=named))
