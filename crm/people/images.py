"""Rows as they stood before and after a change, and the way back: only where they still stand so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, select

from db.types import Json, Utc, dumps
from db.work import Work

Row = Mapping[str, Any]
Key = tuple[Any, ...]
Images = dict[str, dict[Key, Row]]
"""Rows by the name of their table and their key."""


class Watched(NamedTuple):
    """Rows of a table that a change may touch: those for which the condition holds, before and after it.

    ``columns`` are those that are looked at, ``None`` for all.
    """

    table: Table
    condition: ColumnElement[bool]
    columns: tuple[str, ...] | None = None


class Change(NamedTuple):
    """A row that changed: its key, and the cells before and after.

    ``before`` is ``None`` for a new row, ``after`` for one that went.
    """

    key: Key
    before: Row | None
    after: Row | None


def images_of(work: Work, watched: Sequence[Watched], parameters: Mapping[str, Any]) -> Images:
    """Return the rows as they stand.  One statement for each table."""
    found: Images = {}
    for table, condition, names in watched:
        keys = _keys(table)
        columns = table.c if names is None else [table.c[name] for name in dict.fromkeys((*keys, *names))]
        rows = work.rows(select(*columns).where(condition), parameters)
        mine = found.setdefault(table.name, {})
        for row in rows:
            one = dict(row._mapping)
            mine[tuple(one[key] for key in keys)] = one
    return found


def changes_between(before: Images, after: Images) -> dict[str, list[Change]]:
    """Return what is another, by the name of the table and in order of the keys."""
    found: dict[str, list[Change]] = {}
    for name in before:
        old, new = before[name], after.get(name, {})
        changes = []
        for key in sorted({*old, *new}):
            was, now = old.get(key), new.get(key)
            if was is None or now is None:
                changes.append(Change(key, was, now))
                continue
            other = [column for column in was if was[column] != now[column]]
            if other:
                changes.append(Change(key, {one: was[one] for one in other}, {one: now[one] for one in other}))
        if changes:
            found[name] = changes
    return found


def kept(changes: Mapping[str, Sequence[Change]]) -> dict[str, list[list[Any]]]:
    """Return changes as they are kept, as plain values."""
    return {
        name: [[list(one.key), _plain(one.before), _plain(one.after)] for one in several]
        for name, several in changes.items()
    }


def changes_kept(plain: Mapping[str, Sequence[Sequence[Any]]], tables: Mapping[str, Table]) -> dict[str, list[Change]]:
    """Return the changes that ``kept`` wrote."""
    return {
        name: [Change(tuple(key), _read(tables[name], was), _read(tables[name], now)) for key, was, now in several]
        for name, several in plain.items()
    }


def still_stands(changes: Mapping[str, Sequence[Change]], now: Images) -> bool:
    """True where all that was changed is still as the change left it."""
    for name, several in changes.items():
        rows = now.get(name, {})
        for one in several:
            row = rows.get(one.key)
            if one.after is None:
                if row is not None:
                    return False
            elif row is None or any(row[column] != value for column, value in one.after.items()):
                return False
    return True


def turn_back(work: Work, changes: Mapping[str, Sequence[Change]], tables: Mapping[str, Table]) -> None:
    """Let rows stand as before: new ones go, those that went are there again.  A few statements for each table."""
    for name, several in changes.items():
        table, keys = tables[name], _keys(tables[name])
        work.delete(table, keys, [one.key for one in several if one.before is None])
        by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        again: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for one in several:
            if one.before is None:
                continue
            columns = tuple(one.before)
            values = [_stored(work, table, column, one.before[column]) for column in columns]
            if one.after is None:
                again[columns].append(tuple(values))
            else:
                by_columns[columns].append((*one.key, *values))
        for columns, rows in by_columns.items():
            work.update(table, keys, columns, rows)
        for columns, rows in again.items():
            work.insert(table, columns, rows)
    work.flush()


def _keys(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key.columns)


def _plain(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _read(table: Table, row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        name: datetime.fromisoformat(value) if isinstance(table.c[name].type, Utc) and isinstance(value, str) else value
        for name, value in row.items()
    }


def _stored(work: Work, table: Table, column: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return work.stored(value)
    return dumps(value) if value is not None and isinstance(table.c[column].type, Json) else value
