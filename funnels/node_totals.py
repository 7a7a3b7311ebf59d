"""Counts per node and hour: every batch appends its own, the tick folds those of an hour together."""

from __future__ import annotations

from collections import defaultdict

from db.work import Work
from funnels.tables import node_total

_BACK = 48
_COLUMNS = ("funnel_id", "node", "hour", "entered", "left", "failed")


def fold_node_totals(work: Work, *, since: int | None) -> int:
    """Fold the rows of the hours from ``since`` on, of the last two days where it is not known; returns where to begin next.

    Safe beside writers, which only append.  Two statements.
    """
    hour = int(work.now.timestamp()) // 3600
    first = hour - _BACK if since is None else since
    gone = work.rows(
        node_total.delete().where(node_total.c.hour >= first).returning(*(node_total.c[name] for name in _COLUMNS))
    )
    sums: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for funnel_id, node, at, *numbers in gone:
        kept = sums[funnel_id, node, at]
        for place, number in enumerate(numbers):
            kept[place] += number
    work.insert(node_total, _COLUMNS, [(*key, *kept) for key, kept in sums.items() if any(kept)])
    return hour - 1
