"""Limits watched while funnels run: after each batch from memory, and by the scheduler from the totals of all processes.

A lead pays nothing for it: what is looked at are the sums that a batch writes anyway, a few numbers per funnel.  What was seen is
forgotten when the settings change, so a funnel that is resumed or published anew begins anew.  Whether one person was reached too
often is asked of the steps, once a batch for each funnel that has such a limit (``workers.repeats``).
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from db.database import Database
from db.work import Work
from engine.limits import Recent
from engine.program import Program
from engine.text import LazyText
from funnels.breaking import trip
from funnels.programs import Programs, programs
from funnels.tables import node_total
from workers.repeats import repeats
from workers.store import WHOLE, NodeTotals
from workers.walker import Walker

_KEY = "breaker"
_WALKED = "walked"
_COLUMNS = ("left", "failed")
_Sums = Mapping[tuple[int, int], tuple[int, int]]
"""How often each node of each funnel was left, and how often runs failed there; of node 0, how many runs ended and failed."""


class Watched:
    """What is remembered of funnels under one state of the settings."""

    def __init__(self, known: Programs) -> None:
        self.stamp = known.version
        starts = (start for several in known.by_kind.values() for start in several if start.closed in ("", "draining"))
        self._programs: dict[int, Program] = {start.of.funnel_id: start.of.program for start in starts}
        self._recent: dict[int, Recent] = defaultdict(Recent)
        self._careful = {
            id_: one for id_, one in self._programs.items() if one.limits.same_effect is not None and one.reaching
        }

    @property
    def careful(self) -> Mapping[int, Program]:
        """The funnels that may not do the same to one person too often."""
        return self._careful

    def saw(self, sums: _Sums, hour: int) -> dict[int, LazyText]:
        """Take in what funnels did; returns those that crossed a limit, and which."""
        effects: Counter[int] = Counter()
        for (funnel_id, node), (left, _) in sums.items():
            program = self._programs.get(funnel_id)
            if program is not None and node in program.acting:
                effects[funnel_id] += max(left, 0)
        crossed = {}
        for funnel_id, program in self._programs.items():
            ended, failed = sums.get((funnel_id, WHOLE), (0, 0))
            count = effects[funnel_id]
            if ended > 0 or failed or count:
                recent = self._recent[funnel_id]
                why = recent.saw(program.limits, hour=hour, ended=max(ended, 0), failed=failed, effects=count)
                if why is not None:
                    crossed[funnel_id] = why
        return crossed


class Breaker:
    """Watches the batches of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._watched: Watched | None = None

    def saw(self, work: Work) -> None:
        """Look at what a batch that was committed did, and pause the funnels that crossed a limit by it."""
        totals: NodeTotals | None = work.memo.get("node_totals")
        known: Programs | None = self._database.cache.get("programs")
        if totals is None or known is None:
            return
        places = {*totals.left, *totals.failed}
        sums = {place: (totals.left[place], totals.failed[place]) for place in places}
        with self._lock:
            if self._watched is None or self._watched.stamp != known.version:
                self._watched = Watched(known)
            crossed = self._watched.saw(sums, int(work.now.timestamp()) // 3600)
            careful = self._watched.careful
        if careful:
            crossed = {**repeats(self._database, careful, work.memo.get(_WALKED, ())), **crossed}
        _trip(self._database, crossed)


def note_walked(work: Work, walkers: Sequence[Walker]) -> None:
    """Remember who walked in a batch, until it was looked at."""
    work.memo.setdefault(_WALKED, []).extend(walkers)


def watch(database: Database) -> None:
    """Let the batches of this process be watched from now on."""
    database.cache.setdefault(_KEY, Breaker(database))


def seen(database: Database, work: Work) -> None:
    """Tell the breaker of this process, where there is one, of a batch that was committed."""
    breaker: Breaker | None = database.cache.get(_KEY)
    if breaker is not None:
        breaker.saw(work)


class Tick:
    """Watches the totals of all processes together.

    What was there at the first look, and at each change of the settings, does not count.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watched: Watched | None = None
        self._since = 0
        self._before: dict[tuple[int, int, int], tuple[int, int]] = {}

    def look(self) -> int:
        """Look once, and pause the funnels that crossed a limit; returns how many.  One statement where all is well."""
        with self._database.reading() as work:
            known = programs(work)
            hour = int(work.now.timestamp()) // 3600
            is_new = self._watched is None or self._watched.stamp != known.version
            if self._watched is None or is_new:
                self._watched = Watched(known)
            sums = _by_hour(work, self._since or hour - 1)
        before, self._before = self._before, sums
        self._since = max(self._since, hour - 1)
        if is_new:
            return 0
        differences: dict[tuple[int, int], tuple[int, int]] = {}
        for key, (left, failed) in sums.items():
            old, had = before.get(key, (0, 0)), differences.get(key[1:], (0, 0))
            differences[key[1:]] = (had[0] + left - old[0], had[1] + failed - old[1])
        return _trip(self._database, self._watched.saw(differences, hour))


def _by_hour(work: Work, since: int) -> dict[tuple[int, int, int], tuple[int, int]]:
    """Return the totals of the last hours, by hour, funnel and node: these are the only ones that change."""
    key = (node_total.c.hour, node_total.c.funnel_id, node_total.c.node)
    sums = (func.sum(node_total.c[name]) for name in _COLUMNS)
    rows = work.rows(select(*key, *sums).where(node_total.c.hour >= since).group_by(*key))
    return {(row[0], row[1], row[2]): (int(row[3]), int(row[4])) for row in rows}


def _trip(database: Database, crossed: Mapping[int, LazyText]) -> int:
    tripped = 0
    for funnel_id, why in crossed.items():
        with database.work() as work:
            tripped += trip(work, funnel_id, why)
    return tripped
