"""The Dramatiq actors.  Their messages only say "look there"; losing one, or getting it twice, changes when, never whether."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import dramatiq
import structlog
from dramatiq.broker import Broker

from db.database import Database
from workers.batch import Done
from workers.drain import drain

log = structlog.get_logger(__name__)

QUEUE = "runs"
_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Actors:
    """The actors, bound to one broker and one database."""

    look: dramatiq.Actor[[], None]


def register(broker: Broker, database: Database, *, worker: str) -> Actors:
    """Bind the actors to a broker."""

    @dramatiq.actor(
        broker=broker, queue_name=QUEUE, actor_name="look", max_retries=0, time_limit=10 * _MINUTE, max_age=_MINUTE
    )
    def look() -> None:
        """Do what is due; a batch that leaves something calls another thread, and after a minute others have a turn."""
        done = drain(database, worker=f"{worker}/{threading.get_ident()}", seconds=60, progress=call_another)
        call_another(done)

    def call_another(done: Done) -> None:
        if done.more:
            look.send()

    return Actors(look)


class Poker:
    """Sends ``look`` after commits that left something to do.  Never waits for long, never fails: an error is counted."""

    def __init__(self, actors: Actors) -> None:
        self._actors = actors
        self.errors = 0

    def poke(self) -> None:
        """Say that there is something to do."""
        try:
            self._actors.look.send()
        except Exception as error:  # noqa: BLE001  whatever a broker raises: the lookout finds the work within a second
            self.errors += 1
            log.warning("poke_failed", error=type(error).__name__, errors=self.errors)
