"""What forms and webhooks have in common: found by key, changed, switched, removed, and counted by what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, Table, func, select

from crm.access.actor import Actor
from crm.errors import NotFoundError
from crm.settings.change import Refers, check_version, note, require_unused, row_by_key
from crm.tables.ways import form, form_submission, webhook_delivery, webhook_in
from crm.ways.kinds import Form, Webhook
from db.work import Work

Found = TypeVar("Found", Form, Webhook)


@dataclass(frozen=True, slots=True)
class Way:
    """A kind of way in: its noun, the right to change one, its table, and the table of what came by it."""

    kind: Literal["form", "webhook"]
    right: str
    table: Table
    came: Table
    by: ColumnElement[int]


FORM: Final = Way("form", "funnels.edit", form, form_submission, form_submission.c.form_id)
WEBHOOK: Final = Way("webhook", "settings.edit", webhook_in, webhook_delivery, webhook_delivery.c.webhook_id)


@dataclass(frozen=True, slots=True)
class Counted(Generic[Found]):
    """A form or webhook, with how often something came by it, and when last."""

    way: Found
    times: int
    last_at: datetime | None


def change_way(
    work: Work,
    way: Way,
    key: str,
    values: Mapping[str, Any],
    *,
    version: int | None = None,
    action: str = "changed",
    by: Actor,
) -> None:
    """Give columns new values, checked by the caller.

    Raises:
        NotFoundError: there is none with this key.
        StaleError: it was changed since ``version``.
    """
    by.require(way.right)
    row = row_by_key(work, way.table, way.kind, key)
    check_version(way.kind, row.id, version, row.version)
    work.execute(way.table.update().where(way.table.c.id == row.id).values(**values, version=row.version + 1))
    note(work, way.kind, key, action, row.id, by)


def switch_way(work: Work, way: Way, key: str, *, on: bool, by: Actor) -> None:
    """Switch one on or off; nothing happens where it is so already.

    Raises:
        NotFoundError: there is none with this key.
    """
    by.require(way.right)
    if row_by_key(work, way.table, way.kind, key).is_active != on:
        change_way(work, way, key, {"is_active": on}, action="switched on" if on else "switched off", by=by)


def remove_way(work: Work, way: Way, key: str, *, by: Actor, refers: Refers | None = None) -> None:
    """Remove one with what is kept of what came by it.

    Raises:
        NotFoundError: there is none with this key.
        InUseError: funnels name it.
    """
    by.require(way.right)
    row = row_by_key(work, way.table, way.kind, key)
    require_unused(way.kind, key, (), refers)
    work.execute(way.came.delete().where(way.by == row.id))
    work.execute(way.table.delete().where(way.table.c.id == row.id))
    note(work, way.kind, key, "removed", row.id, by)


def counted(
    work: Work, way: Way, ways: Mapping[str, Found], *, since: datetime | None = None
) -> tuple[Counted[Found], ...]:
    """Return forms or webhooks by name, with what came since a moment.  One query."""
    query = select(way.by, func.count(), func.max(way.came.c.received_at)).group_by(way.by)
    if since is not None:
        query = query.where(way.came.c.received_at > since)
    counts = {row[0]: (row[1], row[2]) for row in work.rows(query)}
    found = sorted(ways.values(), key=lambda one: one.name.casefold())
    return tuple(Counted(one, *counts.get(one.id, (0, None))) for one in found)


def by_key(way: Way, ways: Mapping[str, Found], key: str) -> Found:
    """Return the form or webhook with this key.

    Raises:
        NotFoundError: there is none.
    """
    found = ways.get(key)
    if found is None:
        raise NotFoundError(way.kind, key)
    return found
