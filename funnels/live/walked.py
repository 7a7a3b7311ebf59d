"""Where runs went, read from their steps: the ways they took, where they came to and are, and how long they were there.

Nodes are numbers.  Each version leads elsewhere, so what a step means is told by the version its run is on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Final

from sqlalchemy import func, select

from db.sets import in_set
from db.work import Work
from engine.program import Program
from funnels.programs import Programs
from funnels.tables import run, step, token

MERGED: Final = "merged"
"""The port of a token that was taken up into another where branches meet."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Where runs went.  ``ways`` counts who went by a port to a node, 0 where it led nowhere; ``came`` who came by any.

    ``answered`` counts who left a node at all: who went ``on`` from it, was ``merged`` into another, or ended there.  ``inside``
    counts who is there now.  ``splits`` are nodes that all branches are taken from at once, ``joins`` those where they meet.
    """

    ways: Counter[tuple[int, str, int]] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    came: Counter[int] = field(default_factory=Counter)
    merged: Counter[int] = field(default_factory=Counter)
    on: Counter[int] = field(default_factory=Counter)
    inside: Counter[int] = field(default_factory=Counter)
    splits: set[int] = field(default_factory=set)
    joins: set[int] = field(default_factory=set)


def walked(work: Work, run_ids: Sequence[int], known: Programs) -> Walked:
    """Read where runs went and are.  Two statements."""
    found = Walked()
    if not run_ids:
        return found
    ids = {"runs": list(run_ids)}
    seen: set[int] = set()
    for row in work.rows(_PATHS, ids):
        of = known.by_version.get(row.version_id)
        if of is not None and row.version_id not in seen:
            seen.add(row.version_id)
            found.splits.update(at for at, node in of.program.nodes.items() if node.block.splits)
            found.joins.update(of.program.joins)
        for at, port in steps_of(row.path):
            found.answered[at] += row.times
            if port == MERGED:
                found.merged[at] += row.times
                continue
            behind = _behind(of.program, at, port) if of is not None else ()
            found.on[at] += row.times if behind else 0
            for way, target in behind or ((port, 0),):
                found.ways[at, way, target] += row.times
                if target:
                    found.came[target] += row.times
    found.inside.update({row.node: row.tokens for row in work.rows(_TOKENS, ids)})
    return found


def times_at(work: Work, run_ids: Sequence[int], known: Programs) -> dict[int, timedelta]:
    """Return the median time at each node of those who left it.  One statement."""
    if not run_ids:
        return {}
    at_once: Counter[int] = Counter()
    rested: dict[int, list[timedelta]] = defaultdict(list)
    arrived: dict[int, datetime] = {}
    run_id = 0
    shapes: dict[tuple[int, str], _Shape] = {}
    for row in work.rows(_WALKS, {"runs": list(run_ids)}):
        if row.run_id != run_id:
            run_id, arrived = row.run_id, {}
        shape = shapes.get((row.version_id, row.path))
        if shape is None:
            of = known.by_version.get(row.version_id)
            shape = shapes[row.version_id, row.path] = _shape(of.program if of is not None else None, row.path)
        at_once.update(shape.at_once)
        for node in (*shape.woken, *shape.joined):
            since = arrived.pop(node, None)
            if since is not None:
                rested[node].append(row.at - since)
        for node in shape.stays:
            arrived[node] = row.at
    return {node: _median(at_once[node], rested.get(node, ())) for node in {*at_once, *rested}}


def steps_of(path: str) -> tuple[tuple[int, str], ...]:
    """Return the nodes that were answered in a walk, with the ports they left by, in order."""
    return _steps_of(path)


@lru_cache(maxsize=2_000)
def _steps_of(path: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(number), port) for number, _, port in (one.partition(":") for one in path.split()))


def _behind(program: Program, at: int, port: str) -> Sequence[tuple[str, int]]:
    """Return the ports by which somebody goes on who leaves a node by a port, and where to: a Parallel takes all of its own."""
    node = program.nodes.get(at)
    if node is None:
        return ()
    if node.block.splits:
        return tuple(node.exits.items())
    target = node.exits.get(port)
    return () if target is None else ((port, target),)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A walk by its nodes: those that were ``woken`` after a rest, gone through ``at_once``, and where somebody ``stays``.

    Where branches were ``joined``, the time is that of the first who came.
    """

    woken: tuple[int, ...]
    joined: tuple[int, ...]
    at_once: Mapping[int, int]
    stays: tuple[int, ...]


def _shape(program: Program | None, path: str) -> _Shape:
    fresh: Counter[int] = Counter()
    woken, joined, at_once = [], [], Counter[int]()
    for at, port in steps_of(path):
        if fresh[at]:
            fresh[at] -= 1
            if program is not None and at in program.joins:
                joined += [at] if port != MERGED else []
            else:
                at_once[at] += 1
        else:
            woken.append(at)
        if program is not None and port != MERGED:
            fresh.update(target for _, target in _behind(program, at, port))
    return _Shape(tuple(woken), tuple(joined), at_once, tuple(node for node, count in fresh.items() if count > 0))


def _median(zeros: int, times: Sequence[timedelta]) -> timedelta:
    """Return the median of so many times of no length, and others."""
    return timedelta(seconds=median([*[0.0] * zeros, *(one.total_seconds() for one in times)]))


_PATHS = (
    select(run.c.version_id, step.c.path, func.count().label("times"))
    .join(run, run.c.id == step.c.run_id)
    .where(in_set(step.c.run_id, "runs"))
    .group_by(run.c.version_id, step.c.path)
)
_TOKENS = (
    select(token.c.node, func.count().label("tokens")).where(in_set(token.c.run_id, "runs")).group_by(token.c.node)
)
_WALKS = (
    select(step.c.run_id, run.c.version_id, step.c.at, step.c.path)
    .join(run, run.c.id == step.c.run_id)
    .where(in_set(step.c.run_id, "runs"))
    .order_by(step.c.run_id, step.c.fence)
)
