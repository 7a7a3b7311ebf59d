"""A PostgreSQL database that is emptied instead of copied anew, where that leaves no trace."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from psycopg import Connection, sql

MOST_BYTES = 8 << 20
"""Tables that have grown beyond this are faster dropped than emptied."""

_OURS = "select oid from pg_class where relnamespace = 'public'::regnamespace"
_STATE = f"""
select md5(string_agg(line, ';' order by line)) from (
    select format('%s %s %s %s %s', oid, relname, relkind, relnatts, reloptions) line
        from pg_class where relnamespace = 'public'::regnamespace
    union all select format('%s %s', count(*), sum(xmin::text::bigint)) from pg_attribute where attrelid in ({_OURS})
    union all select format('%s %s %s', oid, conname, convalidated) from pg_constraint
    union all select format('%s %s %s', oid, tgname, tgenabled) from pg_trigger where not tgisinternal
    union all select format('%s', oid) from pg_proc where oid >= 16384
    union all select s::text from pg_sequence s
    union all select format('%s %s', oid, extname) from pg_extension
    union all select setconfig::text from pg_db_role_setting
        where setdatabase = (select oid from pg_database where datname = current_database())
) lines
union all select sum(pg_relation_size(oid))::text from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'
"""
"""The schema in short, each row of ``pg_attribute`` by the transaction that wrote it; then the size of the tables, in bytes."""
_LEAVE = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname"
_COLUMNS = (
    "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum"
)
_NO_FOREIGN_KEYS = "set session_replication_role = replica"
_SEQUENCES = """
select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
from pg_sequences where last_value is not null
"""
_NUMBERS = """
select format('select setval(%L, %s);', format('%I.%I', schemaname, sequencename), last_value)
from pg_sequences where last_value is not null
"""


@dataclass
class Reusable:
    """A copy of the migrated template.

    It keeps one connection, whose server process knows the tables already: a new one would learn about them anew for each test.

    Attributes:
        name: of the database.
        address: where to connect to it.
    """

    name: str
    address: str
    _connection: Connection = field(init=False)
    _schema: str = field(init=False)
    _which_are_filled: str = field(init=False)
    _given: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Note the schema, and the rows that migrations have written."""
        self._connection = psycopg.connect(self.address, autocommit=True)
        self._schema, _ = self._words(_STATE)
        one = sql.SQL("select {} where exists (select from {})")
        tables = self._words(_TABLES)
        asked = sql.SQL(" union all ").join(one.format(sql.Literal(table), sql.Identifier(table)) for table in tables)
        self._which_are_filled = asked.as_string(self._connection)
        self._given = {table: self._content(table) for table in self._words(self._which_are_filled)}

    def emptied(self) -> bool:
        """Make it as it was when it was copied; false where that cannot be, and it is to be dropped.

        It cannot where a test has changed the schema or what migrations have written, has written very much, or where the
        user of the server may not pass over foreign keys.
        """
        try:
            self._connection.execute(_LEAVE)
            schema, size = self._words(_STATE)
            if int(size) > MOST_BYTES or schema != self._schema:
                return False
            filled = set(self._words(self._which_are_filled))
            if any(table not in filled or self._content(table) != was for table, was in self._given.items()):
                return False
            deleted = [
                sql.SQL("delete from {};").format(sql.Identifier(table)) for table in filled - self._given.keys()
            ]
            self._run(sql.Composed(deleted).as_string(self._connection) + _SEQUENCES)
        except psycopg.Error:
            return False
        return True

    def rows(self) -> str:
        """Return the statements that write what it holds, beyond what migrations have written, into an empty one.

        Raises:
            AssertionError: what migrations have written was changed.
        """
        assert all(self._content(table) == was for table, was in self._given.items())
        filled = [table for table in self._words(self._which_are_filled) if table not in self._given]
        return "".join([*map(self._rows, filled), *self._words(_NUMBERS)])

    def write(self, rows: str) -> bool:
        """Write what ``rows`` of another returned; false where the user of the server may not pass over foreign keys."""
        try:
            self._run(rows)
        except psycopg.errors.InsufficientPrivilege:
            return False
        return True

    def close(self) -> None:
        """Leave it."""
        self._connection.close()

    def _run(self, statements: str) -> None:
        """Run statements in one transaction and one message; foreign keys are not looked at."""
        self._connection.execute(f"{_NO_FOREIGN_KEYS};{statements}", prepare=False)

    def _rows(self, table: str) -> str:
        columns = [row[0] for row in self._connection.execute(_COLUMNS, [table])]
        line = sql.SQL("select format({}, {}) from {}").format(
            sql.Literal("(" + ", ".join(["%L"] * len(columns)) + ")"),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.Identifier(table),
        )
        head = sql.SQL("insert into {} ({}) overriding system value values ").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        lines = [row[0] for row in self._connection.execute(line)]
        return head.as_string(self._connection) + ", ".join(lines) + ";"

    def _content(self, table: str) -> str:
        lines = sql.SQL("select md5(string_agg(t::text, ';' order by t::text)) from {} t").format(sql.Identifier(table))
        return self._words(lines.as_string(self._connection))[0]

    def _words(self, query: str) -> list[str]:
        return [row[0] for row in self._connection.execute(query, prepare=True)]
