"""Column types that mean the same on both databases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Dialect, Float, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from db.arrays import Ids

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A bigint key; on SQLite the very rowid."""


def to_microseconds(moment: datetime) -> int:
    """Return microseconds since 1970 of an aware moment: how SQLite keeps it, exactly and in order."""
    return (moment - EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)
def stored_moment(moment: datetime) -> int:
    """Return ``to_microseconds``, remembered: one batch writes few different moments many times."""
    return to_microseconds(moment)


@lru_cache(maxsize=4096)
def from_microseconds(value: int) -> datetime:
    """Return the aware UTC moment of ``to_microseconds``."""
    return EPOCH + timedelta(microseconds=value)


class Utc(TypeDecorator[datetime]):
    """An aware UTC moment: ``timestamptz`` on PostgreSQL, microseconds since 1970 on SQLite.  Naive moments are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's type on this database."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write a moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive moment {value!r}: moments are aware")
        return to_microseconds(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read a moment."""
        if value is None:
            return None
        return from_microseconds(value) if isinstance(value, int) else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A small value kept as compact JSON text on both databases; never searched inside by SQL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write a value."""
        return None if value is None else dumps(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a value."""
        return None if value is None else json.loads(value)


class IdSet(TypeDecorator[Sequence[Any]]):
    """The parameter of ``in_set``: any number of ids or texts as one bound value, so that the statement never changes."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return a type without a cast on PostgreSQL: one through text would be done again for every row."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else NullType())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """Write the set: an array on PostgreSQL, JSON on SQLite."""
        items = list(value or ())
        if dialect.name == "sqlite":
            return json.dumps(items)
        return Ids(items) if items and isinstance(items[0], int) else items


def dumps(value: object) -> str:
    """Return compact JSON, Cyrillic kept readable."""
    return _encoder.encode(value)


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)

COPY_TYPES: dict[type[TypeEngine[Any]], str] = {
    BigInteger: "int8",
    Integer: "int4",
    SmallInteger: "int2",
    Text: "text",
    Json: "text",
    Boolean: "bool",
    Date: "date",
    Float: "float8",
    Utc: "timestamptz",
    LargeBinary: "bytea",
}


def copy_type(type_: TypeEngine[Any]) -> str:
    """Return PostgreSQL's name of a column type for COPY BINARY and arrays.

    Raises:
        TypeError: a type that bulk writes do not know; add it here.
    """
    found = COPY_TYPES.get(type(type_))
    if found is None:
        raise TypeError(f"no bulk type for {type_!r}")
    return found
