"""Dramatiq on Redis, with a wake-up: an idle worker hears of a message at once, where Dramatiq alone looks less and less often.

Losing Redis, or all that is in it, costs a second: every worker looks at the database by itself too (see ``workers.lookout``).
"""

from __future__ import annotations

import redis
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from dramatiq.message import Message
from dramatiq.middleware import Middleware

_BELL = "voronka:bell:"
_HEARD_FOR = 60
"""Seconds after which a bell that nobody heard falls silent."""
_MAINTENANCE = 100_000
"""In a million commands: how often a broker looks for messages of dead workers; Dramatiq's own thousand is minutes when idle."""


class BellBroker(RedisBroker):
    """A ``RedisBroker`` that rings a bell for every message; its consumers wait for the bell instead of sleeping."""

    def __init__(self, url: str, middleware: list[Middleware] | None = None) -> None:
        client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5, health_check_interval=30)
        super().__init__(  # type: ignore[no-untyped-call]  # dramatiq's own
            client=client, middleware=middleware, maintenance_chance=_MAINTENANCE, heartbeat_timeout=15_000
        )

    @property
    def consumer_class(self) -> type[Consumer]:
        """The consumers that wait for the bell."""
        return _BellConsumer

    def enqueue(self, message: Message, *, delay: int | None = None) -> Message:  # type: ignore[type-arg]
        """Queue a message and ring."""
        queued = super().enqueue(message, delay=delay)
        bell = _BELL + message.queue_name
        with self.client.pipeline(transaction=False) as pipeline:
            pipeline.lpush(bell, 1)
            pipeline.ltrim(bell, 0, 7)
            pipeline.expire(bell, _HEARD_FOR)
            pipeline.execute()
        return queued

    def wait_for_bell(self, queue_name: str, seconds: float) -> None:
        """Return when the bell of a queue rings, or after ``seconds``.

        Raises:
            ConnectionClosed: Redis is gone; Dramatiq connects again by itself.
        """
        try:
            self.client.blpop([_BELL + queue_name], timeout=seconds)
        except redis.TimeoutError:
            return
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]  # dramatiq's own


_Base: type[Consumer] = RedisBroker.consumer_class.fget(None)  # type: ignore[attr-defined]  # a property that needs no object


class _BellConsumer(_Base):  # type: ignore[misc, valid-type]
    def __next__(self) -> MessageProxy | None:
        message: MessageProxy | None = super().__next__()
        if message is None:
            self.misses = 0  # so the base sleeps a few milliseconds only; the waiting is done here
            if self.outstanding_message_count < self.prefetch:
                self.broker.wait_for_bell(self.queue_name, min(self.timeout / 1000, 1.0))
        return message
