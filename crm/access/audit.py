"""The audit: who did what, when and from where.  It reads the journal, which nothing in the interface can erase."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, text, union_all

from crm.access.actor import Actor, ActorKind, Viewer, unpack
from crm.errors import NotAllowedError
from crm.journal import cause_of, journal
from crm.records.timeline import Happening, Timeline
from crm.records.visible import may_see_record
from crm.tables.accounts import api_key
from crm.tables.importing import import_job
from crm.tables.journal import BY_HAND, event, origin
from crm.tables.records import comment, company, contact, deal, lead, task
from db.sets import in_set
from db.types import EPOCH, to_microseconds
from db.work import Work
from engine.event import EVENT_KINDS, KIND_BY_CODE, SubjectKind

PAGE: Final = 50
RIGHT: Final = "audit.see"
SETTINGS: Final = "config.changed"


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the audit is wanted.

    ``by`` is a packed actor; ``action`` a kind of event, or ``config.changed:`` and what was changed; ``record`` a kind and an
    id.  Without a record it is what people, programs and the command line did; of a record all there is, funnels and imports
    too.
    """

    by: int | None = None
    action: str = ""
    record: tuple[SubjectKind, int] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did, and where from: ``source`` is the kind of ``Origin``, or empty where nobody said."""

    happening: Happening
    subject: SubjectKind
    source: str
    source_id: int
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the audit, newest first.

    ``titles`` are those of the records that the viewer sees; ``story`` is what ``web.happenings`` needs for words; ``next`` is
    where the next page begins, empty at the end.
    """

    entries: tuple[Entry, ...]
    titles: Mapping[tuple[SubjectKind, int], str]
    story: Timeline
    next: str


def audit(work: Work, asked: Asked, *, viewer: Viewer, after: str = "", limit: int = PAGE) -> Page:
    """Return a page of what was done.  Six queries at most, whatever there is.

    Raises:
        NotAllowedError: the viewer may not see the audit.
    """
    if RIGHT not in viewer.rights:
        raise NotAllowedError(RIGHT)
    rows = work.rows(_query(work, asked, after).limit(limit + 1))
    shown = rows[:limit]
    entries = tuple(_entry(row) for row in shown)
    happenings = tuple(one.happening for one in entries)
    titles = _titles(work, entries, viewer)
    keys = {one.cause_id for one in happenings if one.cause is ActorKind.API}
    imports = {one.cause_id for one in happenings if one.cause is ActorKind.IMPORT}
    said = {one.data["comment"] for one in happenings if one.kind == "comment.added" and "comment" in one.data}
    story = Timeline(
        happenings,
        _named(work, select(comment.c.id, comment.c.body), comment.c.id, said) if viewer.owner_ids is None else {},
        {id_: title for (kind, id_), title in titles.items() if kind == "task"},
        _named(work, select(import_job.c.id, import_job.c.file_name), import_job.c.id, imports),
        _named(work, select(api_key.c.id, api_key.c.name), api_key.c.id, keys),
        None,
    )
    return Page(entries, titles, story, _place(shown[-1]) if len(rows) > limit else "")


def note_export(work: Work, what: str, rows: int, *, by: Actor, right: str = "records.export") -> None:
    """Write into the journal that somebody saves a list as a file: what of, and how many rows.

    Raises:
        NotAllowedError: the actor may not.
    """
    by.require(right)
    journal(work).add("records.exported", 0, 0, {"what": what, "rows": rows}, cause_of(by))


def _query(work: Work, asked: Asked, after: str) -> Select[Any]:
    wanted: list[ColumnElement[bool]] = []
    if asked.record is not None:
        wanted += _about(work, *asked.record)
    else:
        wanted.append(text(BY_HAND))  # type: ignore[arg-type]  # the very words of the index
    if asked.by is not None:
        wanted.append(event.c.caused_by == asked.by)
    kind, _, what = asked.action.partition(":")
    if kind in EVENT_KINDS:
        wanted.append(event.c.kind == EVENT_KINDS[kind].code)
        if what:
            wanted.append(event.c.data.like(f'%"what":"{what}"%'))
    if asked.since is not None:
        wanted.append(event.c.recorded_at >= asked.since)
    if asked.until is not None:
        wanted.append(event.c.recorded_at < asked.until)
    if (place := _read_place(after)) is not None:
        at, id_ = place
        wanted += [event.c.recorded_at <= at, or_(event.c.recorded_at < at, event.c.id < id_)]
    return (
        select(
            event.c.id,
            event.c.kind,
            event.c.subject_id,
            event.c.caused_by,
            event.c.occurred_at,
            event.c.recorded_at,
            event.c.data,
            origin.c.kind.label("source"),
            origin.c.source_id,
            origin.c.address,
            origin.c.browser,
        )
        .join_from(event, origin, origin.c.id == event.c.origin_id, isouter=True)
        .where(*wanted)
        .order_by(event.c.recorded_at.desc(), event.c.id.desc())
    )


