"""Hot writes: many rows by one driver call.  The one module that knows how each driver does it fastest.

PostgreSQL takes rows by COPY BINARY, a single one by an insert that is prepared, and updates by unnest of binary arrays; SQLite
takes them by executemany.  Figures behind this are in ``docs/decisions/0003-bulk-writes.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import CompoundSelect, Connection, Dialect, Select, Table
from sqlalchemy.exc import DBAPIError

from db.arrays import Ids
from db.types import copy_type

Row = Sequence[Any]
P = ParamSpec("P")
R = TypeVar("R")


def _telling(call: Callable[Concatenate[Connection, P], R]) -> Callable[Concatenate[Connection, P], R]:
    """Let the driver's errors become SQLAlchemy's, as from any other statement: who catches those catches these."""

    @wraps(call)
    def telling(connection: Connection, /, *args: P.args, **named: P.kwargs) -> R:
        errors = connection.dialect.loaded_dbapi.Error
        try:
            return call(connection, *args, **named)
        except errors as error:
            raise DBAPIError.instance(None, None, error, errors, dialect=connection.dialect) from error

    return telling


@_telling
def insert(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows whose values stand in the order of ``columns``.  One driver call, whatever the number of rows."""
    if not rows:
        return
    plan = plan_of(table, tuple(columns))
    cursor = _cursor(connection)
    if connection.dialect.name == "sqlite":
        cursor.executemany(plan.insert_sqlite, rows)
    elif len(rows) == 1:
        cursor.execute(plan.insert_one, rows[0])
    else:
        with cursor.copy(plan.copy) as copy:
            copy.set_types(plan.types)
            write = copy.write_row
            for row in rows:
                write(row)


@_telling
def update(
    connection: Connection, table: Table, keys: Sequence[str], columns: Sequence[str], rows: Sequence[Row]
) -> int:
    """Update rows found by ``keys``; each row holds the keys' values, then the new ones.  Returns how many were found."""
    if not rows:
        return 0
    plan = plan_of(table, (*keys, *columns))
    cursor = _cursor(connection)
    if connection.dialect.name == "sqlite":
        split = len(keys)
        values = [(*row[split:], *row[:split]) for row in rows]
        sets = ", ".join(f'"{name}" = ?' for name in columns)
        where = " and ".join(f'"{name}" = ?' for name in keys)
        cursor.executemany(f'update "{table.name}" set {sets} where {where}', values)
    else:
        sets = ", ".join(f'"{name}" = u."{name}"' for name in columns)
        where = " and ".join(f't."{name}" = u."{name}"' for name in keys)
        cursor.execute(
            f'update "{table.name}" t set {sets} from {plan.unnest} where {where}',
            plan.arrays(rows),
        )
    return int(cursor.rowcount)


@_telling
def delete(connection: Connection, table: Table, keys: Sequence[str], rows: Sequence[Row]) -> int:
    """Delete the rows with these keys.  Returns how many were found."""
    if not rows:
        return 0
    plan = plan_of(table, tuple(keys))
    cursor = _cursor(connection)
    if connection.dialect.name == "sqlite":
        where = " and ".join(f'"{name}" = ?' for name in keys)
        cursor.executemany(f'delete from "{table.name}" where {where}', rows)
    else:
        where = " and ".join(f't."{name}" = u."{name}"' for name in keys)
        cursor.execute(
            f'delete from "{table.name}" t using {plan.unnest} where {where}',
            plan.arrays(rows),
        )
    return int(cursor.rowcount)


@_telling
def select(
    connection: Connection, statement: Select[Any] | CompoundSelect[Any], parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Run a statement that never changes and return its rows as the driver gives them: moments as stored, JSON as text.

    For reads of whole batches, where rows as objects cost more than the database does.
    """
    compiled = _compiled(statement, connection.dialect)
    values = dict(compiled.constants)
    for name, value in parameters.items():
        if name in compiled.binds:
            bind = compiled.binds[name]
            values[name] = value if bind is None else bind(value)
    cursor = _cursor(connection)
    cursor.execute(compiled.sql, values if compiled.order is None else [values[name] for name in compiled.order])
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@_telling
def execute(connection: Connection, words: str, values: Sequence[Any]) -> None:
    """Run a statement in the driver's own words."""
    _cursor(connection).execute(words, values)


@_telling
def run(connection: Connection, words: str) -> tuple[Any, ...]:
    """Run statements that take nothing, by one call on PostgreSQL, and return the only row of the last."""
    cursor = _cursor(connection)
    cursor.execute(words, prepare=False)
    while cursor.nextset():
        pass
    row: tuple[Any, ...] = cursor.fetchone()
    return row


_Bind = Callable[[Any], Any]


class _Compiled:
    """A statement's text, its own constants, the order of its parameters (``None``: by name) and what each needs first."""

    __slots__ = ("binds", "constants", "order", "sql")

    def __init__(self, statement: Select[Any] | CompoundSelect[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.order = list(compiled.positiontup) if compiled.positiontup is not None else None
        self.binds: dict[str, _Bind | None] = {
            name: parameter.type.dialect_impl(dialect).bind_processor(dialect)
            for name, parameter in compiled.binds.items()
        }
        self.constants = {
            name: value if (bind := self.binds[name]) is None else bind(value)
            for name, value in compiled.params.items()
            if value is not None
        }


@cache
def _compiled(statement: Select[Any] | CompoundSelect[Any], dialect: Dialect) -> _Compiled:
    return _Compiled(statement, dialect)


def _cursor(connection: Connection) -> Any:
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver.cursor()


class Plan:
    """The statements for one table and list of columns."""

    __slots__ = ("copy", "insert_one", "insert_several", "insert_sqlite", "types", "unnest")

    def __init__(self, table: Table, columns: tuple[str, ...]) -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        kinds = [table.c[name].type for name in columns]
        self.types = [copy_type(kind) for kind in kinds]
        self.insert_sqlite = f'insert into "{table.name}" ({names}) values ({", ".join("?" * len(columns))})'
        one = ", ".join(f"%b::{kind}" for kind in self.types)
        self.insert_one = f'insert into "{table.name}" ({names}) values ({one})'
        self.copy = f'copy "{table.name}" ({names}) from stdin (format binary)'
        arrays = ", ".join(f"%b::{kind}[]" for kind in self.types)
        self.unnest = f"unnest({arrays}) as u({names})"
        self.insert_several = f'insert into "{table.name}" ({names}) select * from {self.unnest}'

    def arrays(self, rows: Sequence[Row]) -> list[Any]:
        """Return the columns of rows as PostgreSQL takes them."""
        columns = zip(self.types, map(list, zip(*rows, strict=True)), strict=True)
        return [Ids(one) if kind == "int8" and None not in one else one for kind, one in columns]


@cache
def plan_of(table: Table, columns: tuple[str, ...]) -> Plan:
    """Return them, made once."""
    return Plan(table, columns)
