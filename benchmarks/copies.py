"""More of what the product made: every row of a thousand, copied in the database itself under ids of its own."""

from __future__ import annotations

from collections.abc import Mapping

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


def multiply(
    connection: psycopg.Connection[tuple[object, ...]],
    times: int,
    *,
    shifted: Mapping[str, tuple[str, ...]],
    rewritten: Mapping[tuple[str, str], str],
) -> None:
    """Let there be `times` as many rows of the `shifted` tables, and sums and ids that are true of them.

    `shifted` names the columns of each table that hold ids of what is copied; `rewritten` says by SQL what stands in other
    columns of copy number `k`; the rest are copied as they are.
    """
    if times > 1:
        for table, columns in shifted.items():
            _copy(connection, times - 1, table, columns, rewritten)
    for table, counted in SUMS.items():
        sums = sql.SQL(", ").join(sql.SQL("{0} = {0} * {1}").format(sql.Identifier(name), times) for name in counted)
        connection.execute(sql.SQL("update {} set {}").format(sql.Identifier(table), sums))
    connection.execute("update id_block set next = next + %s", ((times + 1) * STRIDE,))
    for table in shifted:
        connection.execute(
            "select setval(pg_get_serial_sequence(table_name, column_name), %s) from information_schema.columns"
            " where table_name = %s and column_name = 'id' and column_default like 'nextval(%%'",
            ((times + 1) * STRIDE, table),
        )
    connection.execute("vacuum analyze")
    connection.execute("checkpoint")


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
