"""Backups of SQLite: a whole database in a file, taken by SQLite's own online backup."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from db.backups.file import LEFT_OUT, Backup, BackupError, new_file
from db.migrations import known_revisions


def back_up(database: Path, target: Path) -> Backup:
    """Write all that is committed at this moment into a new file; others go on reading and writing.

    Raises:
        BackupError: the file is there already, or cannot be written.
    """
    with new_file(target) as draft, closing(_read_only(database)) as source, closing(sqlite3.connect(draft)) as copy:
        source.backup(copy)  # in one step: beside writers, several steps would begin again and again
        copy.execute("pragma journal_mode = delete")
        for table in LEFT_OUT:
            copy.execute(f'delete from "{table}"')
        copy.commit()
        return _seen(copy, draft)


def check(file: Path) -> Backup:
    """Return what a backup holds.

    Raises:
        BackupError: it is damaged, or of a newer release.
    """
    try:
        with closing(_read_only(file)) as copy:
            return _seen(copy, file)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{file} is damaged: {error}") from error


def restore(file: Path, database: Path) -> Backup:
    """Put a backup in the place of a database that nobody serves.

    Raises:
        BackupError: the backup is damaged, or of a newer release.
    """
    found = check(file)
    draft = database.with_name(f"{database.name}.restored")
    shutil.copyfile(file, draft)
    for leftover in ("-wal", "-shm", "-journal"):
        database.with_name(database.name + leftover).unlink(missing_ok=True)
    draft.replace(database)
    return found


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=30)


def _seen(copy: sqlite3.Connection, file: Path) -> Backup:
    problems = [row[0] for row in copy.execute("pragma quick_check") if row[0] != "ok" and not _is_untrue(row[0])]
    if problems:
        raise BackupError(f"{file} is damaged: {problems[0]}")
    tables = {row[0] for row in copy.execute("select name from sqlite_master where type = 'table'")}
    if "alembic_version" not in tables:
        raise BackupError(f"{file} is not a backup made by `voronka backup`")
    [[schema]] = copy.execute("select version_num from alembic_version").fetchall()
    if schema not in known_revisions():
        raise BackupError(f"{file} has schema {schema}, made by a newer release; install that release")
    rows = sum(
        copy.execute(f'select count(*) from "{table}"').fetchone()[0]
        for table in tables
        if not table.startswith("sqlite_") and table != "alembic_version"
    )
    return Backup(schema, rows, file.stat().st_size)


def _is_untrue(problem: str) -> bool:
    """SQLite 3.40 takes the columns of tables without rowid for others, and so sees nulls where there are none."""
    return problem.startswith("NULL value in ")
