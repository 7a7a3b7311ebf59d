"""How much time lies between two moments, in SQL of both databases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal


class microseconds_between(ColumnElement[int]):  # noqa: N801  reads as a function in queries
    """Whole microseconds from one moment to another, negative where the other is earlier; null where either is."""

    inherit_cache = True
    type = BigInteger()
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy declares it
        ("since", InternalTraversal.dp_clauseelement),
        ("until", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, since: ColumnElement[datetime], until: ColumnElement[Any]) -> None:
        self.since = since
        self.until = until


@compiles(microseconds_between, "postgresql")
def _postgresql(element: microseconds_between, compiler: Any, **kw: Any) -> str:
    since, until = compiler.process(element.since, **kw), compiler.process(element.until, **kw)
    return f"(extract(epoch from {until} - {since}) * 1000000)::int8"


@compiles(microseconds_between, "sqlite")
def _sqlite(element: microseconds_between, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.until, **kw)} - {compiler.process(element.since, **kw)})"
