"""Comments: texts in the card that colleagues see at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from crm.access.actor import Actor, ActorKind
from crm.journal import Cause, cause_of, journal
from crm.records.visible import no_record, unseen
from crm.tables.records import comment
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES
from engine.request import DONE, Result
from engine.text import _l

LONGEST_BODY = 20_000
CommentedKind = Literal["lead", "deal", "contact", "company", "task"]
_COLUMNS = ("id", "person_id", "record_kind", "record_id", "body", "author_id", "created_at")


@dataclass(frozen=True, slots=True)
class NewComment:
    """A text for the card of a record; ``created_at`` ``None`` is now."""

    kind: CommentedKind
    record_id: int
    person_id: int
    body: str
    created_at: datetime | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the card shows it; ``author_id`` ``None`` was no person."""

    id: int
    body: str
    author_id: int | None
    created_at: datetime


def add_comments(work: Work, items: Sequence[NewComment], *, by: Actor) -> list[Result]:
    """Add comments; one answer per item: ``done`` (ids: the comment), ``no_record``, ``invalid`` (the text: empty or long).

    One statement, whatever the number, and one where the actor is held to what he sees.  The text stays out of the journal.
    """
    for kind in {item.kind for item in items}:
        by.require(_RIGHTS[kind])
    hidden = unseen(work, ((item.kind, item.record_id) for item in items), by)
    author = by.id if by.kind is ActorKind.USER else None
    bodies = [item.body.replace("\x00", "").strip() for item in items]
    fitting = [
        0 < len(body) <= LONGEST_BODY and not (hidden and (item.kind, item.record_id) in hidden)
        for item, body in zip(items, bodies, strict=True)
    ]
    ids = iter(work.ids("comment", sum(fitting)))
    notes, by_actor = journal(work), cause_of(by)
    rows, answers = [], []
    for item, body, fits in zip(items, bodies, fitting, strict=True):
        if not fits:
            record = item.kind, item.record_id
            answers.append(no_record(*record) if record in hidden else _INVALID)
            continue
        id_, at = next(ids), item.created_at or work.now
        rows.append((id_, item.person_id, SUBJECT_CODES[item.kind], item.record_id, body, author, at))
        data = {"target": item.kind, "comment": id_}
        notes.add("comment.added", item.person_id, item.record_id, data, item.cause or by_actor)
        answers.append(Result(DONE, (id_,)))
    work.insert(comment, _COLUMNS, rows)
    return answers


def comments_of(work: Work, kind: CommentedKind, record_ids: Sequence[int]) -> dict[int, tuple[Comment, ...]]:
    """Return the comments of each record, oldest first; the caller has checked that the records may be seen.  One query."""
    query = (
        select(comment)
        .where(comment.c.record_kind == SUBJECT_CODES[kind], in_set(comment.c.record_id, "records"))
        .order_by(comment.c.created_at, comment.c.id)
    )
    found: dict[int, list[Comment]] = {record_id: [] for record_id in record_ids}
    for row in work.rows(query, {"records": list(record_ids)}):
        found[row.record_id].append(Comment(row.id, row.body, row.author_id, row.created_at))
    return {record_id: tuple(comments) for record_id, comments in found.items()}


_INVALID = Result("invalid", detail=_l("a comment has 1 to {limit} characters", limit=LONGEST_BODY))
_RIGHTS = {
    "lead": "leads.edit",
    "contact": "leads.edit",
    "company": "leads.edit",
    "deal": "deals.edit",
    "task": "tasks.edit",
}
