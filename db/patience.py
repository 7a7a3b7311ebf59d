"""What pages may cost: counting that nobody waits for is given up, and what stops soon is read by index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from psycopg.errors import QueryCanceled
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db.work import Work

SECONDS: Final = 15
Found = TypeVar("Found")


def counted(work: Work, count: Callable[[], Found]) -> Found | None:
    """Return what ``count`` finds, ``None`` where it takes longer than ``SECONDS`` on PostgreSQL: nothing can be read after that.

    One statement more on PostgreSQL; SQLite counts to its end.
    """
    if work.is_sqlite:
        return count()
    work.execute(text(f"set local statement_timeout = '{SECONDS}s'"))
    try:
        return count()
    except OperationalError as failure:
        if isinstance(failure.orig, QueryCanceled):
            return None
        raise


@contextmanager
def by_index(work: Work) -> Iterator[None]:
    """Let PostgreSQL read no table from end to end meanwhile, for a page that stops soon: the planner does not know how soon.

    Two statements more there; none on SQLite.
    """
    if not work.is_sqlite:
        work.execute(_BY_INDEX)
    yield
    if not work.is_sqlite:
        work.execute(_AS_IT_LIKES)


# A look by key costs less than the planner thinks where others have looked before; and nobody else shall help to read all.
_SETTINGS: Final = {"enable_seqscan": "off", "random_page_cost": "1.1", "max_parallel_workers_per_gather": "0"}
_BY_INDEX: Final = text("; ".join(f"set local {name} = {value}" for name, value in _SETTINGS.items()))
_AS_IT_LIKES: Final = text("; ".join(f"set local {name} to default" for name in _SETTINGS))
