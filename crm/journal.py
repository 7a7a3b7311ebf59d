"""The journal: every change and its event are one transaction; triggers, timeline and audit all follow from that write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, case, func, null, select

from crm.access.actor import HANDS, Actor
from crm.access.origins import origin_id
from crm.directory import directory
from crm.tables.journal import event, inbox
from db.types import dumps
from db.work import Work
from engine.event import EVENT_KINDS

LANES = 256
"""Events, runs and messages of one person share a lane: ``person_id % LANES``."""

FEW = 64
"""What one transaction brings beyond so many events for triggers has come in numbers: an import, a mass action, a large batch."""
SINGLY, IN_NUMBERS = 0, 1
"""The ranks of events in the inbox: who came singly is taken before those who came in numbers."""

_COLUMNS = ("kind", "person_id", "subject_id", "caused_by", "depth", "occurred_at", "recorded_at", "data")
_INBOX = ("event_id", "lane", "attempts", "rank")
_CODES = {name: kind.code for name, kind in EVENT_KINDS.items()}


class Cause(NamedTuple):
    """What stands behind one change: the packed actor, and how many funnels deep it is."""

    caused_by: int
    depth: int = 0


class Noted(NamedTuple):
    """An event that is going to be written: the code of its kind, whom and what it is about, its compact JSON."""

    code: int
    person_id: int
    subject_id: int
    data: str


def cause_of(by: Actor) -> Cause:
    """Return an actor as the cause of what it does."""
    return Cause(by.packed, by.depth)


class Journal:
    """The events of one transaction, written together at its end.

    Ids of events are taken last, so that their order is the order in which transactions finished.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._now = work.stored(work.now)
        self._rows: list[tuple[int, int, int, int, int, object, object, str]] = []
        self._watched: list[int] = []
        self._plans_by_kind = directory(work).watched
        self._only: str | None = None
        self._is_part_of_many = False
        work.before_commit(self._write)

    def start_only(self, funnel: str) -> None:
        """Let the events from now on start this funnel (a key) and no other; an empty one: none at all."""
        self._only = dumps(funnel)

    def come_in_numbers(self) -> None:
        """Let all events of this transaction wait behind those that come singly: it is a part of something larger."""
        self._is_part_of_many = True

    def add(
        self, kind: str, person_id: int, subject_id: int, data: Mapping[str, object], cause: Cause, *, plan: str = ""
    ) -> None:
        """Record that something happened now; ``plan`` is the sales plan it happened on, for those who look at one plan only."""
        self.add_text(kind, person_id, subject_id, dumps(data), cause, plan=plan)

    def add_text(
        self,
        kind: str,
        person_id: int,
        subject_id: int,
        data: str,
        cause: Cause,
        *,
        plan: str = "",
        occurred_at: datetime | None = None,
    ) -> None:
        """The same with ``data`` already as compact JSON, and another moment for what is recorded later than it happened."""
        code = _CODES[kind]
        now = self._now
        if self._only is not None:
            data = self._told_only(data)
        plans = self._plans_by_kind.get(code)
        if plans is not None and ("" in plans or plan in plans):
            self._watched.append(len(self._rows))
        occurred = now if occurred_at is None else self._work.stored(occurred_at)
        self._rows.append((code, person_id, subject_id, cause.caused_by, cause.depth, occurred, now, data))

    def noted(self, cause: Cause) -> list[Noted]:
        """Return what this cause has brought about in this transaction so far."""
        return [
            Noted(code, person_id, subject_id, data)
            for code, person_id, subject_id, caused_by, _, _, _, data in self._rows
            if caused_by == cause.caused_by
        ]

    def add_rows(self, kind: str, rows: Sequence[tuple[int, int, str, Cause]], *, plan: str = "") -> None:
        """The same for many at once: person, subject, data as compact JSON, and cause of each."""
        code, now = _CODES[kind], self._now
        plans = self._plans_by_kind.get(code)
        if plans is not None and ("" in plans or plan in plans):
            first = len(self._rows)
            self._watched += range(first, first + len(rows))
        if self._only is not None:
            rows = [(person, subject, self._told_only(data), cause) for person, subject, data, cause in rows]
        self._rows += [
            (code, person, subject, cause[0], cause[1], now, now, data) for person, subject, data, cause in rows
        ]

    def _told_only(self, data: str) -> str:
        return f'{{"only":{self._only}{"," if data != "{}" else ""}{data[1:]}'

    def _write(self) -> None:
        rows, self._rows = self._rows, []
        watched, self._watched = self._watched, []
        if not rows:
            return
        work = self._work
        columns: tuple[str, ...] = _COLUMNS
        written: Sequence[tuple[object, ...]] = rows
        origin = origin_id(work) if rows[0][3] & 15 in HANDS else None
        if origin is not None:
            columns, written = (*_COLUMNS, "origin_id"), [(*row, origin) for row in rows]
        if not watched:  # both databases count on by themselves, in the order of the rows
            work.insert(event, columns, written)
            return
        ids = _next_ids(work, len(rows))
        work.insert(event, ("id", *columns), [(id_, *row) for id_, row in zip(ids, written, strict=True)])
        rank = IN_NUMBERS if self._is_part_of_many or len(watched) > FEW else SINGLY
        work.insert(inbox, _INBOX, [(ids[place], rows[place][1] % LANES, 0, rank) for place in watched])
        work.after_commit(work.database.poke)


def journal(work: Work) -> Journal:
    """Return the transaction's journal."""
    found: Journal | None = work.memo.get("journal")
    if found is None:
        found = work.memo["journal"] = Journal(work)
    return found


_TAKEN = (
    select(func.nextval("event_id_seq").label("id"))
    .select_from(func.generate_series(1, bindparam("count", type_=Integer)))
    .subquery()
)
_FIRST, _FINAL = func.min(_TAKEN.c.id), func.max(_TAKEN.c.id)
_SEQUENCE = select(
    _FIRST,
    case((func.count() == _FINAL - _FIRST + 1, null()), else_=func.array_agg(_TAKEN.c.id, type_=ARRAY(BigInteger))),
)
_LAST = select(func.coalesce(func.max(event.c.id), 0))


def _next_ids(work: Work, count: int) -> Sequence[int]:
    """Return ids for events, taken now.  SQLite's one writer counts on from the last; the journal is only ever appended to."""
    if work.is_sqlite:
        [(last,)] = work.tuples(_LAST, {})
        return range(last + 1, last + 1 + count)
    [(first, scattered)] = work.tuples(_SEQUENCE, {"count": count})
    return range(first, first + count) if scattered is None else sorted(scattered)  # others may take some in between
