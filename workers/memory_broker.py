"""A Dramatiq broker inside one process: for the embedded server, which needs neither Redis nor durability in its queue.

Messages only say "look"; the database is the truth.  So the queue is bounded, a message that is waiting already is not queued
twice, and nothing is kept of messages that failed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from dramatiq.broker import Broker, Consumer, MessageProxy
from dramatiq.common import current_millis
from dramatiq.errors import QueueNotFound
from dramatiq.message import Message
from dramatiq.middleware import Middleware

BOUND = 1000
"""So many different messages wait at most; more are dropped, for the workers look at the database by themselves too."""

_Key = tuple[str, str]


class MemoryBroker(Broker):
    """Hands messages from threads to threads of one process."""

    def __init__(self, middleware: list[Middleware] | None = None) -> None:
        super().__init__(middleware=middleware)
        self._changed = threading.Condition()
        self._waiting: dict[str, OrderedDict[_Key, tuple[int, Message]]] = {}  # type: ignore[type-arg]  # Message of anything

    def declare_queue(self, queue_name: str) -> None:
        """Make a queue; a second time changes nothing."""
        if queue_name not in self._waiting:
            self.emit_before("declare_queue", queue_name)
            self._waiting[queue_name] = OrderedDict()
            self.queues[queue_name] = None
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Message, *, delay: int | None = None) -> Message:  # type: ignore[type-arg]
        """Queue a message; one with the same actor and arguments that waits already serves for both."""
        if message.queue_name not in self._waiting:
            raise QueueNotFound(message.queue_name)  # type: ignore[no-untyped-call]
        self.emit_before("enqueue", message, delay)
        key = (message.actor_name, repr((message.args, message.kwargs)))
        with self._changed:
            waiting = self._waiting[message.queue_name]
            if key not in waiting and len(waiting) < BOUND:
                waiting[key] = (current_millis() + (delay or 0), message)
                self._changed.notify_all()
        self.emit_after("enqueue", message, delay)
        return message

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 1000) -> Consumer:
        """Return a consumer of one queue; ``timeout`` in milliseconds is how long it waits for a message."""
        if queue_name not in self._waiting:
            raise QueueNotFound(queue_name)  # type: ignore[no-untyped-call]  # dramatiq's own
        return _MemoryConsumer(self, queue_name, timeout)

    def take(self, queue_name: str, timeout: int) -> Message | None:  # type: ignore[type-arg]
        """Return the first message that is due, waiting up to ``timeout`` milliseconds for one."""
        with self._changed:
            found = self._due(queue_name)
            if found is None:
                self._changed.wait(timeout / 1000)
                found = self._due(queue_name)
            return found

    def _due(self, queue_name: str) -> Message | None:  # type: ignore[type-arg]
        waiting, now = self._waiting[queue_name], current_millis()
        for key, (due, message) in waiting.items():
            if due <= now:
                del waiting[key]
                return message
        return None

    def flush(self, queue_name: str) -> None:
        """Forget what waits in a queue."""
        with self._changed:
            self._waiting[queue_name].clear()

    def flush_all(self) -> None:
        """Forget everything."""
        for queue_name in self._waiting:
            self.flush(queue_name)

    def join(self, queue_name: str, *, timeout: int | None = None) -> None:
        """Wait until a queue is empty; what is being worked on is not waited for."""
        deadline = None if timeout is None else current_millis() + timeout
        while self._waiting[queue_name] and (deadline is None or current_millis() < deadline):
            threading.Event().wait(0.01)


class _MemoryConsumer(Consumer):
    def __init__(self, broker: MemoryBroker, queue_name: str, timeout: int) -> None:
        self._broker = broker
        self._queue_name = queue_name
        self._timeout = timeout

    def __next__(self) -> MessageProxy | None:
        message = self._broker.take(self._queue_name, self._timeout)
        return None if message is None else MessageProxy(message)

    def ack(self, message: MessageProxy) -> None:
        """Nothing is kept, so nothing is to be done."""

    def nack(self, message: MessageProxy) -> None:
        """Nothing is kept: the next look finds the work again."""

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Put back what was taken and not begun."""
        for message in messages:
            self._broker.enqueue(message._message)
