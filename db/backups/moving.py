"""Move: a backup of SQLite is put into PostgreSQL, for who has outgrown one machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite as sqlite_dialect

from db import bulk
from db.backups.file import LEFT_OUT, Backup, BackupError
from db.backups.postgresql import empty
from db.backups.sqlite import check
from db.database import Database
from db.metadata import metadata
from db.migrations import head, upgrade_on

_AT_ONCE: Final = 5000
_PATIENT: Final = "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0"
_SERIALS: Final = """
select table_name, column_name from information_schema.columns
where table_schema = current_schema() and column_default like 'nextval(%%'
"""


def move(file: Path, database: Database) -> Backup:
    """Put a backup of SQLite in the place of all our tables on PostgreSQL, in one transaction: whole, or nothing is changed.

    The tables must be known: whoever calls has imported them.

    Raises:
        BackupError: the backup is damaged, or not at this release's schema.
    """
    found = check(file)
    if found.schema != head():
        raise BackupError(f"{file} has schema {found.schema}: restore it on SQLite with this release and back up again")
    with closing(sqlite3.connect(file)) as source, database.engine.connect() as target:
        target.exec_driver_sql(_PATIENT)
        empty(target)
        upgrade_on(target, "head")
        for table in metadata.sorted_tables:
            if table.name in LEFT_OUT:
                continue
            target.execute(table.delete())
            columns = [column.name for column in table.columns]
            reads = _reads(table)
            names = ", ".join(f'"{name}"' for name in columns)
            cursor = source.execute(f'select {names} from "{table.name}"{_parents_first(table)}')
            while rows := cursor.fetchmany(_AT_ONCE):
                bulk.insert(target, table, columns, [_converted(row, reads) for row in rows])
        for name, column in target.exec_driver_sql(_SERIALS).all():
            target.exec_driver_sql(
                f"""select setval(pg_get_serial_sequence('"{name}"', '{column}'), max("{column}")) from "{name}" """
            )
        target.commit()
    return found


def _parents_first(table: Table) -> str:
    """Return an order in which rows that refer to rows of the same table mostly come later; COPY checks at its end only."""
    return ' order by "id"' if "id" in table.columns else ""


def _reads(table: Table) -> list[Callable[[Any], Any] | None]:
    """Return what turns each stored value into the one that PostgreSQL's driver takes; JSON stays text."""
    dialect = sqlite_dialect.dialect()
    reads: list[Callable[[Any], Any] | None] = []
    for column in table.columns:
        kind = column.type
        is_text = type(kind).__name__ == "Json"
        reads.append(None if is_text else kind.dialect_impl(dialect).result_processor(dialect, None))
    return reads


def _converted(row: Sequence[Any], reads: Sequence[Callable[[Any], Any] | None]) -> tuple[Any, ...]:
    return tuple(
        value if read is None or value is None else read(value) for value, read in zip(row, reads, strict=True)
    )
