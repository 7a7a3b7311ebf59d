"""Insert what is not there yet, beside others who may insert the same at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, text

from db.types import copy_type
from db.work import Work


def insert_new(work: Work, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> bool:
    """Insert rows that this transaction has just looked for in vain; false where another was first with some of them.

    Then look again: the other has committed.  Rows are to come sorted by their unique key, so that two transactions wait for
    each other and never in a circle.  One statement.
    """
    if not rows:
        return True
    if work.is_sqlite:  # one writer: what it did not find is not there
        work.insert(table, columns, rows)
        return True
    names = ", ".join(f'"{name}"' for name in columns)
    arrays = ", ".join(f"cast(:{name} as {copy_type(table.c[name].type)}[])" for name in columns)
    statement = text(
        f'insert into "{table.name}" ({names}) select * from unnest({arrays}) as u({names}) on conflict do nothing'
    )
    values = {name: list(column) for name, column in zip(columns, zip(*rows, strict=True), strict=True)}
    return work.execute(statement, values) == len(rows)
