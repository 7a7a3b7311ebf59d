"""The imports there are, and the records that one made or changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import and_, false, func, or_, select

from crm.access.actor import ActorKind, Viewer, unpack
from crm.importing.targets import Kind
from crm.tables.importing import import_job, import_order, import_record, import_undo
from crm.tables.records import company, contact, deal, lead
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES, SubjectKind

PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import in the list.

    ``order_id`` is ``None`` for one of the command line, ``job_id`` for one that has written nothing; ``undo`` is the state of
    its undoing, ``None`` where nobody asked for one; ``share`` is how much of the file was read, from 0 to 1.
    """

    order_id: int | None
    job_id: int | None
    kind: Kind
    file_name: str
    state: str
    undo: str | None
    share: float
    read: int
    created: int
    updated: int
    rejected: int
    user_id: int | None
    at: datetime


def imports_made(work: Work, *, viewer: Viewer, limit: int = PAGE) -> list[ImportLine]:
    """Return the newest imports, of the browser and of the command line; none for who may not import.  Two queries."""
    if "records.import" not in viewer.rights:
        return []
    ordered = (
        select(import_order, import_undo.c.state.label("undo"))
        .outerjoin(import_undo, import_undo.c.job_id == import_order.c.job_id)
        .order_by(import_order.c.id.desc())
        .limit(limit)
    )
    lines = [
        ImportLine(
            row.id, row.job_id, row.kind, row.file_name, row.state, row.undo,
            row.bytes_read / row.total_bytes if row.total_bytes else 0.0,
            row.read, row.created, row.updated, row.rejected, row.asked_by, row.created_at,
        )
        for row in work.rows(ordered)
    ]  # fmt: skip
    jobs = (
        select(import_job, import_undo.c.state.label("undo"))
        .outerjoin(import_undo, import_undo.c.job_id == import_job.c.id)
        .where(~select(import_order.c.id).where(import_order.c.job_id == import_job.c.id).exists())
        .order_by(import_job.c.id.desc())
        .limit(limit)
    )
    for row in work.rows(jobs):
        kind, user_id = unpack(row.caused_by)
        state = "importing" if row.state == "running" else "finished"
        lines.append(
            ImportLine(
                None, row.id, row.kind, row.file_name, state, row.undo, float(state == "finished"), row.position,
                row.created, row.updated, row.rejected, user_id if kind is ActorKind.USER else None, row.started_at,
            )
        )  # fmt: skip
    return sorted(lines, key=lambda line: line.at, reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class MadeRecord:
    """A record that an import made or changed; ``None`` where a record of its kind has no such thing."""

    id: int
    title: str
    owner_id: int | None
    stage_id: int | None
    amount: int | None
    currency: str | None


MadeKind = Literal["deal", "lead", "contact", "company"]
_TABLES: Final = {"deal": deal, "lead": lead, "contact": contact, "company": company}


def has_records(work: Work, job_id: int, *, viewer: Viewer) -> bool:
    """Return whether it is noted that an import made or changed anything.  One query, whatever the number of records."""
    if "records.import" not in viewer.rights:
        return False
    return bool(work.rows(select(import_record.c.record_id).where(import_record.c.job_id == job_id).limit(1)))


def counts_of_records(work: Work, job_id: int, *, viewer: Viewer) -> dict[tuple[SubjectKind, bool], int]:
    """Return how many records an import made (``True``) and changed, by kind, as far as they are noted.  One query."""
    if "records.import" not in viewer.rights:
        return {}
    query = (
        select(import_record.c.record_kind, import_record.c.is_new, func.count())
        .where(import_record.c.job_id == job_id)
        .group_by(import_record.c.record_kind, import_record.c.is_new)
    )
    kinds = {code: kind for kind, code in SUBJECT_CODES.items()}
    return {(kinds[code], is_new): count for code, is_new, count in work.rows(query)}


def records_of_import(
    work: Work, job_id: int, kind: MadeKind, *, is_new: bool, viewer: Viewer, after: int = 0, limit: int = PAGE
) -> list[MadeRecord]:
    """Return records behind the id ``after`` that an import made or changed and that the viewer may see.  One query."""
    table = _TABLES[kind]
    query = (
        select(table)
        .join(import_record, import_record.c.record_id == table.c.id)
        .where(
            import_record.c.job_id == job_id,
            import_record.c.record_kind == SUBJECT_CODES[kind],
            import_record.c.is_new == is_new,
            import_record.c.record_id > after,
            _is_visible(table, viewer),
        )
        .order_by(import_record.c.record_id)
        .limit(limit)
    )
    bound = {"owners": sorted(viewer.owner_ids or ()), "plans": sorted(viewer.plan_ids or ())}
    return [
        MadeRecord(
            row.id,
            row.name if kind in ("contact", "company") else row.title,
            getattr(row, "owner_id", None),
            getattr(row, "stage_id", None),
            getattr(row, "amount", None),
            getattr(row, "currency", None),
        )
        for row in work.rows(query, bound)
    ]


def _is_visible(table: Any, viewer: Viewer) -> Any:
    if "records.import" not in viewer.rights:
        return false()
    if viewer.owner_ids is None or table not in (deal, lead):
        return True
    mine = in_set(table.c.owner_id, "owners")
    nobody = (
        and_(table.c.owner_id.is_(None), in_set(deal.c.plan_id, "plans"))
        if table is deal
        else table.c.owner_id.is_(None)
    )
    return or_(mine, nobody)
