"""Whether a company of copies is what the product would have made: its counts, its sums, and what search knows of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from benchmarks.frame import ContestantError
from crm.searching.grams import grams_of
from crm.searching.keeping import is_known, texts_of
from crm.searching.ordering import TITLE
from crm.tables.journal import stage_total
from crm.tables.records import contact, deal, lead, person, person_identity
from crm.tables.searching import deal_order, search_text
from db.database import Database
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES, SubjectKind

SAMPLED: Final = 60
_RECORDS: Final = {"person": person, "lead": lead, "contact": contact, "deal": deal}


def require_sound(url: str, deals: int) -> None:
    """Count everything, and hold some records of each kind against what search knows of them.

    Raises:
        ContestantError: something is not as it should be; the message says what.
    """
    database = Database(url)
    with database.reading() as work:
        _require_counts(work, deals)
        for kind in ("person", "lead", "contact", "deal"):
            _require_known(work, kind)
        _require_places(work)
    database.close()


def _require_counts(work: Work, deals: int) -> None:
    for table in (*_RECORDS.values(), deal_order):
        _require(int(work.scalar(select(func.count()).select_from(table))), deals, f"rows of {table.name}")
    kept = work.rows(select(func.sum(stage_total.c.deals), func.sum(stage_total.c.amount)))[0]
    there = work.rows(select(func.count(), func.sum(deal.c.amount)).select_from(deal))[0]
    _require(tuple(map(int, kept)), tuple(map(int, there)), "deals and their worth in the totals")
    known = work.scalar(select(func.count()).select_from(search_text))
    with_identity = work.scalar(select(func.count(person_identity.c.person_id.distinct())))
    _require(int(known), 3 * deals + int(with_identity), "records that search knows")
    _require(is_known(work), True, "the journal is followed")


def _require_known(work: Work, kind: SubjectKind) -> None:
    table, code = _RECORDS[kind], SUBJECT_CODES[kind]
    ids = [row.id for row in work.rows(select(table.c.id).order_by(func.hashint8(table.c.id)).limit(SAMPLED))]
    query = select(search_text.c.record_id, search_text.c.grams)
    rows = work.rows(
        query.where(search_text.c.record_kind == code, in_set(search_text.c.record_id, "ids")), {"ids": ids}
    )
    known = {row.record_id: set(row.grams) for row in rows}
    for record_id, texts in texts_of(work, kind, ids).items():
        _require(known.get(record_id), set(grams_of(code, *texts)), f"what search knows of {kind} {record_id}")


def _require_places(work: Work) -> None:
    fields = ("plan_id", "amount", "created_at", "closed_at")
    order = func.hashint8(deal.c.id)
    query = select(
        *(deal.c[name] for name in fields),
        func.substr(deal.c.title_fold, 1, TITLE),
        *(deal_order.c[name] for name in (*fields, "title")),
    ).join_from(deal, deal_order, deal_order.c.deal_id == deal.c.id)
    for row in work.rows(query.order_by(order).limit(SAMPLED)):
        _require(tuple(row[5:]), tuple(row[:5]), "a deal's place in lists")


def _require(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise ContestantError(f"the company is not sound: {what}: {found} instead of {wanted}")
