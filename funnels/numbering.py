"""Numbers of nodes: stable per funnel, so that a run at rest finds its place again in every later version."""

from __future__ import annotations

from collections.abc import Mapping

from engine.document import FunnelDocument


def number(existing: Mapping[str, int], document: FunnelDocument) -> Mapping[str, int]:
    """Return the number of every node the funnel ever had, those of ``document`` included.

    A node keeps its number; new nodes get the next ones, in the order of the document, from 1.  The numbers of removed
    nodes are kept with their ids and never given to another.
    """
    numbers = dict(existing)
    following = max(numbers.values(), default=0) + 1
    for node in document.nodes:
        if node.id not in numbers:
            numbers[node.id] = following
            following += 1
    return numbers
