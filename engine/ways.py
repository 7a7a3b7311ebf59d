"""Which branches lead to which join, read from the drawing.

A join belongs to the nearest Parallel that every way to it passes.  Its branches are the nodes between the two: those from
which the join can be reached without passing that Parallel again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx

from engine.block import Block

_START = ""


@dataclass(frozen=True, slots=True)
class WayToJoin:
    """How tokens come to a join.

    ``opened_by`` is the Parallel that all of them passed, ``None`` where there is none.  ``comes_back`` is true where the token
    that went on from the join can come to it again without passing that Parallel: then it could not be told from a late
    branch.
    """

    branches: frozenset[str]
    opened_by: str | None
    comes_back: bool


def ways_to_joins(graph: nx.DiGraph[str], blocks: Mapping[str, Block]) -> Mapping[str, WayToJoin]:
    """Return the way to each join of a drawing, by the join's node id."""
    joins = [node for node, block in blocks.items() if block.joins]
    if not joins:
        return {}
    before = _nearest_before(graph)
    return {join: _way(graph, blocks, before, join) for join in joins}


def _nearest_before(graph: nx.DiGraph[str]) -> Mapping[str, str]:
    """Return for each node the nearest one that every way from the beginning passes; ``_START`` is before all."""
    rooted = graph.copy()
    rooted.add_edges_from((_START, node) for node, degree in graph.in_degree() if degree == 0)
    rooted.add_node(_START)
    nearest: Mapping[str, str] = nx.immediate_dominators(rooted, _START)
    return nearest


def _passed(before: Mapping[str, str], node: str) -> list[str]:
    """Return the nodes that every way to ``node`` passes, the nearest first."""
    passed = []
    current = before.get(node, _START)
    while current != _START:
        passed.append(current)
        current = before[current]
    return passed


def _way(graph: nx.DiGraph[str], blocks: Mapping[str, Block], before: Mapping[str, str], join: str) -> WayToJoin:
    opened_by = next((node for node in _passed(before, join) if blocks[node].splits), None)
    between = graph.copy()
    if opened_by is not None:
        between.remove_node(opened_by)
    comes_back = any(join == after or join in nx.descendants(between, after) for after in between.successors(join))
    between.remove_edges_from(list(between.out_edges(join)))
    leading = nx.ancestors(between, join)
    beyond = {node for node in leading if join in _passed(before, node)}
    return WayToJoin(frozenset(leading - beyond), opened_by, comes_back)
