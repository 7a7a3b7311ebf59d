"""A world of its own: a company in memory, with a clock that jumps, and an outside world that is made up.

What walks there is the very engine that works for real (``workers.batch``), so what comes of it is what would come of it.
Nothing of it leaves the process: the database is in memory, and messages are handed to a function instead of the post.
"""

from __future__ import annotations

import heapq
import importlib
import pkgutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from types import TracebackType
from typing import Any, Self

from sqlalchemy import bindparam, create_engine, select
from sqlalchemy.pool import StaticPool

import crm.tables
from crm.access.actor import SYSTEM
from db.database import Database
from db.metadata import metadata
from db.types import EPOCH
from db.work import Work
from engine.document import FunnelDocument
from funnels.publication.publishing import publish, save_draft
from funnels.tables import run, token
from workers.drain import drain
from workers.rehearsal.clock import VirtualClock
from workers.rehearsal.outside import Outside, deliver, kind
from workers.rehearsal.walks import Deal, Sent, Task, Walk, deals_in, sent_in, tasks_in, walks_in
from workers.walker import WAITING

_LIMIT = 2000
"""How many events and runs a batch takes: nobody waits for a short one here."""
_AT_ONCE = timedelta(0)

Act = Callable[[Work], object]
"""Something that happens in the world: it is given a transaction at its moment."""


class World:
    """A company in memory.

    It begins empty: set it up with the commands of the CRM (``crm.settings.organization.set_up`` and others), or fill it from a
    real one (``workers.rehearsal.settings.copy_settings``).

    Args:
        at: what its clock shows at first.
        outside: what becomes of messages and requests; it may be replaced at any time.
        grain: moments that are closer than this may be worked on together, at the last of them: quick, and never over a full
            grain of the clock, so a day, or a working day, ends when it does.  Nothing: every moment by itself.
    """

    def __init__(self, at: datetime, *, outside: Outside = kind, grain: timedelta = _AT_ONCE) -> None:
        self.clock = VirtualClock(at)
        self.outside = outside
        self.grain = grain
        self.batches = 0
        self.database = Database("sqlite://", clock=self.clock)
        self.database.poke_delivery = self._leaves
        self._is_leaving = False
        self._plans: list[tuple[datetime, int, Act]] = []
        self._numbers = count()
        with self.database.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("pragma foreign_keys = off")  # what is copied into it was whole where it came from
            with _lock:
                _empty().backup(driver)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def now(self) -> datetime:
        """What its clock shows."""
        return self.clock.now

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Open a transaction in it: for commands and queries of the CRM and of funnels, as everywhere."""
        with self.database.work() as work:
            yield work

    def publish(self, document: FunnelDocument) -> int:
        """Publish a funnel in it; returns the version's number.

        Raises:
            NotPublishableError: the checks found errors.
        """
        with self.work() as work:
            save_draft(work, document, by=SYSTEM)
            return publish(work, document.key, by=SYSTEM, despite_tests=True)

    def happen(self, act: Act, *, at: datetime | None = None) -> None:
        """Let something happen when the clock shows ``at``, in the order in which it was told; without it now, and at once.

        ``act`` is given a transaction: it calls commands, which bring events about, or writes events itself.
        """
        if at is None or at <= self.now:
            with self.work() as work:
                act(work)
        else:
            heapq.heappush(self._plans, (at, next(self._numbers), act))

    def settle(self) -> None:
        """Let everybody walk until all rest, without any time going by."""
        while True:
            drain(self.database, limit=_LIMIT, progress=self._counted)
            if not self._is_leaving:
                return
            self._is_leaving = False
            with self.work() as work:
                deliver(work, self.outside)

    def next_moment(self) -> datetime | None:
        """Return when something happens next: what was told to happen, or somebody's time has come; ``None`` for never."""
        found = [self._plans[0][0]] if self._plans else []
        with self.database.reading() as work:
            due = work.scalar(_NEXT, {"after": self.now})
        if due is not None:
            found.append(due)
        return min(found, default=None)

    def step(self, until: datetime | None = None) -> bool:
        """Set the clock to the next moment, and let happen what happens then; false where nothing does, until ``until``.

        Whoever can walk now has walked already: after ``happen`` of something now, ``settle`` comes first.
        """
        moment = self.next_moment()
        if moment is None or (until is not None and moment > until):
            return False
        end = self._end_of_grain(moment, until)
        due: list[Act] = []
        last = moment
        while self._plans and self._plans[0][0] <= end:
            at, _, act = heapq.heappop(self._plans)
            last = max(last, at)
            due.append(act)
        self.clock.forward_to(max(last, self._last_due(end) or last) if self.grain else last)
        if due:
            with self.work() as work:
                for act in due:
                    act(work)
        self.settle()
        return True

    def run(self, until: datetime) -> None:
        """Let all happen that happens until a moment, which is then what the clock shows."""
        self.settle()
        while self.step(until):
            pass
        self.clock.forward_to(until)

    def walks(self) -> tuple[Walk, ...]:
        """Who went where and when, in the order in which they began."""
        with self.database.reading() as work:
            return walks_in(work)

    def messages(self) -> tuple[Sent, ...]:
        """What left it, in order: e-mails and requests."""
        with self.database.reading() as work:
            return sent_in(work)

    def tasks(self) -> tuple[Task, ...]:
        """The tasks that funnels made, in order."""
        with self.database.reading() as work:
            return tasks_in(work)

    def deals(self) -> tuple[Deal, ...]:
        """The deals, in order."""
        with self.database.reading() as work:
            return deals_in(work)

    def close(self) -> None:
        """Forget it."""
        self.database.close()

    def _end_of_grain(self, first: datetime, until: datetime | None) -> datetime:
        """Return until when moments are worked on together with ``first``."""
        if not self.grain:
            return first
        end = first - (first - EPOCH) % self.grain + self.grain - timedelta(microseconds=1)
        return end if until is None else min(end, until)

    def _last_due(self, end: datetime) -> datetime | None:
        """Return the last moment until ``end`` at which somebody's time has come."""
        with self.database.reading() as work:
            found: datetime | None = work.scalar(_LAST, {"until": end})
            return found

    def _leaves(self, _channel: str) -> None:
        self._is_leaving = True

    def _counted(self, done: object) -> None:
        self.batches += bool(done)


_WAITING = select(token.c.due_at).join(run, run.c.id == token.c.run_id).where(run.c.status == WAITING)
_NEXT = _WAITING.where(token.c.due_at > bindparam("after", type_=token.c.due_at.type)).order_by(token.c.due_at).limit(1)
_LAST = (
    _WAITING.where(token.c.due_at <= bindparam("until", type_=token.c.due_at.type))
    .order_by(token.c.due_at.desc())
    .limit(1)
)

_lock = threading.Lock()


@cache
def _empty() -> sqlite3.Connection:
    """Return a database in memory with all tables and no rows: made once, and copied for each world."""
    for one in pkgutil.iter_modules(crm.tables.__path__):
        importlib.import_module(f"crm.tables.{one.name}")  # all tables must be known
    driver = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: driver, poolclass=StaticPool)
    metadata.create_all(engine)
    driver.commit()
    return driver
