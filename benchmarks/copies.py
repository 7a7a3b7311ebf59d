"""More of what the product made: every row of a thousand, copied in the database itself under ids of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
from psycopg import sql

STRIDE = 1_000_000
"""How far apart the ids of two copies lie; those of the originals are all below."""

SUMS: Mapping[str, tuple[str, ...]] = {
    "stage_total": ("deals", "amount"),
    "node_total": ("entered", "left", "failed"),
    "distribution_counter": ("assigned",),
    "reservation": ("deals",),
}
"""What counts rows, and so grows as many times as they do."""


AT_ONCE = 2
"""So many tables are copied at once: one on each processor."""


def multiply(
    conninfo: str,
    times: int,
    *,
    shifted: Mapping[str, tuple[str, ...]],
    rewritten: Mapping[tuple[str, str], str],
    indexes_last: bool = False,
) -> None:
    """Let there be `times` as many rows of the `shifted` tables, and sums and ids that are true of them.

    `shifted` names the columns of each table that hold ids of what is copied; `rewritten` says by SQL what stands in other
    columns of copy number `k`; the rest are copied as they are.  With `indexes_last` those of the tables are made anew when
    all rows are there, in a fraction of the time; else they grow as they do while leads come.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if times > 1 and indexes_last:
            with _in_a_hurry(connection), ThreadPoolExecutor(AT_ONCE) as threads:
                for done in [
                    threads.submit(_copy_bare, conninfo, times - 1, table, shifted[table], rewritten)
                    for table in _largest_first(connection, tuple(shifted))
                ]:
                    done.result()
        elif times > 1:
            for table, columns in shifted.items():
                _copy(connection, times - 1, table, columns, rewritten)
        for table, counted in SUMS.items():
            sums = sql.SQL(", ").join(
                sql.SQL("{0} = {0} * {1}").format(sql.Identifier(name), times) for name in counted
            )
            connection.execute(sql.SQL("update {} set {}").format(sql.Identifier(table), sums))
        connection.execute("update id_block set next = next + %s", ((times + 1) * STRIDE,))
        for table in shifted:
            connection.execute(
                "select setval(pg_get_serial_sequence(table_name, column_name), %s) from information_schema.columns"
                " where table_name = %s and column_name = 'id' and column_default like 'nextval(%%'",
                ((times + 1) * STRIDE, table),
            )
        if not indexes_last:
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")


@contextmanager
def _in_a_hurry(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[None]:
    """Let the server wait for no disk; meanwhile a crash would cost what nobody measures yet."""
    for setting in _HURRY:
        connection.execute(sql.SQL("alter system set {}").format(sql.SQL(setting)))
    connection.execute("select pg_reload_conf()")
    try:
        yield
    finally:
        for setting in _HURRY:
            name = sql.Identifier(setting.partition(" ")[0])
            connection.execute(sql.SQL("alter system reset {}").format(name))
        connection.execute("select pg_reload_conf()")


_HURRY = ("fsync = off", "full_page_writes = off", "max_wal_size = '16GB'", "checkpoint_timeout = '1h'")


def _largest_first(connection: psycopg.Connection[tuple[object, ...]], tables: tuple[str, ...]) -> list[str]:
    rows = connection.execute(
        "select relname from pg_class where relkind = 'r' and relname = any(%s) and relnamespace = 'public'::regnamespace"
        " order by pg_total_relation_size(oid) desc, relname",
        (list(tables),),
    )
    return [str(row[0]) for row in rows]


def _copy_bare(
    conninfo: str, times: int, table: str, shifted: tuple[str, ...], rewritten: Mapping[tuple[str, str], str]
) -> None:
    """Copy the rows of a table that has no index meanwhile, then make its indexes, and let its statistics be fresh."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")  # no key is looked up: the originals were
        connection.execute("set maintenance_work_mem = '256MB'")
        made_again = bare(connection, table)
        _copy(connection, times, table, shifted, rewritten)
        connection.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(table)))
        for statement in made_again:
            connection.execute(statement)


def bare(connection: psycopg.Connection[tuple[object, ...]], table: str) -> list[sql.SQL]:
    """Take the indexes of a table away, but those that another table's key needs; return what makes them again."""
    keys = connection.execute(
        "select conname, pg_get_constraintdef(c.oid) from pg_constraint c where conrelid = %s::regclass and contype in ('p', 'u')"
        " and not exists (select from pg_constraint f where f.contype = 'f' and f.conindid = c.conindid)",
        (table,),
    ).fetchall()
    indexes = connection.execute(
        "select relname, pg_get_indexdef(indexrelid) from pg_index join pg_class on pg_class.oid = indexrelid"
        " where indrelid = %s::regclass and not exists (select from pg_constraint where conindid = indexrelid)",
        (table,),
    ).fetchall()
    for name, _ in keys:
        drop = sql.SQL("alter table {} drop constraint {}")
        connection.execute(drop.format(sql.Identifier(table), sql.Identifier(str(name))))
    for name, _ in indexes:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(str(name))))
    add = "alter table {} add constraint {} {}"
    made = [sql.SQL(add.format(_quoted(table), _quoted(str(name)), said)) for name, said in keys]
    return [*made, *(sql.SQL(str(said)) for _, said in indexes)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _copy(
    connection: psycopg.Connection[tuple[object, ...]],
    times: int,
    table: str,
    shifted: tuple[str, ...],
    rewritten: Mapping[tuple[str, str], str],
) -> None:
    columns = [
        str(row[0])
        for row in connection.execute(
            "select column_name from information_schema.columns where table_name = %s order by ordinal_position",
            (table,),
        )
    ]
    values = [
        sql.SQL(rewritten[table, column])
        if (table, column) in rewritten
        else sql.SQL("{} + k * {}").format(sql.Identifier(column), STRIDE)
        if column in shifted
        else sql.Identifier(column)
        for column in columns
    ]
    connection.execute(
        sql.SQL(
            "insert into {table} ({columns}) select {values} from generate_series(1, {times}) k, {table} where {which}"
        ).format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(values),
            times=times,
            which=sql.SQL("person_id > 0" if table == "event" else "true"),  # settings were changed only once
        )
    )
