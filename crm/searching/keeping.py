"""Keeping what makes looking things up quick: behind the journal, in small transactions of its own, while nobody waits for it.

Nothing is written on the way of a lead for it.  What an event changed is read from the records as they are now and written
anew, so it does no harm to follow an event twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, Table, and_, func, insert, or_, select, text, update

from crm.searching.asking import FOLLOWED, follows, subject_of
from crm.searching.grams import grams_of
from crm.searching.ordering import TITLE, moved, moves
from crm.tables.journal import event, inbox
from crm.tables.records import company, contact, deal, lead, person, person_identity
from crm.tables.searching import deal_order, search_text, searched
from db.database import Database
from db.sets import in_set
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES, SUBJECT_KINDS, SubjectKind

AT_ONCE, AT_ONCE_WHILE_BUSY = 1000, 200
"""How many events or records one step takes: few while workers have something to do."""
_TABLES: Final[Mapping[SubjectKind, Table]] = {
    "person": person,
    "lead": lead,
    "contact": contact,
    "company": company,
    "deal": deal,
}
_MERGED: Final = EVENT_KINDS["person.merged"].code
_NAMED: Final = {
    EVENT_KINDS["contact.changed"].code: "contact_id",
    EVENT_KINDS["lead.changed"].code: "person_id",
    EVENT_KINDS["company.changed"].code: "company_id",
}
_ORDER: Final = tuple(sorted(SUBJECT_CODES[kind] for kind in _TABLES))

_LOOK = text(
    "select coalesce((select max(id) from event), 0), clock_timestamp(), (select min(xact_start) from pg_stat_activity"
    " where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid())"
)
_REPLACE_TEXTS = text(
    "insert into search_text (record_kind, record_id, grams)"
    " select cast(:kind as int2), id, cast(grams as int4[])"
    " from unnest(cast(:ids as int8[]), cast(:grams as text[])) as u(id, grams)"
    " on conflict (record_kind, record_id) do update set grams = excluded.grams where search_text.grams <> excluded.grams"
)
_REPLACE_PLACES = text(
    "insert into deal_order (deal_id, plan_id, amount, title, created_at, closed_at, next_due)"
    " select id, plan_id, amount, substr(title_fold, 1, :letters), created_at, closed_at,"
    " (select min(due_at) from task where deal_id = deal.id and status = 0)"
    " from deal where id = any(cast(:ids as int8[]))"
    " on conflict (deal_id) do update set (plan_id, amount, title, created_at, closed_at, next_due)"
    " = (excluded.plan_id, excluded.amount, excluded.title, excluded.created_at, excluded.closed_at, excluded.next_due)"
    " where (deal_order.plan_id, deal_order.amount, deal_order.title, deal_order.created_at, deal_order.closed_at,"
    " deal_order.next_due) is distinct from"
    " (excluded.plan_id, excluded.amount, excluded.title, excluded.created_at, excluded.closed_at, excluded.next_due)"
)


@dataclass(frozen=True, slots=True)
class _Look:
    """The journal's end at a moment: later, when no transaction is left from then, all events before it are there."""

    event_id: int
    at: datetime


