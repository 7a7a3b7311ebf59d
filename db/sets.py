"""Sets as one parameter: ``column in (any number of values)`` without a new statement for every number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import BindParameter
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import Boolean

from db.types import IdSet


class in_set(ColumnElement[bool]):  # noqa: N801  reads as an operator in queries
    """True where ``column`` is among the values bound to ``name`` (a sequence of ints or texts), or given with it."""

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy declares it
        ("column", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: ColumnElement[Any], name: str, values: Sequence[Any] | None = None) -> None:
        self.column = column
        self.values: BindParameter[Any] = (
            bindparam(name, type_=IdSet()) if values is None else bindparam(name, values, unique=True, type_=IdSet())
        )

    def self_group(self, against: OperatorType | None = None) -> in_set:
        """Stay as it is among other conditions: compared with 1, as SQLite has no truth, it would pass by every index."""
        return self


@compiles(in_set, "postgresql")
def _postgresql(element: in_set, compiler: Any, **kw: Any) -> str:
    array = "text[]" if isinstance(element.column.type, Text) else "int8[]"
    return f"{compiler.process(element.column, **kw)} = any({compiler.process(element.values, **kw)}::{array})"


@compiles(in_set, "sqlite")
def _sqlite(element: in_set, compiler: Any, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} in (select value from json_each({compiler.process(element.values, **kw)}))"


def span(values: Sequence[int], *, thinned: int = 2) -> tuple[int, int] | None:
    """Return the first and the last of some ids where they lie close together, ``None`` where they do not.

    Records that came together have ids in a row.  One walk along an index then finds them all, and few others, for much less than
    a look for each.  ``thinned`` says how many may lie in the span for each that is wanted: more where little is found, for
    workers who share the lanes take every fourth person.
    """
    first, last = min(values), max(values)
    return (first, last) if last - first < thinned * len(values) else None
