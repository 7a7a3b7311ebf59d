"""Custom fields for cards of a board: read only where somebody chose to see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from crm.tables.records import deal
from db.sets import in_set
from db.work import Work


def stored_fields(work: Work, deal_ids: Sequence[int]) -> dict[int, Any]:
    """Return the custom fields of deals that were read for a viewer already, as they are stored, by id.  One statement."""
    if not deal_ids:
        return {}
    return dict(work.tuples(_FIELDS, {"deals": list(deal_ids)}))


_FIELDS = select(deal.c.id, deal.c.fields).where(in_set(deal.c.id, "deals"))
