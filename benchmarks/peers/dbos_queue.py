"""The job on DBOS: a durable workflow per lead on a queue, a step per block; its library keeps what ran in the database.

`python -m benchmarks.peers.dbos_queue` serves the queue; `postgres_run` feeds and times it.  Its best setting here: as many
workflows at once as the other peers have threads, a queue that is looked at 50 times a second, and steps that write by
plain psycopg, for its own data source writes one row more for each.
"""

from __future__ import annotations

import os
import sys

from dbos import DBOS, DBOSConfig, SetWorkflowID

from benchmarks.peers import postgres_job

QUEUE = "leads"
AT_ONCE = 8
LOOKS_EVERY = 0.02


@DBOS.step()  # type: ignore[untyped-decorator]  # types are there only where it is installed
def do_block(name: str, walk: int) -> str | None:
    """Do one block; returns the next."""
    return postgres_job.BLOCKS[name](walk)


@DBOS.workflow()  # type: ignore[untyped-decorator]
def walk_lead(walk: int) -> None:
    """Take a lead through all blocks."""
    block: str | None = postgres_job.FIRST
    while block is not None:
        block = do_block(block, walk)


def main() -> None:
    """Fill the queue with the walks whose number is the argument, or serve it until standard input ends."""
    conninfo = os.environ["PEER_DATABASE"]
    postgres_job.connect_to(conninfo)
    config = DBOSConfig(
        name="bench",
        system_database_url=conninfo,
        application_version="1",
        executor_id="bench",
        log_level="ERROR",
        sys_db_pool_size=2 * AT_ONCE,
    )
    DBOS(config=config)
    is_feeding = len(sys.argv) > 1
    if is_feeding:
        DBOS.listen_queues([])
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=LOOKS_EVERY)
    if is_feeding:
        for walk in range(1, int(sys.argv[1]) + 1):
            with SetWorkflowID(f"walk-{walk}"):
                DBOS.enqueue_workflow(QUEUE, walk_lead, walk)
    else:
        sys.stdin.read()
    DBOS.destroy()


if __name__ == "__main__":
    main()
