"""The Dramatiq actors.  Their messages only say "look there"; losing one, or getting it twice, changes when, never whether."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import dramatiq
import structlog
from dramatiq.broker import Broker

from db.counts import Counts
from db.database import Database
from workers import delivery
from workers.batch import Done
from workers.drain import drain
from workers.post import Post
from workers.turns import Turns

log = structlog.get_logger(__name__)

QUEUE = "runs"
DELIVERY = "delivery"
_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Actors:
    """The actors, bound to one broker and one database."""

    look: dramatiq.Actor[[], None]
    deliver: dramatiq.Actor[[str], None]


def register(
    broker: Broker,
    database: Database,
    *,
    worker: str,
    post: Post | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Actors:
    """Bind the actors to a broker; ``post`` sends messages.  Whoever ``is_stopping`` begins no other batch or letter."""
    turns = Turns()

    @dramatiq.actor(
        broker=broker, queue_name=QUEUE, actor_name="look", max_retries=0, time_limit=10 * _MINUTE, max_age=_MINUTE
    )
    def look() -> None:
        """Do what is due; a batch that leaves something calls another thread, and after a minute others have a turn."""
        if not turns.enter():
            return
        has_left = False
        try:
            while not has_left:
                me = f"{worker}/{threading.get_ident()}"
                done = drain(database, worker=me, until=is_stopping, seconds=60, progress=go_on)
                call_another(done)
                if is_stopping():
                    break
                has_left = turns.leave()
        finally:
            if not has_left:
                turns.break_off()

    def call_another(done: Done) -> None:
        turns.move(is_more=done.more)
        if done.more:
            look.send()

    def go_on(done: Done) -> None:
        call_another(done)
        if done and not is_stopping():  # it is looked again
            time.sleep(turns.rest())

    @dramatiq.actor(
        broker=broker,
        queue_name=DELIVERY,
        actor_name="deliver",
        max_retries=0,
        time_limit=10 * _MINUTE,
        max_age=_MINUTE,
    )
    def deliver(channel: str) -> None:
        """Send what is due of a channel, beside others; after a minute others have a turn."""
        is_over = delivery.for_seconds(60)
        delivery.deliver(
            database,
            post or Post(),
            channel,
            until=lambda: is_stopping() or is_over(),
            call_another=lambda: call_sender(channel),
        )

    def call_sender(channel: str) -> None:
        deliver.send(channel)

    return Actors(look, deliver)


class Poker:
    """Sends messages after commits that left something to do.  Never waits for long, never fails: an error is counted."""

    def __init__(self, actors: Actors, counts: Counts) -> None:
        self._actors = actors
        self._counts = counts
        self.errors = 0

    def poke(self) -> None:
        """Say that there is something to do."""
        self._send(self._actors.look.send)

    def poke_delivery(self, channel: str) -> None:
        """Say that there are messages to send."""
        self._send(lambda: self._actors.deliver.send(channel))

    def _send(self, send: Callable[[], object]) -> None:
        try:
            send()
        except Exception as error:  # noqa: BLE001  whatever a broker raises: the lookout finds the work within a second
            self.errors += 1
            self._counts.add("pokes_failed")
            log.warning("poke_failed", error=type(error).__name__, errors=self.errors)