def _about(work: Work, kind: SubjectKind, id_: int) -> list[ColumnElement[bool]]:
    """Return the conditions for what was done to a record; nothing is found of one that does not exist."""
    codes = [one.code for one in EVENT_KINDS.values() if one.subject == kind and not one.name.startswith(_PERSONLESS)]
    own = and_(event.c.kind.in_(codes), event.c.subject_id == id_)
    pointing = and_(event.c.kind.in_(_POINTING), event.c.subject_id == id_, event.c.data.like(f'%"target":"{kind}"%'))
    table = _TABLES.get(kind)
    person_id = id_ if table is None else 0
    if table is not None and "person_id" in table.c:
        person_id = work.scalar(select(table.c.person_id).where(table.c.id == id_)) or -1
    return [event.c.person_id == person_id, or_(own, pointing)]


def _entry(row: Any) -> Entry:
    cause, cause_id = unpack(row.caused_by)
    kind = KIND_BY_CODE[row.kind]
    data = json.loads(row.data)
    subject = data["target"] if data.get("target") in _TABLES else kind.subject
    happening = Happening(row.id, kind.name, row.subject_id, row.recorded_at, cause, cause_id, data)
    return Entry(happening, subject, row.source or "", row.source_id or 0, row.address or "", row.browser or "")


def _titles(work: Work, entries: Iterable[Entry], viewer: Viewer) -> dict[tuple[SubjectKind, int], str]:
    """Return the titles of the records that the viewer sees.  One query where there are any."""
    wanted: dict[SubjectKind, set[int]] = defaultdict(set)
    for one in entries:
        if one.subject in _TABLES and one.happening.subject_id:
            wanted[one.subject].add(one.happening.subject_id)
    queries = []
    for kind in wanted:
        table = _TABLES[kind]
        name = table.c.title if "title" in table.c else table.c.name
        queries.append(
            select(literal(kind).label("kind"), table.c.id, name.label("title")).where(
                in_set(table.c.id, kind), may_see_record(kind, viewer)
            )
        )
    if not queries:
        return {}
    rows = work.rows(union_all(*queries), {kind: sorted(ids) for kind, ids in wanted.items()})
    return {(row.kind, row.id): row.title or "" for row in rows}


def _named(work: Work, query: Select[Any], id_: ColumnElement[int], ids: Iterable[int]) -> dict[int, str]:
    found = sorted(ids)
    return {row[0]: row[1] for row in work.rows(query.where(in_set(id_, "ids")), {"ids": found})} if found else {}


def _place(row: Any) -> str:
    return f"{to_microseconds(row.recorded_at)}.{row.id}"


def _read_place(place: str) -> tuple[datetime, int] | None:
    moment, dot, id_ = place.partition(".")
    if not dot or not moment.isdigit() or not id_.isdigit() or len(moment) > _LONGEST_MOMENT or len(id_) > _DIGITS:
        return None
    return datetime.fromtimestamp(0, UTC) + (int(moment) * _MICROSECOND), int(id_)


def actors(work: Work, users: Iterable[int]) -> Sequence[tuple[int, ActorKind, int, str]]:
    """Return whom the audit may be asked about: packed, kind, id, and the name of a key.  One query."""
    rows = work.rows(select(api_key.c.id, api_key.c.name).order_by(api_key.c.id))
    found = [(Actor(ActorKind.USER, one).packed, ActorKind.USER, one, "") for one in users]
    return [*found, *((Actor(ActorKind.API, row.id).packed, ActorKind.API, row.id, row.name) for row in rows)]


_DIGITS: Final = 18
_LONGEST_MOMENT: Final = 16  # microseconds since 1970 of the next three centuries
_MICROSECOND: Final = (EPOCH.replace(microsecond=1)) - EPOCH
_PERSONLESS: Final = ("access.", "records.", SETTINGS)
_POINTING: Final = tuple(
    EVENT_KINDS[kind].code for kind in ("tag.added", "tag.removed", "comment.added", "manual.start")
)
_TABLES: Final[Mapping[SubjectKind, Any]] = {
    "lead": lead,
    "deal": deal,
    "contact": contact,
    "company": company,
    "task": task,
}
