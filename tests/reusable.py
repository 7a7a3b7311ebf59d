"""A PostgreSQL database that is emptied instead of copied anew, where that leaves no trace."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from psycopg import Connection, sql

MOST_BYTES = 8 << 20
"""Tables that have grown beyond this are faster dropped than emptied."""

_SHAPE = """
select md5(string_agg(line, ';' order by line)) from (
    select format('%s %s %s %s %s', oid, relname, relkind, relnatts, reloptions) line
        from pg_class where relnamespace = 'public'::regnamespace
    union all select format('%s %s %s %s %s %s', attrelid, attnum, attname, atttypid, attnotnull, attoptions)
        from pg_attribute where attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
    union all select format('%s %s %s', oid, conname, convalidated) from pg_constraint
    union all select format('%s %s %s', oid, tgname, tgenabled) from pg_trigger where not tgisinternal
    union all select format('%s', oid) from pg_proc where oid >= 16384
    union all select format('%s %s', oid, extname) from pg_extension
    union all select setconfig::text from pg_db_role_setting
        where setdatabase = (select oid from pg_database where datname = current_database())
) lines
"""
_SIZE = "select sum(pg_relation_size(oid)) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
_LEAVE = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname"
_SEQUENCES = """
select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
from pg_sequences where last_value is not null
"""


@dataclass
class Reusable:
    """A copy of the migrated template.

    Attributes:
        name: of the database.
        address: where to connect to it.
    """

    name: str
    address: str
    _shape: str = field(init=False)
    _given: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Note the schema, and the rows that migrations have written."""
        with self._connection() as connection:
            self._shape = _word(connection, _SHAPE)
            self._given = {table: _content(connection, table) for table in _filled(connection)}

    def emptied(self) -> bool:
        """Make it as it was when it was copied; false where that cannot be, and it is to be dropped.

        It cannot where a test has changed the schema or what migrations have written, has written very much, or where the
        user of the server may not pass over foreign keys.
        """
        try:
            with self._connection() as connection:
                connection.execute(_LEAVE)
                if int(_word(connection, _SIZE)) > MOST_BYTES or _word(connection, _SHAPE) != self._shape:
                    return False
                filled = _filled(connection)
                if any(table not in filled or _content(connection, table) != was for table, was in self._given.items()):
                    return False
                connection.execute("set session_replication_role = replica")  # foreign keys are not looked at
                with connection.transaction():
                    for table in filled:
                        if table not in self._given:
                            connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
                    connection.execute(_SEQUENCES)
        except psycopg.Error:
            return False
        return True

    def _connection(self) -> Connection:
        return psycopg.connect(self.address, autocommit=True)


def _filled(connection: Connection) -> list[str]:
    """Return the tables that hold rows."""
    tables = [row[0] for row in connection.execute(_TABLES)]
    one = sql.SQL("select {} where exists (select from {})")
    asked = sql.SQL(" union all ").join(one.format(sql.Literal(table), sql.Identifier(table)) for table in tables)
    return [row[0] for row in connection.execute(asked)]


def _content(connection: Connection, table: str) -> str:
    lines = sql.SQL("select md5(string_agg(t::text, ';' order by t::text)) from {} t").format(sql.Identifier(table))
    return _word(connection, lines)


def _word(connection: Connection, query: str | sql.Composed) -> str:
    row = connection.execute(query).fetchone()
    assert row is not None
    return str(row[0])
