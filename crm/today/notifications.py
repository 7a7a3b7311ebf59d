"""What is told to users, beside the bell: written in the transaction of what happened, read and put away by each for himself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Table, select

from crm.access.actor import Actor, Viewer, oneself
from crm.deals.visible import may_see
from crm.leads.visible import may_see_lead
from crm.tables.accounts import notification
from crm.tables.records import deal, lead
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.text import packed, unpacked

LONGEST = 2000
SYSTEM_NOTE: Final = "system"
_COLUMNS = ("user_id", "kind", "words", "deal_id", "lead_id", "created_at")


@dataclass(frozen=True, slots=True)
class Note:
    """Words for a user, about a deal or a lead where there is one.

    ``kind`` says what told them: ``funnel`` is a text that an author wrote, ``system`` one of ours, in the reader's language.
    """

    user_id: int
    words: str
    kind: str = "funnel"
    deal_id: int | None = None
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A note as the page shows it.  ``about`` is the title of its record, ``None`` where it may not be seen, or is gone."""

    id: int
    words: str
    kind: str
    deal_id: int | None
    lead_id: int | None
    about: str | None
    created_at: datetime
    is_read: bool


def tell(work: Work, items: Sequence[Note]) -> None:
    """Put notes beside the bells of users.  One statement, whatever the number."""
    now = work.stored(work.now)
    work.insert(
        notification,
        _COLUMNS,
        [(one.user_id, one.kind, _kept(one), one.deal_id, one.lead_id, now) for one in items],
    )


def _kept(one: Note) -> str:
    return dumps(packed(one.words)) if one.kind == SYSTEM_NOTE else one.words[:LONGEST]


def told(work: Work, *, viewer: Viewer, before: int | None = None, limit: int = 50) -> tuple[Told, ...]:
    """Return the viewer's notes, newest first: at most ``limit``, those with ids below ``before``.  Three queries at most."""
    query = select(notification).where(notification.c.user_id == viewer.user_id)
    if before is not None:
        query = query.where(notification.c.id < before)
    rows = work.rows(query.order_by(notification.c.id.desc()).limit(limit))
    deals = _titles(work, deal, may_see(viewer), [row.deal_id for row in rows if row.deal_id is not None])
    leads = _titles(work, lead, may_see_lead(viewer), [row.lead_id for row in rows if row.lead_id is not None])
    return tuple(
        Told(
            row.id,
            unpacked(json.loads(row.words)) if row.kind == SYSTEM_NOTE else row.words,
            row.kind,
            row.deal_id if row.deal_id in deals else None,
            row.lead_id if row.lead_id in leads else None,
            deals.get(row.deal_id) or leads.get(row.lead_id),
            row.created_at,
            row.read_at is not None,
        )
        for row in rows
    )


def read(work: Work, ids: Sequence[int] | None, *, by: Actor) -> list[Result]:
    """Mark one's own notes as read, ``None`` all of them; one answer each: ``done``, ``not_found``.

    Raises:
        NotAllowedError: notes are read by users, each for himself.
    """
    user_id = oneself(by)
    own = notification.update().where(notification.c.user_id == user_id, notification.c.read_at.is_(None))
    if ids is None:
        work.execute(own.values(read_at=work.now))
        return []
    mine = select(notification.c.id).where(notification.c.user_id == user_id, in_set(notification.c.id, "ids"))
    known = {row.id for row in work.rows(mine, {"ids": list(ids)})}
    work.execute(own.where(in_set(notification.c.id, "ids")).values(read_at=work.now), {"ids": sorted(known)})
    return [Result(DONE if id_ in known else "not_found", (id_,)) for id_ in ids]


def _titles(work: Work, table: Table, seen: ColumnElement[bool], ids: Sequence[int]) -> dict[int, str]:
    """Return the titles of those records that the viewer may see.  One query where there are any."""
    if not ids:
        return {}
    query = select(table.c.id, table.c.title).where(in_set(table.c.id, "ids"), seen)
    return {row.id: row.title for row in work.rows(query, {"ids": sorted(set(ids))})}
