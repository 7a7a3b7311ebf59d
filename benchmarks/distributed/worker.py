"""One worker process that begins when it is told to: `python -m benchmarks.distributed.worker URL THREADS`.

The product's own loop, as `voronka worker` runs it; start-up is over before the clock starts.
"""

from __future__ import annotations

import sys

from benchmarks.distributed.processes import wait_for_go
from db.database import Database
from funnels.programs import programs
from workers.loop import Loop


def main() -> None:
    """Open the database, wait for the word, then work until standard input ends."""
    database = Database(sys.argv[1])
    with database.reading() as work:
        programs(work)
    loop = Loop(database, threads=int(sys.argv[2]))
    wait_for_go()
    loop.start()
    loop.poke()
    sys.stdin.read()
    loop.stop()
    database.close()


if __name__ == "__main__":
    main()
