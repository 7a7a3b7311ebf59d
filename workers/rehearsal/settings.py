"""What a real company has set up, copied into a world: all settings, and none of its records, secrets and sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, func, select

from crm.deals.distribution import EVENLY
from crm.tables.distribution import (
    absence,
    assignment,
    assignment_round,
    distribution_counter,
    plan_manager,
    reservation,
)
from crm.tables.journal import stage_total
from crm.tables.settings import (
    channel,
    field,
    loss_reason,
    organization,
    product,
    resource,
    role,
    sales_plan,
    stage,
    tag,
    user_account,
)
from crm.tables.ways import form, webhook_in
from db.ids import id_block
from db.work import Work

SETTINGS: Final = (
    organization,
    role,
    user_account,
    sales_plan,
    stage,
    channel,
    loss_reason,
    tag,
    product,
    resource,
    field,
    form,
    webhook_in,
    plan_manager,
    absence,
    id_block,
)
"""Copied as they are; with the ids that were given out, so that what is made in the world has ids that no real record has."""
SECRET: Final[Mapping[str, object]] = {"password_hash": None}
"""Columns whose values stay where they are."""
_PLACE = (stage_total.c.plan_id, stage_total.c.stage_id, stage_total.c.owner_id, stage_total.c.currency)

Rows = Sequence[Mapping[str, Any]]


def copy_settings(source: Work, into: Work, *, at: datetime | None = None) -> None:
    """Copy what is set up, with how many deals each manager has at present.  One query per table of settings.

    Whose turn it is, where deals are given out evenly, is as it was ``at`` a moment, as far as what was given out since says.
    """
    for table in SETTINGS:
        put(into, table, [_shared(row._mapping) for row in source.rows(select(table))])
    put(into, distribution_counter, _turns(source, at))
    sums = (func.sum(stage_total.c.deals).label("deals"), func.sum(stage_total.c.amount).label("amount"))
    rows = source.rows(select(*_PLACE, *sums).group_by(*_PLACE))
    put(into, stage_total, [{**row._mapping, "deals": int(row.deals), "amount": int(row.amount)} for row in rows])


def put(into: Work, table: Table, rows: Rows) -> None:
    """Write whole rows as they were read elsewhere.  One statement."""
    if rows:
        into.flush()
        into.connection.execute(table.insert(), [dict(row) for row in rows])


def _turns(source: Work, at: datetime | None) -> Rows:
    """Return how many deals each manager had got evenly.  Three queries at most."""
    got: Counter[tuple[int, int]] = Counter()
    for row in source.rows(select(distribution_counter)):
        got[row.plan_id, row.user_id] += row.assigned
    settled = select(reservation.c.plan_id, reservation.c.user_id, func.sum(reservation.c.deals))
    settled = settled.where(reservation.c.is_settled).group_by(reservation.c.plan_id, reservation.c.user_id)
    for plan_id, user_id, deals in source.rows(settled):
        got[plan_id, user_id] += int(deals)
    if at is not None:
        query = (
            select(assignment_round.c.plan_id, assignment.c.user_id, func.count())
            .join(assignment, assignment.c.round_id == assignment_round.c.id)
            .where(assignment_round.c.at >= at, assignment.c.reason == EVENLY)
            .group_by(assignment_round.c.plan_id, assignment.c.user_id)
        )
        for plan_id, user_id, deals in source.rows(query):
            got[plan_id, user_id] -= deals
    return [{"plan_id": plan_id, "user_id": user_id, "assigned": deals} for (plan_id, user_id), deals in got.items()]


def _shared(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: SECRET.get(name, value) for name, value in row.items()}
