"""Records leads in bulk for as long as it is let: `python -m benchmarks.distributed.feeder URL`.

A thousand in a transaction, as an import does; it pauses while so many wait that workers have enough for a while.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator

from sqlalchemy import func, select

from benchmarks import funnel5
from benchmarks.distributed.processes import wait_for_go
from crm.tables.journal import inbox
from db.database import Database

ENOUGH = 20_000


def main() -> None:
    """Fill the inbox, say so, and keep it filled."""
    database = Database(sys.argv[1])
    names = (f"bulk-{number}" for number in itertools.count())
    _fill(database, names)
    wait_for_go()
    while True:
        _fill(database, names)
        time.sleep(0.1)


def _fill(database: Database, names: Iterator[str]) -> None:
    while _waiting(database) < ENOUGH:
        funnel5.record(database, funnel5.RECORDED_AT_ONCE, named=next(names))


def _waiting(database: Database) -> int:
    with database.reading() as work:
        return int(work.scalar(select(func.count()).select_from(inbox)))


if __name__ == "__main__":
    main()
