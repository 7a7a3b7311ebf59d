"""Filters that people save under a name: for themselves, or for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args
from urllib.parse import parse_qsl

from sqlalchemy import Row, bindparam, or_, select

from crm.access.actor import Actor, Viewer, oneself
from crm.conditions.fields import Subject
from crm.directory import User, directory
from crm.errors import InvalidError, NotAllowedError
from crm.finding.addresses import parameters_of, query_string, wanted_from
from crm.journal import cause_of, journal
from crm.settings.change import clean_name
from crm.tables.finding import saved_filter
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l

MOST: Final = 100
"""So many filters one person may keep."""
LONGEST_QUERY: Final = 4000
SHARING: Final = frozenset({"records.see_team", "records.see_all"})
"""Who has one of these rights may save a filter for everybody."""


@dataclass(frozen=True, slots=True)
class NewFilter:
    """A filter to save: its name, and what it asks for as the query string of an address."""

    subject: Subject
    name: str
    query: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class FilterChange:
    """A new name, or other questions, for a saved filter; ``None`` stays.  ``version`` refuses a change made on an old view."""

    id: int
    version: int
    name: str | None = None
    query: str | None = None
    is_shared: bool | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved filter; ``owner`` is whoever saved it."""

    id: int
    subject: Subject
    name: str
    query: str
    is_shared: bool
    owner: User | None
    version: int


def saved_filters(work: Work, subject: Subject, *, viewer: Viewer) -> tuple[Saved, ...]:
    """Return the filters of a kind of records that the viewer saved, then those for everybody; each by name.  One query."""
    users = directory(work).users
    rows = work.rows(_SEEN, {"subject": subject, "user": viewer.user_id})
    found = [
        Saved(row.id, subject, row.name, row.query, row.is_shared, users.get(row.user_id), row.version) for row in rows
    ]
    mine = {one.id for one in found if one.owner is not None and one.owner.id == viewer.user_id}
    return tuple(sorted(found, key=lambda one: (one.id not in mine, one.name.casefold(), one.id)))


_SEEN: Final = select(saved_filter).where(
    saved_filter.c.subject == bindparam("subject"),
    or_(saved_filter.c.user_id == bindparam("user"), saved_filter.c.is_shared),
)


def save_filters(work: Work, items: Sequence[NewFilter], *, by: Actor) -> list[Result]:
    """Save filters for whoever acts; one answer each: ``done`` with the id.  All or none.

    Raises:
        InvalidError: a name or a question cannot be, or he has too many.
        NotAllowedError: it is no user who acts, or he may not save for everybody.
    """
    user_id = oneself(by)
    _require_sharing([item.is_shared for item in items], by)
    # Whoever saves at the same moment in another window waits here, so that the limit holds.
    known = work.rows(select(saved_filter.c.id).where(saved_filter.c.user_id == user_id).with_for_update())
    if len(known) + len(items) > MOST:
        raise InvalidError(_l("there may be {limit} saved filters at most: remove some", limit=MOST))
    rows = []
    for id_, item in zip(work.ids("saved_filter", len(items)), items, strict=True):
        if item.subject not in get_args(Subject):
            raise InvalidError(_l("there are no filters of {kind}", kind=item.subject))
        name, query = clean_name(item.name, _l("the filter's name")), _clean(work, item.subject, item.query)
        rows.append((id_, user_id, item.subject, name, query, item.is_shared, work.stored(work.now), 1))
    columns = ("id", "user_id", "subject", "name", "query", "is_shared", "created_at", "version")
    work.insert(saved_filter, columns, rows)
    _note(work, [row[0] for row in rows], "created", by)
    return [Result(DONE, (row[0],)) for row in rows]


def change_filters(work: Work, items: Sequence[FilterChange], *, by: Actor) -> list[Result]:
    """Change filters of whoever acts; one answer each: ``done``, ``stale``, ``not_found``.

    Raises:
        InvalidError: a name or a question cannot be.
        NotAllowedError: it is no user who acts, or he may not save for everybody.
    """
    found = _own(work, [item.id for item in items], by)
    _require_sharing([bool(item.is_shared) for item in items], by)
    answers, changed = [], {}
    for item in items:
        row = found.get(item.id)
        if row is None or item.version != row.version:
            answers.append(_refusal(item.id, row))
            continue
        name = row.name if item.name is None else clean_name(item.name, _l("the filter's name"))
        query = row.query if item.query is None else _clean(work, row.subject, item.query)
        is_shared = row.is_shared if item.is_shared is None else item.is_shared
        changed[item.id] = (item.id, name, query, is_shared, row.version + 1)
        answers.append(Result(DONE, (item.id,)))
    work.update(saved_filter, ("id",), ("name", "query", "is_shared", "version"), list(changed.values()))
    _note(work, list(changed), "changed", by)
    return answers


def remove_filters(work: Work, ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Remove filters of whoever acts; one answer each: ``done``, ``not_found``.

    Raises:
        NotAllowedError: it is no user who acts.
    """
    found = _own(work, ids, by)
    work.delete(saved_filter, ("id",), [(id_,) for id_ in found])
    _note(work, list(found), "removed", by)
    return [Result(DONE, (id_,)) if id_ in found else _refusal(id_, None) for id_ in ids]


def _own(work: Work, ids: Sequence[int], by: Actor) -> dict[int, Row[tuple[object, ...]]]:
    """Lock and return those of the filters that belong to whoever acts."""
    own = saved_filter.c.user_id == oneself(by)
    query = select(saved_filter).where(own, in_set(saved_filter.c.id, "ids")).order_by(saved_filter.c.id)
    return {row.id: row for row in work.rows(query.with_for_update(), {"ids": list(ids)})}


def _refusal(id_: int, row: object | None) -> Result:
    if row is None:
        return Result("not_found", (id_,), detail=_l("this filter is not there any more"))
    return Result("stale", (id_,), detail=_l("it was changed meanwhile; look at it again"))


def _require_sharing(wanted: Sequence[bool], by: Actor) -> None:
    if any(wanted) and by.rights.isdisjoint(SHARING):
        raise NotAllowedError("records.see_team")


def _clean(work: Work, subject: Subject, query: str) -> str:
    """Return the questions of an address in one form.

    Raises:
        InvalidError: they cannot be understood, or are too long.
    """
    settings = directory(work)
    found = query_string(parameters_of(wanted_from(parse_qsl(query), subject, settings), settings))
    if len(found) > LONGEST_QUERY:
        raise InvalidError(_l("the filter is too long to be kept: take something away"))
    return found


def _note(work: Work, ids: Sequence[int], action: str, by: Actor) -> None:
    events, cause = journal(work), cause_of(by)
    for id_ in ids:
        events.add("config.changed", 0, id_, {"what": "filter", "key": str(id_), "action": action}, cause)
