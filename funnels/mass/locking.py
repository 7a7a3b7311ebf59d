"""The records of a mass action are locked in the order of their ids; where their runs are touched too, behind their lanes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, select

from crm.access.actor import Actor
from crm.conditions.fields import TABLES
from crm.records.visible import only_seen
from db.sets import in_set
from db.work import Work
from funnels.lanes import lock_lanes
from funnels.mass.action import MassAction
from funnels.starting import Kind


class Locked(NamedTuple):
    """Records by id, in order; and the last id that was looked at, 0 where there was none.

    Somebody may change a record while its lane is waited for: then it is looked at, and is not among the records.
    """

    records: Mapping[int, Row[Any]]
    last_id: int


def lock_records(
    work: Work,
    action: MassAction,
    kind: Kind,
    clause: ColumnElement[bool],
    values: Mapping[str, Any],
    *,
    limit: int,
    by: Actor,
) -> Locked:
    """Lock the first records for which ``clause`` holds, as far as the actor sees them.  At most three statements."""
    table = TABLES[kind]
    query = only_seen(select(table).where(clause), kind, by, archived=action.reaches_archive)
    query = query.order_by(table.c.id)
    if not action.touches_runs or work.is_sqlite:
        rows = work.rows(query.limit(limit).with_for_update(), values)
        return Locked({row.id: row for row in rows}, rows[-1].id if rows else 0)
    coming = work.rows(query.with_only_columns(table.c.id, table.c.person_id).limit(limit), values)
    if not coming:
        return Locked({}, 0)
    lock_lanes(work, (row.person_id for row in coming))
    rows = work.rows(
        query.where(in_set(table.c.id, "coming")).with_for_update(),
        {**values, "coming": [row.id for row in coming]},
    )
    return Locked({row.id: row for row in rows}, coming[-1].id)
