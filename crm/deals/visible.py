"""Which deals a viewer may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true

from crm.access.actor import Viewer
from crm.tables.records import deal
from db.sets import in_set
from db.work import Work


def may_see(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``deal`` for a query: owned by somebody he may see, or by nobody on a plan of his."""
    if viewer.owner_ids is None:
        return true()
    return or_(
        deal.c.owner_id.in_(sorted(viewer.owner_ids)),
        and_(deal.c.owner_id.is_(None), deal.c.plan_id.in_(sorted(viewer.plan_ids or ()))),
    )


def may_see_given(*, sees_all: bool) -> list[ColumnElement[bool]]:
    """Return the same for a statement that is made once; ``given_viewer`` has its values."""
    if sees_all:
        return []
    return [
        or_(in_set(deal.c.owner_id, "owners"), and_(deal.c.owner_id.is_(None), in_set(deal.c.plan_id, "owners_plans")))
    ]


def given_viewer(viewer: Viewer) -> dict[str, Any]:
    """Return the values of a viewer for ``may_see_given``."""
    return {"owners": sorted(viewer.owner_ids or ()), "owners_plans": sorted(viewer.plan_ids or ())}


def visible_deals(work: Work, deal_ids: Sequence[int], viewer: Viewer) -> list[int]:
    """Return those of the deals that the viewer may see, in order.  One query."""
    query = select(deal.c.id).where(in_set(deal.c.id, "deals"), may_see(viewer))
    seen = {row.id for row in work.rows(query, {"deals": list(deal_ids)})}
    return [deal_id for deal_id in deal_ids if deal_id in seen]
