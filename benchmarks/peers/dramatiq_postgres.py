"""The job on plain Dramatiq and PostgreSQL: a message on Redis and a psycopg transaction per block, no engine at all.

`dramatiq benchmarks.peers.dramatiq_postgres:setup` serves the blocks; `postgres_run` feeds and times them.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers import postgres_job


def setup() -> None:
    """Make the broker of this process; addresses come from the environment."""
    postgres_job.connect_to(os.environ["PEER_DATABASE"])
    serve_on(RedisBroker(url=os.environ["PEER_REDIS_URL"], namespace=os.environ["PEER_NAMESPACE"]))  # type: ignore[no-untyped-call]


def serve_on(broker: RedisBroker) -> None:
    """Make `broker` the process's own and bind the blocks to it."""
    dramatiq.set_broker(broker)
    for name in postgres_job.BLOCKS:
        dramatiq.actor(broker=broker, actor_name=name)(_actor(name))


def _actor(name: str) -> Callable[[int], None]:
    block = postgres_job.BLOCKS[name]

    def do(walk: int) -> None:
        following = block(walk)
        if following is not None:
            send(following, walk)

    return do


def send(block: str, walk: int) -> None:
    """Send `walk` to a block."""
    broker = dramatiq.get_broker()
    broker.enqueue(broker.get_actor(block).message(walk))