class Keeper:
    """Follows the journal on PostgreSQL; nothing is done on SQLite.  One at a time: the scheduler that leads has one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._look: _Look | None = None
        self._settled = -1

    def step(self, *, at_once: int = AT_ONCE) -> bool:
        """Bring so many records up to date at most; true where there is more to do at once."""
        if self._database.is_sqlite:
            return False
        with self._database.work(is_awaited=False) as work:
            self._settle(work)
            state = work.rows(select(searched.c.event_id, searched.c.filling, searched.c.filled_id))
            if not state:
                if self._settled >= 0:
                    first = {"id": 1, "event_id": self._settled, "filling": _ORDER[0], "filled_id": 0}
                    work.execute(insert(searched).values(first))
                return self._settled >= 0
            [(event_id, filling, filled_id)] = state
            if filling is not None:
                _fill(work, filling, filled_id, at_once)
                return True
            return _follow(work, event_id, self._settled, at_once)

    def keep_up(self, lasting: timedelta) -> None:
        """Do so for at most about so long, or one small step where workers have something to do: they go first."""
        if self._database.is_sqlite:
            return
        ends = time.monotonic() + lasting.total_seconds()
        while True:
            is_busy = self._is_busy()
            is_more = self.step(at_once=AT_ONCE_WHILE_BUSY if is_busy else AT_ONCE)
            if is_busy or not is_more or time.monotonic() >= ends:
                return

    def _is_busy(self) -> bool:
        with self._database.reading() as work:
            return bool(work.rows(select(inbox.c.event_id).limit(1)))

    def _settle(self, work: Work) -> None:
        """Note how far the journal can be followed: an event may become visible after a later one, while its writer is busy."""
        [(newest, now, oldest)] = work.rows(_LOOK)
        if self._look is not None and (oldest is None or oldest > self._look.at):
            self._settled = self._look.event_id
            self._look = None
        if self._look is None:
            self._look = _Look(newest, now)


def is_known(work: Work) -> bool:
    """True where everything was read through and the journal is followed to its end.  One statement."""
    newest = select(func.coalesce(func.max(event.c.id), 0)).scalar_subquery()
    return bool(work.scalar(select(and_(searched.c.filling.is_(None), searched.c.event_id >= newest))))


def texts_of(work: Work, kind: SubjectKind, ids: Sequence[int]) -> dict[int, list[list[str | None]]]:
    """Return the texts that records are looked for by, folded, sort by sort; those that are not there are left out.

    One statement.
    """
    sorts = _SORTS[kind]
    texts: dict[int, list[list[str | None]]] = {}
    for record_id, *found in work.tuples(_TEXTS[kind], {"ids": ids}):
        of_record = texts.setdefault(record_id, [[] for _ in range(max(sorts) + 1)])
        for sort, one in zip(sorts, found, strict=True):
            of_record[sort].append(one)
    return texts


def _follow(work: Work, event_id: int, settled: int, at_once: int) -> bool:
    """Bring up to date what the next events are about, up to the one that is settled."""
    if settled <= event_id:
        return False
    kinds = sorted({*moves(), *(code for kind in FOLLOWED for code in follows(kind))})
    query = (
        select(event.c.id, event.c.kind, event.c.person_id, event.c.subject_id, event.c.data)
        .where(event.c.id > event_id, event.c.id <= settled, event.c.kind.in_(kinds))
        .order_by(event.c.id)
        .limit(at_once)
    )
    rows = work.rows(query)
    changed: dict[SubjectKind, set[int]] = {kind: set() for kind in FOLLOWED}
    for kind in FOLLOWED:
        codes, of_person = frozenset(follows(kind)), subject_of(kind) is event.c.person_id
        changed[kind] = {row.person_id if of_person else row.subject_id for row in rows if row.kind in codes}
    changed["person"] |= {row.subject_id for row in rows if row.kind == _MERGED}
    renamed = [row for row in rows if row.kind in _NAMED and '"name"' in row.data]
    changed["deal"] |= _deals_with(work, renamed)
    for kind, ids in changed.items():
        _replace(work, kind, sorted(ids))
    if rows:
        _replace_places(work, [row.id for row in work.rows(moved(event_id, rows[-1].id))])
    is_all = len(rows) < at_once
    work.execute(update(searched).values(event_id=settled if is_all else rows[-1].id))
    return not is_all


def _deals_with(work: Work, renamed: Sequence[Any]) -> set[int]:
    """Return the deals that are found by the names of contacts, leads and companies, given by the events that changed these."""
    if not renamed:
        return set()
    ids = {
        name: sorted(
            {row.person_id if name == "person_id" else row.subject_id for row in renamed if _NAMED[row.kind] == name}
        )
        for name in _NAMED.values()
    }
    named = [in_set(deal.c[name], name) for name, some in ids.items() if some]
    return {row.id for row in work.rows(select(deal.c.id).where(or_(*named)), ids)}


def _fill(work: Work, filling: int, filled_id: int, at_once: int) -> None:
    """Read the next records of a kind, which were there before the journal was followed."""
    kind = SUBJECT_KINDS[filling]
    table = _TABLES[kind]
    ids = [
        row.id
        for row in work.rows(select(table.c.id).where(table.c.id > filled_id).order_by(table.c.id).limit(at_once))
    ]
    _replace(work, kind, ids)
    if len(ids) == at_once:
        work.execute(update(searched).values(filled_id=ids[-1]))
        return
    later = [code for code in _ORDER if code > filling]
    work.execute(update(searched).values(filling=later[0] if later else None, filled_id=0))


def _replace(work: Work, kind: SubjectKind, ids: Sequence[int]) -> None:
    """Write anew what is known of these records; those that are gone are forgotten."""
    if not ids:
        return
    code = SUBJECT_CODES[kind]
    texts = texts_of(work, kind, ids)
    gone = [record_id for record_id in ids if record_id not in texts]
    work.delete(search_text, ("record_kind", "record_id"), [(code, record_id) for record_id in gone])
    if kind == "deal":
        work.delete(deal_order, ("deal_id",), [(record_id,) for record_id in gone])
        _replace_places(work, list(texts))
    if texts:
        grams = ["{" + ",".join(map(str, grams_of(code, *found))) + "}" for found in texts.values()]
        work.execute(_REPLACE_TEXTS, {"kind": code, "ids": list(texts), "grams": grams})


def _replace_places(work: Work, deal_ids: Sequence[int]) -> None:
    if deal_ids:
        work.execute(_REPLACE_PLACES, {"ids": sorted(deal_ids), "letters": TITLE})


_TEXTS: Final[Mapping[SubjectKind, Select[Any]]] = {
    "person": select(person_identity.c.person_id, person_identity.c.value).where(
        in_set(person_identity.c.person_id, "ids")
    ),
    "lead": select(lead.c.id, lead.c.title_fold, lead.c.name_fold, func.lower(lead.c.email), lead.c.phone).where(
        in_set(lead.c.id, "ids")
    ),
    "contact": select(contact.c.id, contact.c.name_fold, func.lower(contact.c.email), contact.c.phone).where(
        in_set(contact.c.id, "ids")
    ),
    "company": select(company.c.id, company.c.name_fold).where(in_set(company.c.id, "ids")),
    "deal": select(deal.c.id, deal.c.title_fold, contact.c.name_fold, lead.c.name_fold, company.c.name_fold)
    .outerjoin_from(deal, contact, contact.c.id == deal.c.contact_id)
    .outerjoin(lead, lead.c.id == deal.c.lead_id)
    .outerjoin(company, company.c.id == deal.c.company_id)
    .where(in_set(deal.c.id, "ids")),
}
"""The texts of each kind of record, folded, in any number of rows and columns; a person has phones and e-mail addresses."""
_SORTS: Final[Mapping[SubjectKind, tuple[int, ...]]] = {
    "person": (0,),
    "lead": (0, 1, 2, 2),
    "contact": (0, 1, 1),
    "company": (0,),
    "deal": (0, 1, 1, 1),
}
"""Of which sort each of these columns is, as ``looks`` asks for them."""
