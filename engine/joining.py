"""How the branches of a run become one again.

A join counts the tokens that come to it; one of them rests there for all.  It goes on when its block says so, or when
nobody is left who could still come.  Who could is known from the drawing (``ProgramNode.branches``), so a branch that ended,
went elsewhere or was merged on its way is not waited for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from engine.outcome import Merged, Signal
from engine.program import Program, ProgramNode
from engine.standing import Advance, Arrival, Standing

WENT_ON = -1


class Joins:
    """The joins of one walk: what came to each, and which tokens of the run rest where.

    ``queue`` and ``result`` are the walk's own: joins look at them, and take away the tokens that a join cancels.
    """

    def __init__(self, program: Program, standing: Standing, queue: deque[Arrival], result: Advance) -> None:
        self.program = program
        self.counts = dict(standing.joined)
        self.resting = list(standing.resting)
        self.queue = queue
        self.result = result

    def go_on_with(self, result: Advance) -> None:
        """Go on after a command's answer, for a new part of the walk; what was told before stays as it was told."""
        self.result = result
        self.counts = dict(self.counts)
        self.resting = list(self.resting)

    def arrived(self, node: ProgramNode, arrival: Arrival) -> Signal | None:
        """Return what to ask the join with; ``None`` where it went on already and the token is swallowed."""
        count = self.counts.get(node.number, 0)
        if arrival.signal is not None:
            return arrival.signal if count > 0 else None
        if count == WENT_ON:
            return None
        self.counts[node.number] = count + 1
        return Merged(count + 1, self._coming(node))

    def holds(self, node: ProgramNode, arrival: Arrival) -> bool:
        """Tell whether a token at a join that waits is the one that rests there for all."""
        return arrival.signal is not None or self.counts[node.number] == 1

    def go_on(self, node: ProgramNode) -> None:
        """Note that a join goes on: the token resting there is gone; late ones are swallowed later, or cancelled now."""
        number = node.number
        self._take_away(frozenset((number,)), arriving=False)
        if node.cancels:
            self._take_away(node.branches | {number})
        elif self._coming(node):
            self.counts[number] = WENT_ON

    def begin_round(self, node: ProgramNode) -> None:
        """Note that a token comes by a Parallel: what is left from an earlier round of its joins is cancelled."""
        for number in node.opens:
            if self.counts.get(number) == WENT_ON:
                del self.counts[number]
                self._take_away(self.program.nodes[number].branches | {number})

    def stuck(self) -> ProgramNode | None:
        """Return a join that nobody can come to any more, ``None`` where there is none.

        Joins that wait for nobody but each other are stuck too; of those the first goes on.
        """
        nodes = self.program.nodes
        rest_at = {*self.resting, *(rest.node for rest in self.result.rests)}
        stuck = [number for number in self.program.joins if self.counts.get(number, 0) > 0 and number in rest_at]
        moving = rest_at.difference(stuck)
        while stuck and (fed := [number for number in stuck if not moving.isdisjoint(nodes[number].branches)]):
            moving.update(fed)
            stuck = [number for number in stuck if number not in fed]
        waited_for = frozenset(stuck)
        alone = (number for number in stuck if waited_for.isdisjoint(nodes[number].branches))
        return nodes[next(alone, stuck[0])] if stuck else None

    def anybody_rests(self) -> bool:
        """Tell whether a token of the run rests somewhere."""
        return bool(self.resting or self.result.rests)

    def forget_all(self) -> None:
        """Note that the run is over: no token is left."""
        self.result.dropped.update(self.resting)
        self.result.rests = []
        self.resting = []
        self.counts = {}

    def state(self) -> tuple[Mapping[int, int], tuple[int, ...]]:
        """Return what to remember: the counts, and all places of rest, the earlier ones first."""
        if self.result.ask is None:
            late = [number for number, count in self.counts.items() if count == WENT_ON]
            for number in late:
                if not self._coming(self.program.nodes[number]):
                    del self.counts[number]
        return self.counts, (*self.resting, *(rest.node for rest in self.result.rests))

    def _coming(self, node: ProgramNode) -> int:
        """Return how many tokens are on their way to a join, or might be."""
        number, branches, failure = node.number, node.branches, self.result.failure
        return (
            sum(other in branches for other in self.resting)
            + sum(rest.node in branches or (rest.node == number and rest.arriving) for rest in self.result.rests)
            + sum(one.node in branches or (one.node == number and one.signal is None) for one in self.queue)
            + (failure is not None and failure.node in branches)
        )

    def _take_away(self, nodes: frozenset[int], *, arriving: bool = True) -> None:
        """Drop the tokens at some nodes; those that have only arrived there stay unless ``arriving``."""
        for number in [number for number, count in self.counts.items() if count > 0 and number in nodes]:
            del self.counts[number]
        self.result.dropped.update(nodes.intersection(self.resting))
        self.resting = [number for number in self.resting if number not in nodes]
        self.result.rests = [
            rest for rest in self.result.rests if rest.node not in nodes or (rest.arriving and not arriving)
        ]
        left = [one for one in self.queue if one.node not in nodes or (one.signal is None and not arriving)]
        if len(left) < len(self.queue):
            self.queue.clear()
            self.queue.extend(left)
