"""How those who entered a funnel in a period went: by each node and each line, how long, how many are there, where they end.

Counts of a period are read from the steps of its runs, at most ``CEILING`` of them.  Those of all time are kept as totals for
nodes, and exact whatever their number; lines, ends and times are then read from the newest runs too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from crm.access.actor import Viewer
from db.work import Work
from engine.document import FunnelDocument
from funnels.graph import Counts, node_counts, parked_by_node, version_of
from funnels.live.cohort import CEILING, Period, cohort
from funnels.live.walked import Walked, times_at, walked
from funnels.programs import programs
from funnels.refusals import refused_lately
from funnels.seeing import find_funnel

TIMED: Final = 4_000
"""Times at nodes are those of so many runs at most, evenly taken from all that are read."""


@dataclass(frozen=True, slots=True)
class NodeFlow:
    """How it went at a node: ``came`` = ``inside`` + ``left``, and ``parked`` of those inside stand still with an error.

    ``dropped`` of those that were read ended there or were taken away, ``share_dropped`` of all that were read there; where it
    ``is_end`` no line leads on, and that is meant.  ``failed`` is how often somebody ever stood still there, ``None`` where that
    is not counted.  ``time`` is the median time of those who are no longer there, ``None`` where there is nobody.
    """

    came: int
    inside: int
    left: int
    parked: int
    failed: int | None
    dropped: int
    share_dropped: float | None
    is_end: bool
    time: timedelta | None


@dataclass(frozen=True, slots=True)
class EdgeFlow:
    """How many went by a line, and their share of all that left its node; ``None`` where all branches are taken at once."""

    taken: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """How those went who entered in a period: ``entered`` = ``inside`` + ``left``, and ``parked`` of those inside stand still.

    ``looked_at`` is how many runs were read, the newest; of ``forgotten`` among them no steps are kept any more; times are of
    ``timed`` of them.  Where it ``is_cut``, ``everybody`` entered, more than were read: lines, ends and times are then of those
    that were read, and so are all counts but those of all time.  Edges are by node and port.
    ``refused`` is how many each trigger did not let in in the last week, whatever the period.
    """

    key: str
    period: Period
    version: int
    document: FunnelDocument
    entered: int
    inside: int
    left: int
    parked: int
    everybody: int
    looked_at: int
    timed: int
    forgotten: int
    is_cut: bool
    refused: Mapping[str, int]
    nodes: Mapping[str, NodeFlow]
    edges: Mapping[tuple[str, str], EdgeFlow]


def flow(
    work: Work,
    key: str,
    *,
    viewer: Viewer,
    period: Period | None = None,
    version: int | None = None,
    ceiling: int = CEILING,
) -> Flow:
    """Return how those went who entered a funnel in a period, of all time without one, on a version as ``drawing`` has it.

    Eleven statements at most, whatever the number of runs, and the programs where they are not known yet.

    Raises:
        NotFoundError: there is no such funnel, or it has no such version.
        NotAllowedError: the viewer has nothing to do with funnels.
    """
    period = period or Period()
    row = find_funnel(work, key, viewer)
    number, document, numbers, _ = version_of(work, row, version)
    drawn = FunnelDocument.model_validate(document)
    found = cohort(work, row.id, period, ceiling=ceiling)
    known = programs(work, versions=found.version_ids)
    went = walked(work, found.ids, known)
    sample = found.ids[:: max(1, -(-len(found.ids) // TIMED))]
    times = times_at(work, sample, known)
    totals: Mapping[int, Counts] | None = None
    if period.is_all:
        totals = node_counts(work, row.id)
        parked = parked_by_node(work, row.id)
        entered, left, _ = totals.get(0, (0, 0, 0))
    else:
        parked = parked_by_node(work, row.id, found.parked_ids)
        entered, left = len(found.ids), found.left
    refused = refused_lately(work, row.id)
    ends = {node.id for node in drawn.nodes} - {edge.source for edge in drawn.edges}
    return Flow(
        key,
        period,
        number,
        drawn,
        entered,
        entered - left,
        left,
        sum(parked.values()),
        entered if period.is_all else found.entered,
        len(found.ids),
        len(sample),
        found.forgotten,
        found.is_cut,
        {node.id: refused.get(numbers.get(node.id, -1), 0) for node in drawn.nodes},
        {
            node.id: _node(went, numbers.get(node.id, -1), totals, parked[node.id], node.id in ends, times)
            for node in drawn.nodes
        },
        {
            (edge.source, edge.port): _edge(went, numbers.get(edge.source, -1), edge.port, numbers.get(edge.target, -1))
            for edge in drawn.edges
        },
    )


def _node(
    went: Walked,
    at: int,
    totals: Mapping[int, Counts] | None,
    parked: int,
    is_end: bool,
    times: Mapping[int, timedelta],
) -> NodeFlow:
    """Return how it went at a node.  Who left by a port that leads nowhere, or came and is gone unanswered, dropped out there.

    Where branches meet, who waited for another is gone unanswered, and went on with him.
    """
    inside = went.inside[at]
    came = max(went.came[at], went.answered[at] + inside)
    gone = went.answered[at] if at in went.joins else came - inside
    dropped = gone - went.on[at] - went.merged[at]
    share = dropped / came if came else None
    if totals is None:
        return NodeFlow(came, inside, came - inside, parked, None, dropped, share, is_end, times.get(at))
    entered, left, failed = totals.get(at, (0, 0, 0))
    return NodeFlow(entered, entered - left, left, parked, failed, dropped, share, is_end, times.get(at))


def _edge(went: Walked, at: int, port: str, target: int) -> EdgeFlow:
    taken, total = went.ways[at, port, target], went.answered[at] - went.merged[at]
    return EdgeFlow(taken, taken / total if total and at not in went.splits else None)
