"""Publish check of joins: can as many branches arrive as a join waits for?

The answer is an upper bound, so a join is refused only where it surely never completes.  Counted is how many tokens of one
run could come to the join before it first goes on:

- a run starts with one token, at one trigger;
- a Parallel sends one token out of every wired port, any other block one token out of a single port, so that the ways of a
  Condition are not added up but the best of them is taken;
- on a circle a single token stays a single token; a circle with a Parallel in it can make any number.

Another join on the way merges tokens, which the bound does not use; a guard, a failure or an exit may stop a token, which
it does not use either.  Blocks that could not be read count as if they split.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import inf

import networkx as nx

from engine.block import Block, Context
from engine.calendar import WorkingCalendar
from engine.checks_graph import Drawing
from engine.facts import Facts
from engine.outcome import Merged, Wait
from engine.publish_problem import PublishProblem, error
from engine.text import _l

_ANY_MOMENT = datetime(2000, 1, 3, tzinfo=UTC)
_MOST_BRANCHES = 1000


def join_problems(drawing: Drawing) -> Iterator[PublishProblem]:
    """Yield the joins where no two branches can meet, or that wait for more than can ever arrive."""
    for node, block in drawing.blocks.items():
        if not block.joins or not drawing.graph.in_degree(node):
            continue
        if drawing.nodes[node].condition is not None:
            yield error(
                "join_condition",
                node,
                "condition",
                _l("a join is never skipped; put the condition on the block after it"),
            )
        arriving = most_arriving(drawing, node)
        if arriving < 2:
            yield error(
                "join_incomplete",
                node,
                None,
                _l(
                    "no two branches can meet here: only a Parallel makes branches, and of the ways out of any other block a "
                    "run takes one.  Ways come together again at any block, without a join"
                ),
            )
        elif arriving < (needed := branches_needed(block)):
            yield error(
                "join_incomplete",
                node,
                None,
                _l(
                    "the join waits for {needed} branches, but no more than {arriving} can arrive",
                    needed=needed,
                    arriving=int(arriving),
                ),
            )


def branches_needed(block: Block) -> int:
    """Return how many branches make a join go on while others are still on their way; 0 for one that waits for all who come.

    The join itself is asked, as a run would ask it.
    """
    context = Context(_ANY_MOMENT, Facts({}), WorkingCalendar(), 0)
    for arrived in range(1, _MOST_BRANCHES + 1):
        context.signal = Merged(arrived, coming=_MOST_BRANCHES)
        if not isinstance(block.run(context), Wait):
            return arrived
    return 0


def most_arriving(drawing: Drawing, join: str) -> float:
    """Return an upper bound of the tokens of one run that can arrive at ``join`` before it goes on; ``inf`` for any number."""
    before: nx.MultiDiGraph[str] = drawing.graph.subgraph({*nx.ancestors(drawing.graph, join), join}).copy()
    before.remove_edges_from(list(before.out_edges(join, keys=True)))
    rounds = nx.condensation(before)
    bound: dict[str, float] = {join: 1}
    for number in reversed(list(nx.topological_sort(rounds))):
        members: set[str] = rounds.nodes[number]["members"]
        if join in members:
            continue
        out = {
            node: [bound[target] for _, target in before.out_edges(node) if target not in members] for node in members
        }
        if len(members) > 1 or before.has_edge(*members, *members):
            best = max(max(ways, default=0) for ways in out.values())
            value = inf if any(_splits(drawing, node) for node in members) else best
        else:
            ((node, ways),) = out.items()
            value = sum(ways) if _splits(drawing, node) else max(ways)
        bound.update(dict.fromkeys(members, value))
    return max((bound[trigger] for trigger in drawing.triggers if trigger in bound), default=inf)


def _splits(drawing: Drawing, node: str) -> bool:
    return node not in drawing.blocks or drawing.blocks[node].splits
