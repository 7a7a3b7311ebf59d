"""The servers that contestants talk to: real ones, PostgreSQL with its commits on disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from benchmarks.distributed.places import POSTGRES_URL, REDIS_URL
from tests.servers.postgresql import PostgresServer
from tests.servers.redis import RedisServer

# PostgreSQL's own default; the tests' server is smaller.
AS_SHIPPED = ("shared_buffers=128MB",)


@contextlib.contextmanager
def servers(needs: frozenset[str]) -> Iterator[dict[str, str]]:
    """Run the servers in `needs`; give the environment that tells contestants where they are."""
    environment: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        if "postgres" in needs:
            postgres = PostgresServer(durable=True, settings=AS_SHIPPED)
            stack.callback(postgres.close)
            postgres.start()
            environment[POSTGRES_URL] = postgres.url
        if "redis" in needs:
            redis = RedisServer()
            stack.callback(redis.close)
            redis.start()
            environment[REDIS_URL] = redis.url
        yield environment
