"""Backups of PostgreSQL: a zip of COPY texts, one per table, all of one moment; made and put back without ``pg_dump``.

``backup.json`` in it says the format, the schema, the tables in an order in which they can be filled, their columns and rows,
and where the sequences stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from db.backups.file import LEFT_OUT, Backup, BackupError, new_file
from db.database import Database
from db.migrations import known_revisions, upgrade_on

FORMAT: Final = 1
_MANIFEST: Final = "backup.json"
_PIECE: Final = 1 << 20
_PATIENT: Final = "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0"
_TABLES: Final = "select tablename from pg_tables where schemaname = current_schema() order by tablename"
_LINKS: Final = """
select distinct c.conrelid::regclass::text, c.confrelid::regclass::text from pg_constraint c
where c.contype = 'f' and c.conrelid <> c.confrelid and c.connamespace = current_schema()::regnamespace
"""
_COLUMNS: Final = """
select column_name from information_schema.columns
where table_schema = current_schema() and table_name = %s order by ordinal_position
"""
_SEQUENCES: Final = "select sequencename, last_value from pg_sequences where schemaname = current_schema()"


def back_up(database: Database, target: Path) -> Backup:
    """Write all that is committed at this moment into a new file; others go on reading and writing.

    Raises:
        BackupError: the file is there already, or cannot be written.
    """
    with new_file(target) as draft, _plain(database) as connection:
        connection.execute("begin isolation level repeatable read read only")
        connection.execute(_PATIENT)
        manifest: dict[str, Any] = {"format": FORMAT, "schema": _schema(connection), "tables": []}
        with ZipFile(draft, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            for table in _in_order(connection):
                columns = [row[0] for row in connection.execute(_COLUMNS, (table,))]
                rows = _write(connection, archive, table, columns)
                manifest["tables"].append({"name": table, "columns": columns, "rows": rows})
            # Read last: a sequence belongs to no transaction, and must not stand before what was read.
            manifest["sequences"] = {name: last for name, last in connection.execute(_SEQUENCES) if last is not None}
            archive.writestr(_MANIFEST, json.dumps(manifest))
        connection.execute("rollback")
        return _said(manifest, draft)


def check(file: Path) -> Backup:
    """Return what a backup holds.

    Raises:
        BackupError: it is damaged, or of a newer release.
    """
    with _opened(file) as archive:
        if archive.testzip() is not None:
            raise BackupError(f"{file} is damaged: {archive.testzip()}")
        return _said(_manifest(file, archive), file)


def restore(file: Path, database: Database) -> Backup:
    """Put a backup in the place of all our tables, in one transaction: whole, or nothing is changed.

    Raises:
        BackupError: the backup is damaged, or of a newer release.
    """
    found = check(file)
    with _opened(file) as archive, database.engine.connect() as connection:
        manifest = _manifest(file, archive)
        connection.exec_driver_sql(_PATIENT)
        empty(connection)
        upgrade_on(connection, manifest["schema"])
        cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]  # it is connected
        for one in manifest["tables"]:
            _read(cursor, archive, one)
        for name, last in manifest["sequences"].items():
            cursor.execute("select setval(format('%%I', %s::text)::regclass, %s)", (name, last))
        upgrade_on(connection, "head")
        connection.commit()
    with _plain(database) as plain:
        plain.execute("analyze")
    return found


def empty(connection: Connection) -> None:
    """Remove all our tables, in the transaction of the connection."""
    names = [row[0] for row in connection.exec_driver_sql(_TABLES)]
    if names:
        quoted = ", ".join(f'"{name}"' for name in names)
        connection.exec_driver_sql(f"drop table {quoted} cascade")


@contextmanager
def _plain(database: Database) -> Iterator[psycopg.Connection]:
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC -c statement_timeout=0") as connection:
        yield connection


def _schema(connection: psycopg.Connection) -> str:
    row = connection.execute("select version_num from alembic_version").fetchone()
    assert row is not None
    return str(row[0])


def _in_order(connection: psycopg.Connection) -> list[str]:
    """Return the tables so that each comes after those that it refers to."""
    names = {row[0] for row in connection.execute(_TABLES)} - {"alembic_version", *LEFT_OUT}
    needs: dict[str, set[str]] = {name: set() for name in names}
    for name, other in connection.execute(_LINKS):
        if name in needs and other in needs:
            needs[name].add(other)
    found: list[str] = []
    while needs:
        free = sorted(name for name, others in needs.items() if others <= set(found))
        if not free:
            raise BackupError(f"tables refer to each other in a circle: {', '.join(sorted(needs))}")
        found += free
        for name in free:
            del needs[name]
    return found


def _write(connection: psycopg.Connection, archive: ZipFile, table: str, columns: list[str]) -> int:
    statement = sql.SQL("copy {} ({}) to stdout").format(_name(table), sql.SQL(", ").join(map(_name, columns)))
    with connection.cursor() as cursor:
        with archive.open(f"tables/{table}", "w", force_zip64=True) as entry, cursor.copy(statement) as copy:
            for piece in copy:
                entry.write(piece)
        return cursor.rowcount


def _read(cursor: Any, archive: ZipFile, one: dict[str, Any]) -> None:
    cursor.execute(sql.SQL("delete from {}").format(_name(one["name"])))  # what the migrations have put there
    columns = sql.SQL(", ").join(map(_name, one["columns"]))
    statement = sql.SQL("copy {} ({}) from stdin").format(_name(one["name"]), columns)
    with archive.open(f"tables/{one['name']}") as entry, cursor.copy(statement) as copy:
        while piece := entry.read(_PIECE):
            copy.write(piece)


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


@contextmanager
def _opened(file: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(file) as archive:
            yield archive
    except (BadZipFile, EOFError) as error:
        raise BackupError(f"{file} is damaged: {error}") from error


def _manifest(file: Path, archive: ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
    except (KeyError, ValueError) as error:
        raise BackupError(f"{file} is not a backup made by `voronka backup`") from error
    if manifest.get("format") != FORMAT or manifest["schema"] not in known_revisions():
        raise BackupError(f"{file} has schema {manifest.get('schema')}, made by a newer release; install that release")
    return manifest


def _said(manifest: dict[str, Any], file: Path) -> Backup:
    return Backup(manifest["schema"], sum(one["rows"] for one in manifest["tables"]), file.stat().st_size)
