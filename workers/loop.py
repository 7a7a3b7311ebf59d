"""Running: a worker of one process, embedded (broker in memory) or one of many (Dramatiq on Redis)."""

from __future__ import annotations

import logging
import os
import socket
import threading

from dramatiq import Worker
from dramatiq.broker import Broker
from dramatiq.middleware import AgeLimit, Middleware, Retries, ShutdownNotifications, TimeLimit

from db.database import Database
from workers.actors import DELIVERY, QUEUE, Poker, register
from workers.batch import Done
from workers.breaker import watch
from workers.delivery import Delivery
from workers.drain import drain
from workers.imports import do_imports, imports_due
from workers.lookout import Lookout
from workers.mass_actions import do_mass_actions, mass_actions_due
from workers.mass_starts import let_in, mass_starts_due
from workers.memory_broker import MemoryBroker
from workers.post import Post
from workers.redis_broker import BellBroker
from workers.rehearsal.jobs import do_rehearsals, rehearsals_due
from workers.stories.running import do_stories, stories_due

SENDERS = 4
"""How many messages a process sends at once, beside one of each channel that it always sends."""


class Loop:
    """Does what is due as it comes: ``look`` messages wake it at once, and it looks by itself every second.

    Args:
        database: where the work is.
        redis_url: the broker that many processes share; ``None`` is a broker inside this process.
        threads: how many batches may be worked on at once; on SQLite it is one, for there is one writer.
        post: what sends the messages that runs leave in the outbox.
    """

    def __init__(
        self, database: Database, *, redis_url: str | None = None, threads: int = 4, post: Post | None = None
    ) -> None:
        self._database = database
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._broker: Broker = (
            MemoryBroker(_middleware()) if redis_url is None else BellBroker(redis_url, _middleware())
        )
        self._broker.logger.addFilter(_is_news)
        post = post or Post()
        self._stopping = threading.Event()
        self._actors = register(self._broker, database, worker=self._name, post=post, is_stopping=self._stopping.is_set)
        self._poker = Poker(self._actors, database.counts)
        self._lookout = Lookout(database, self._drain)
        # A thread of its own: an import takes minutes, and nothing else is to wait for it.
        self._imports = Lookout(database, self._import, due=imports_due, sweeps=False, name="imports")
        self._mass_starts = Lookout(database, self._let_in, due=mass_starts_due, sweeps=False, name="mass-starts")
        self._mass_actions = Lookout(database, self._act, due=mass_actions_due, sweeps=False, name="mass-actions")
        self._tests = Lookout(database, self._test, due=stories_due, sweeps=False, name="tests")
        self._rehearsals = Lookout(database, self._rehearse, due=rehearsals_due, sweeps=False, name="rehearsals")
        self._worker = Worker(self._broker, queues={QUEUE}, worker_threads=1 if database.is_sqlite else threads)
        self._delivery = Delivery(database, post)
        self._senders = Worker(self._broker, queues={DELIVERY}, worker_threads=SENDERS)

    def start(self) -> None:
        """Begin to work, and let this process's commits wake the workers."""
        self._broker.emit_after("process_boot")  # without it Dramatiq's time limits silently do nothing
        self._worker.start()
        watch(self._database)
        self._database.poke = self.poke
        self._database.poke_delivery = self._poker.poke_delivery
        self._lookout.start()
        self._imports.start()
        self._mass_starts.start()
        self._mass_actions.start()
        self._tests.start()
        self._rehearsals.start()
        self._delivery.start()
        self._senders.start()

    def stop(self) -> None:
        """End; the batch under way is finished first, also that of an import, which goes on after the next start."""
        self._stopping.set()
        self._database.poke = _nobody
        self._database.poke_delivery = _nobody_there
        self._imports.stop()
        self._mass_starts.stop()
        self._mass_actions.stop()
        self._tests.stop()
        self._rehearsals.stop()
        self._lookout.stop()
        self._delivery.stop()
        self._senders.stop()
        self._worker.stop()
        self._broker.close()

    def poke(self) -> None:
        """Say that there is something to do."""
        self._poker.poke()

    def _drain(self) -> bool:
        until, progress = self._stopping.is_set, self._call_others
        return bool(drain(self._database, worker=self._name, until=until, seconds=5, progress=progress))

    def _import(self) -> bool:
        return do_imports(self._database, worker=self._name, until=lambda: self._imports.is_stopping) > 0

    def _let_in(self) -> bool:
        has_let_in = let_in(self._database) > 0
        if has_let_in:
            self._poker.poke()
        return has_let_in

    def _test(self) -> bool:
        return do_stories(self._database) > 0

    def _act(self) -> bool:
        return do_mass_actions(self._database, until=lambda: self._mass_actions.is_stopping) > 0

    def _rehearse(self) -> bool:
        return do_rehearsals(self._database, until=lambda: self._rehearsals.is_stopping) > 0

    def _call_others(self, done: Done) -> None:
        if done.more:
            self._poker.poke()


def connect_poker(database: Database, redis_url: str) -> Poker:
    """Let the commits of a process that does not work itself (web, command line) wake the workers."""
    poker = Poker(register(BellBroker(redis_url, _middleware()), database, worker="none"), database.counts)
    database.poke = poker.poke
    database.poke_delivery = poker.poke_delivery
    return poker


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out Dramatiq's warning of a second worker on one broker: it is meant, each has queues of its own."""
    return "_WorkerMiddleware" not in record.getMessage()


def _middleware() -> list[Middleware]:
    return [AgeLimit(), TimeLimit(), ShutdownNotifications(), Retries(max_retries=0)]


def _nobody() -> None:
    """Nobody is there to be woken."""


def _nobody_there(_channel: str) -> None:
    """The same for those who send messages."""
