"""The scheduler: APScheduler ticks in whichever process leads.  It holds no business; timers are rows, and a tick only looks.

Several schedulers may run: one has the lease and works, another takes over within seconds of its death.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from crm.deals.totals import compact
from crm.searching.keeping import Keeper
from crm.ways.repeats import forget
from db.database import Database
from db.lease import hold, release
from db.processes import forget_dead
from funnels.node_totals import fold_node_totals
from funnels.tables import refusal
from funnels.vitals import SCHEDULER_LEASE as LEASE
from voronka_error import VoronkaError
from workers.breaker import Tick
from workers.clearing import Kept, clear
from workers.existing import Existing
from workers.releases import Releases
from workers.sweep import sweep
from workers.ticks import Ticks

log = structlog.get_logger(__name__)

RENEWED_EVERY = timedelta(seconds=1)
KEEPS_FOR = timedelta(seconds=0.5)
"""How much of each second may go into following the journal for search, while workers have nothing to do."""
REFUSALS_KEPT = timedelta(days=30)
CLEARED_EVERY = 6 * 3600


class Scheduler:
    """Ticks: pokes workers every second, keeps search up to date, sweeps dead batches, folds sums, forgets what is old.

    What is over for longer than it is ``kept`` is cleared.  Every tick is harmless when it is done twice, so a lease that two
    hold for a moment does no harm.
    """

    def __init__(self, database: Database, poke: Callable[[], None], kept: Kept = Kept()) -> None:  # noqa: B008  it never changes
        self._database = database
        self._kept = kept
        self._existing = Existing(database)
        self._releases = Releases(database)
        self._breaker = Tick(database)
        self._keeper = Keeper(database)
        self._poke = poke
        self._me = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._leads = False
        self._folded: int | None = None
        self._scheduler = Ticks(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
        renewed = RENEWED_EVERY.total_seconds()
        for seconds, tick in (
            (renewed, self._renew),
            (1, self._keep),
            (5, self._sweep),
            (30, self._fold),
            (15, self._watch),
            (3600, self._forget),
            (CLEARED_EVERY, self._clear),
            (60, self._let_in),
            (60, self._release),
        ):
            self._scheduler.add_job(tick, "interval", seconds=seconds, misfire_grace_time=None)

    @property
    def leads(self) -> bool:
        """True while this scheduler has the lease."""
        return self._leads

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """End, and let another lead at once."""
        self._scheduler.shutdown(wait=True)
        if self._leads:
            self._quietly(lambda: release(self._database, LEASE, self._me))

    def _renew(self) -> None:
        led, self._leads = self._leads, False
        self._quietly(self._take)
        if self._leads != led:
            log.info("leadership_changed", leads=self._leads)
        if self._leads:
            self._poke()

    def _take(self) -> None:
        self._leads = hold(self._database, LEASE, self._me)

    def _sweep(self) -> None:
        if self._leads:
            self._quietly(lambda: sweep(self._database))

    def _keep(self) -> None:
        if self._leads:
            self._quietly(lambda: self._keeper.keep_up(KEEPS_FOR))

    def _fold(self) -> None:
        if self._leads:
            self._quietly(self._compact)

    def _compact(self) -> None:
        with self._database.work() as work:
            compact(work)
            self._folded = fold_node_totals(work, since=self._folded)
            forget_dead(work)

    def _watch(self) -> None:
        if self._leads:
            self._quietly(self._breaker.look)

    def _forget(self) -> None:
        if self._leads:
            self._quietly(self._forget_old)

    def _forget_old(self) -> None:
        with self._database.work() as work:
            work.execute(refusal.delete().where(refusal.c.at < work.now - REFUSALS_KEPT))
            forget(work)

    def _let_in(self) -> None:
        if self._leads:
            self._quietly(lambda: self._existing.minute(goes_on=lambda: self._leads))

    def _release(self) -> None:
        if self._leads:
            self._quietly(lambda: self._releases.minute(goes_on=lambda: self._leads))

    def _clear(self) -> None:
        if self._leads:
            self._quietly(lambda: clear(self._database, self._kept, goes_on=lambda: self._leads))

    def _quietly(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (SQLAlchemyError, VoronkaError) as trouble:
            log.warning("tick_failed", error=f"{type(trouble).__name__}: {str(trouble).splitlines()[0]}")
