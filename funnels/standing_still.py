"""The condition that a run stands still with an error."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, literal_column

from funnels.tables import run


def stands_still() -> ColumnElement[bool]:
    """Return the condition in a form for which the index of live runs is taken.

    SQLite takes a part of a table's index only where that part is written in the query as it is in the index; given an equal
    sign beside it, it reads all live runs, so there are two bounds.
    """
    parked: ColumnElement[int] = literal_column("2")
    ended: ColumnElement[int] = literal_column("10")
    return and_(run.c.status >= parked, run.c.status <= parked, run.c.status < ended)
