"""The timeline of a record: what the journal knows of it, newest first, with the texts and titles it speaks of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, exists, or_, select

from crm.access.actor import ActorKind, unpack
from crm.tables.accounts import api_key
from crm.tables.importing import import_job
from crm.tables.journal import event, stage_stay
from crm.tables.records import comment, task
from db.sets import in_set
from db.work import Work
from engine.event import EVENT_KINDS, KIND_BY_CODE

PAGE: Final = 30


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: its kind, whose doing it was, and its data.  ``lasted`` is the time in the stage that a move ended."""

    id: int
    kind: str
    subject_id: int
    at: datetime
    cause: ActorKind
    cause_id: int
    data: Mapping[str, Any]
    lasted: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of happenings, newest first.

    ``comments`` and ``tasks`` are the texts and titles of those that they speak of, by id; ``imports`` and ``keys`` the names of
    what caused some of them.  ``next`` is where the next page begins, ``None`` at the end.
    """

    happenings: tuple[Happening, ...]
    comments: Mapping[int, str]
    tasks: Mapping[int, str]
    imports: Mapping[int, str]
    keys: Mapping[int, str]
    next: int | None

    @property
    def runs(self) -> list[int]:
        """The runs that caused some of it."""
        return sorted({one.cause_id for one in self.happenings if one.cause is ActorKind.RUN})


def timeline(
    work: Work, person_id: int, *, deal_id: int | None = None, lead_id: int | None = None, before: int | None = None
) -> Timeline:
    """Return a page of what happened to a deal (and the lead it came from), or to a lead that the caller may see.

    What happened to the person is in it, what happened to his other deals is not.  Six queries at most.
    """
    parameters = {"person": person_id, "deal": deal_id or 0, "lead": lead_id or 0, "before": before or _FIRST}
    rows = work.rows(_PAGE, parameters)
    stays: dict[datetime, timedelta] = {}
    if deal_id is not None and any(row.kind == _MOVED for row in rows[:PAGE]):
        stays = {row.left_at: row.left_at - row.entered_at for row in work.rows(_STAYS, {"deal": deal_id})}
    return _told(work, rows, stays)


def _told(work: Work, rows: Sequence[Any], stays: Mapping[datetime, timedelta]) -> Timeline:
    """Return the page that begins with these rows, with the texts and titles that they speak of."""
    shown = rows[:PAGE]
    happenings = tuple(_happening(row, stays) for row in shown)
    said = [one.data["comment"] for one in happenings if one.kind == "comment.added" and "comment" in one.data]
    tasks = [one.subject_id for one in happenings if one.kind.startswith("task.")]
    imports = [one.cause_id for one in happenings if one.cause is ActorKind.IMPORT]
    keys = [one.cause_id for one in happenings if one.cause is ActorKind.API]
    return Timeline(
        happenings,
        _named(work, _COMMENTS, said),
        _named(work, _TITLES, tasks),
        _named(work, _IMPORTS, imports),
        _named(work, _KEYS, keys),
        shown[-1].id if len(rows) > PAGE else None,
    )


def concerns() -> ColumnElement[bool]:
    """Return the condition on ``event`` for a deal and its lead: bind ``deal`` and ``lead`` (0: none), and the person."""
    deal, lead = bindparam("deal", type_=BigInteger), bindparam("lead", type_=BigInteger)
    of_tasks = exists().where(
        task.c.id == event.c.subject_id,
        or_(task.c.deal_id == deal, and_(task.c.deal_id.is_(None), task.c.lead_id == lead)),
    )
    about = event.c.subject_id
    return or_(
        and_(event.c.kind.in_(_codes("deal")), about == deal),
        and_(event.c.kind.in_(_codes("lead")), about == lead),
        and_(event.c.kind.in_(_codes("task")), of_tasks),
        and_(event.c.kind.in_(_POINTING), event.c.data.like('%"target":"deal"%'), about == deal),
        and_(event.c.kind.in_(_POINTING), event.c.data.like('%"target":"lead"%'), about == lead),
        event.c.kind.in_(_codes("contact") + _OF_PERSON),
    )


def _codes(subject: str) -> tuple[int, ...]:
    return tuple(kind.code for kind in EVENT_KINDS.values() if kind.subject == subject)


_POINTING: Final = tuple(
    EVENT_KINDS[kind].code for kind in ("tag.added", "tag.removed", "comment.added", "manual.start")
)
_OF_PERSON: Final = tuple(
    EVENT_KINDS[kind].code
    for kind in (
        "person.merged",
        "person.parted",
        "run.parked",
        "run.repaired",
        "webhook.received",
        "message.sent",
        "message.failed",
        "http.answered",
    )
)
_MOVED: Final = EVENT_KINDS["deal.moved"].code
_FIRST: Final = 2**62


def _happening(row: Any, stays: Mapping[datetime, timedelta]) -> Happening:
    cause, cause_id = unpack(row.caused_by)
    lasted = stays.get(row.recorded_at) if row.kind == _MOVED else None
    kind = KIND_BY_CODE[row.kind].name
    return Happening(row.id, kind, row.subject_id, row.occurred_at, cause, cause_id, json.loads(row.data), lasted)


def _named(work: Work, query: Any, ids: list[int]) -> dict[int, str]:
    """Return names by id.  One query where there are any."""
    return {row[0]: row[1] for row in work.rows(query, {"ids": sorted(set(ids))})} if ids else {}


_PAGE = (
    select(
        event.c.id,
        event.c.kind,
        event.c.subject_id,
        event.c.caused_by,
        event.c.occurred_at,
        event.c.recorded_at,
        event.c.data,
    )
    .where(event.c.person_id == bindparam("person"), event.c.id < bindparam("before"), concerns())
    .order_by(event.c.id.desc())
    .limit(PAGE + 1)
)
_STAYS = select(stage_stay.c.entered_at, stage_stay.c.left_at).where(stage_stay.c.deal_id == bindparam("deal"))
_COMMENTS = select(comment.c.id, comment.c.body).where(in_set(comment.c.id, "ids"))
_TITLES = select(task.c.id, task.c.title).where(in_set(task.c.id, "ids"))
_IMPORTS = select(import_job.c.id, import_job.c.file_name).where(in_set(import_job.c.id, "ids"))
_KEYS = select(api_key.c.id, api_key.c.name).where(in_set(api_key.c.id, "ids"))


def timeline_of_many(
    work: Work,
    persons: Sequence[int],
    *,
    deals: Sequence[int],
    leads: Sequence[int],
    contacts: Sequence[int] = (),
    company_id: int | None = None,
    before: int | None = None,
) -> Timeline:
    """Return a page of what happened to several records of several persons, or of a company; the caller may see all of them.

    Six queries at most, whatever the number of records.
    """
    whose = [*persons, *([0] if company_id is not None else [])]
    parameters = {
        "persons": whose,
        "deals": list(deals),
        "leads": list(leads),
        "contacts": list(contacts),
        "company": company_id or 0,
        "before": before or _FIRST,
    }
    return _told(work, work.rows(_PAGE_OF_MANY, parameters), {})


def _of_many() -> ColumnElement[bool]:
    about, kind = event.c.subject_id, event.c.kind
    deals, leads = in_set(about, "deals"), in_set(about, "leads")
    contacts, company = in_set(about, "contacts"), about == bindparam("company", type_=BigInteger)
    of_tasks = exists().where(
        task.c.id == about,
        or_(
            in_set(task.c.deal_id, "deals"),
            and_(task.c.deal_id.is_(None), in_set(task.c.lead_id, "leads")),
            and_(task.c.deal_id.is_(None), task.c.lead_id.is_(None)),
        ),
    )
    targets = (("deal", deals), ("lead", leads), ("contact", contacts), ("company", company))
    return or_(
        and_(kind.in_(_codes("deal")), deals),
        and_(kind.in_(_codes("lead")), leads),
        and_(kind.in_(_codes("contact")), contacts),
        and_(kind.in_(_codes("company")), company),
        and_(kind.in_(_codes("task")), of_tasks),
        and_(
            kind.in_(_POINTING),
            or_(*(and_(event.c.data.like(f'%"target":"{name}"%'), which) for name, which in targets)),
        ),
        and_(kind.in_(_OF_PERSON), event.c.person_id != 0),
    )


_PAGE_OF_MANY = (
    select(
        event.c.id,
        event.c.kind,
        event.c.subject_id,
        event.c.caused_by,
        event.c.occurred_at,
        event.c.recorded_at,
        event.c.data,
    )
    .where(in_set(event.c.person_id, "persons"), event.c.id < bindparam("before"), _of_many())
    .order_by(event.c.id.desc())
    .limit(PAGE + 1)
)
