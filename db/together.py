"""Few rows for several tables by one statement: where there is little to write, going to the server and back costs most."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Table

from db import bulk

FEW: Final = 4
"""So many rows of each table are few: what one or two leads leave, and not a batch."""

Part = tuple[Table, tuple[str, ...], Sequence[Sequence[Any]]]
"""A table, columns, and rows with their values in that order."""


def are_few(connection: Connection, parts: Sequence[Part]) -> bool:
    """True where one statement is to write them; SQLite, which is not far away, takes each table by itself."""
    return connection.dialect.name != "sqlite" and len(parts) > 1 and max(len(rows) for _, _, rows in parts) <= FEW


def insert(connection: Connection, parts: Sequence[Part]) -> None:
    """Insert into several tables at once, on PostgreSQL.  What one refers to in another is looked for when all are there."""
    values: list[Any] = []
    shapes = []
    for table, columns, rows in parts:
        plan = bulk.plan_of(table, columns)
        is_single = len(rows) == 1
        values += rows[0] if is_single else plan.arrays(rows)
        shapes.append((table, columns, is_single))
    bulk.execute(connection, _statement(tuple(shapes)), values)


@cache
def _statement(shapes: tuple[tuple[Table, tuple[str, ...], bool], ...]) -> str:
    words = []
    for table, columns, is_single in shapes:
        plan = bulk.plan_of(table, columns)
        words.append(plan.insert_one if is_single else plan.insert_several)
    parts = ", ".join(f"w{number} as ({one})" for number, one in enumerate(words[:-1]))
    return f"with {parts} {words[-1]}"
