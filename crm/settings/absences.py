"""Absences: when people are away.  They get no new deals then, and come back by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from crm.access.actor import Actor, ActorKind
from crm.directory import User, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import note
from crm.settings.logins import folded_login
from crm.tables.distribution import absence
from crm.tables.settings import user_account
from db.sets import in_set
from db.work import Work
from engine.text import _l

LONGEST_NOTE: Final = 200
_FARTHEST: Final = timedelta(days=3 * 366)
_COLUMNS: Final = ("id", "user_id", "starts_at", "ends_at", "zone", "note")


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """Somebody who is going to be away, both days included; without a ``last_day`` until somebody says otherwise.

    The days are those of his time zone.
    """

    login: str
    first_day: date
    last_day: date | None = None
    note: str = ""


def add_absences(work: Work, items: Sequence[NewAbsence], *, by: Actor) -> tuple[int, ...]:
    """Say when people are away, and return the ids of the absences in order; everybody may say so of himself.

    All or none are added, by a fixed number of statements.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: the days cannot be, or he is away on one of them already.
    """
    settings = directory(work)
    users = [settings.user(folded_login(item.login)) for item in items]
    for user in users:
        _require(user, by)
    if not items:
        return ()
    lock = select(user_account.c.id).where(in_set(user_account.c.id, "ids")).order_by(user_account.c.id)
    work.rows(lock.with_for_update(), {"ids": [user.id for user in users]})
    known = work.rows(select(absence).where(in_set(absence.c.user_id, "ids")), {"ids": [user.id for user in users]})
    taken = [(row.user_id, row.starts_at, row.ends_at) for row in known]
    ids = tuple(work.ids("absence", len(items)))
    rows = []
    for id_, item, user in zip(ids, items, users, strict=True):
        zone = user.zone or str(settings.organization["zone"])
        starts_at, ends_at = _moments(work, item, zone)
        if any(one == user.id and _meet((starts_at, ends_at), (first, last)) for one, first, last in taken):
            raise InvalidError(_l("{name} is away on one of these days already", name=user.name))
        taken.append((user.id, starts_at, ends_at))
        text = " ".join(item.note.replace("\x00", "").split())
        if len(text) > LONGEST_NOTE:
            raise InvalidError(_l("a note has at most {limit} characters", limit=LONGEST_NOTE))
        stored = work.stored(ends_at) if ends_at is not None else None
        rows.append((id_, user.id, work.stored(starts_at), stored, zone, text))
    work.insert(absence, _COLUMNS, rows)
    for item, user in zip(items, users, strict=True):  # after the rows: the settings are read again by it
        days = {"first_day": item.first_day.isoformat(), "last_day": item.last_day and item.last_day.isoformat()}
        note(work, "user", user.login, "absent", user.id, by, days)
    return ids


def end_absences(work: Work, ids: Sequence[int], *, by: Actor) -> None:
    """Let people be back now; what has not begun will not be.  What is over stays as it was.

    Raises:
        NotFoundError: there is no such absence.
    """
    settings = directory(work)
    query = select(absence).where(in_set(absence.c.id, "ids")).order_by(absence.c.id).with_for_update()
    found = {row.id: row for row in work.rows(query, {"ids": list(ids)})}
    for id_ in ids:
        if id_ not in found:
            raise NotFoundError("absence", id_)
        _require(settings.users[found[id_].user_id], by)
    coming = [(id_,) for id_, row in found.items() if row.starts_at >= work.now]
    running = [
        (id_, work.stored(work.now))
        for id_, row in found.items()
        if row.starts_at < work.now and (row.ends_at is None or row.ends_at > work.now)
    ]
    work.delete(absence, ("id",), coming)
    work.update(absence, ("id",), ("ends_at",), running)
    for id_, *_ in (*coming, *running):
        user = settings.users[found[id_].user_id]
        note(work, "user", user.login, "absence_ended", user.id, by)


def _require(user: User, by: Actor) -> None:
    if not (by.kind is ActorKind.USER and by.id == user.id):
        by.require("users.edit")


def _moments(work: Work, item: NewAbsence, zone: str) -> tuple[datetime, datetime | None]:
    """Return from when until when he is away.

    Raises:
        InvalidError: the last day is before the first, or it is all over, or too far away.
    """
    today = work.now.astimezone(ZoneInfo(zone)).date()
    for day in (item.first_day, item.last_day or item.first_day):
        if abs(day - today) > _FARTHEST:
            raise InvalidError(_l("{day} is too far away", day=day.isoformat()))
    if item.last_day is not None and item.last_day < item.first_day:
        raise InvalidError(_l("the last day is before the first"))
    if item.last_day is not None and item.last_day < today:
        raise InvalidError(_l("these days are over"))
    starts_at = datetime.combine(item.first_day, time(), ZoneInfo(zone))
    if item.last_day is None:
        return starts_at, None
    return starts_at, datetime.combine(item.last_day + timedelta(days=1), time(), ZoneInfo(zone))


def _meet(one: tuple[datetime, datetime | None], other: tuple[datetime, datetime | None]) -> bool:
    (first, last), (others_first, others_last) = one, other
    return (last is None or others_first < last) and (others_last is None or first < others_last)
