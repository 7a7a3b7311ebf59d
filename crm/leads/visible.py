"""Which leads a viewer may see."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select, true

from crm.access.actor import Viewer
from crm.tables.records import lead
from db.sets import in_set
from db.work import Work


def may_see_lead(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``lead`` for a query: owned by somebody he may see; by nobody, for who works on any plan."""
    if viewer.owner_ids is None:
        return true()
    owned = lead.c.owner_id.in_(sorted(viewer.owner_ids))
    return or_(owned, lead.c.owner_id.is_(None)) if viewer.plan_ids else owned


def visible_leads(work: Work, lead_ids: Sequence[int], viewer: Viewer) -> list[int]:
    """Return those of the leads that the viewer may see, in order.  One query."""
    query = select(lead.c.id).where(in_set(lead.c.id, "leads"), may_see_lead(viewer))
    seen = {row.id for row in work.rows(query, {"leads": list(lead_ids)})}
    return [lead_id for lead_id in lead_ids if lead_id in seen]
