"""How many are at each node of a funnel now."""

from __future__ import annotations

from collections.abc import Mapping

from crm.access.actor import Viewer
from db.work import Work
from funnels.graph import node_counts
from funnels.seeing import find_funnel


def inside(work: Work, key: str, *, viewer: Viewer) -> Mapping[str, int]:
    """Return how many are at each node where somebody is, on whatever version, by the totals.  Two statements.

    Raises:
        NotFoundError: there is no such funnel.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    row = find_funnel(work, key, viewer)
    names = {number: node for node, number in row.numbers.items()}
    counts = node_counts(work, row.id).items()
    return {names[at]: entered - left for at, (entered, left, _) in counts if at in names and entered > left}
