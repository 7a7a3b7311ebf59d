"""Which sales plans nobody is ever brought to: they give out deals by themselves, and no funnel that runs opens any there."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from blocks.catalogue import block_type
from crm.directory import directory
from db.work import Work
from engine.checks import check_together
from engine.document import FunnelDocument
from funnels.tables import funnel, funnel_version

_RUNNING: Final = (
    select(funnel_version.c.document)
    .join(funnel, funnel.c.version_id == funnel_version.c.id)
    .where(funnel.c.state == "published")
)


def unfed_plans(work: Work) -> frozenset[str]:
    """Return the keys of the even plans that no published funnel feeds.  One query where there are even plans."""
    plans = directory(work).plans.values()
    even = [plan.key for plan in plans if plan.distribution == "even" and not plan.is_archived]
    if not even:
        return frozenset()
    documents = [FunnelDocument.model_validate(row.document) for row in work.rows(_RUNNING)]
    problems = check_together(documents, block_type, even_plans=even)
    return frozenset(str(one.message.params["plan"]) for one in problems if one.code == "plan_unfed")
