"""Write what walkers came to: runs, tokens, subscriptions, steps and counts, by a fixed number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from crm.journal import LANES, Cause, journal
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.event import EVENT_KINDS
from engine.text import packed
from funnels.tables import node_total, run, step, subscription, token
from workers.walker import COMPLETED, PARKED, WAITING, Walker

_NEW_RUN = (
    "id",
    "funnel_id",
    "version_id",
    "person_id",
    "subject_kind",
    "subject_id",
    "enrol_key",
    "status",
    "outcome",
    "event_id",
    "depth",
    "fence",
    "attempts",
    "state",
    "error",
    "started_at",
    "ended_at",
)
_OLD_RUN = ("enrol_key", "status", "outcome", "fence", "attempts", "state", "error", "ended_at")
_TOKEN = ("id", "run_id", "person_id", "lane", "node", "arrived_at", "due_at", "is_arriving")
_SUBSCRIPTION = ("token_id", "person_id", "kind", "port", "about", "data")
_STEP = ("run_id", "fence", "at", "path")
_TOTAL = ("funnel_id", "node", "hour", "entered", "left", "failed")
WHOLE = 0
"""The node number under which a funnel's own entries and ends are counted."""


class NodeTotals:
    """Entries, exits and failures per funnel and node, gathered over a batch."""

    def __init__(self) -> None:
        self.entered: Counter[tuple[int, int]] = Counter()
        self.left: Counter[tuple[int, int]] = Counter()
        self.failed: Counter[tuple[int, int]] = Counter()

    def write(self, work: Work) -> None:
        """Write one row per funnel and node."""
        hour = int(work.now.timestamp()) // 3600
        keys = sorted({*self.entered, *self.left, *self.failed})
        rows = [(*key, hour, self.entered[key], self.left[key], self.failed[key]) for key in keys]
        work.insert(node_total, _TOTAL, [row for row in rows if any(row[3:])])


def node_totals(work: Work) -> NodeTotals:
    """Return the transaction's node totals; they are written before it commits."""
    found: NodeTotals | None = work.memo.get("node_totals")
    if found is None:
        found = work.memo["node_totals"] = NodeTotals()
        gathered = found
        work.before_commit(lambda: gathered.write(work))
    return found


def store(work: Work, walkers: Sequence[Walker]) -> None:
    """Write where the walkers stand now."""
    now, totals = work.stored(work.now), node_totals(work)
    new_runs, old_runs, steps = [], [], []
    gone: list[tuple[int]] = []
    resting = [(walker, rest) for walker in walkers if walker.is_resting for rest in walker.rests()]
    token_ids = iter(work.ids("token", len(resting))) if resting else iter(())
    tokens, subscriptions = [], []
    walks: dict[tuple[int, ...], _Walks] = {}
    for walker, rest in resting:
        token_id = next(token_ids)
        tokens.append(
            (
                token_id,
                walker.run_id,
                walker.person_id,
                walker.person_id % LANES,
                rest.node,
                now,
                rest.due_at,
                rest.arriving,
            )
        )
        subscriptions += [
            (
                token_id,
                walker.person_id,
                EVENT_KINDS[one.kind].code,
                one.port,
                one.about,
                dumps(dict(one.where)) if one.where else None,
            )
            for one in rest.events
        ]
    for walker in walkers:
        assert walker.last is not None
        ended = walker.last.outcome is not None and walker.failure is None
        status = PARKED if walker.failure is not None else COMPLETED if ended else WAITING
        error = None
        if walker.failure is not None:
            failure = walker.failure
            node = walker.program.nodes.get(failure.node)
            about = {"node": node.id if node else failure.node, "code": failure.code, "message": str(failure.message)}
            error = dumps({**about, "text": packed(failure.message)})
            work.count(f"failures:{node.block.key if node else ''}")
            journal(work).add(
                "run.parked",
                walker.person_id,
                walker.run_id,
                {"run": walker.run_id, **about, "message": ""},
                Cause(walker.cause.caused_by, walker.depth),
            )
        enrol_key = walker.enrol_key if not ended or walker.keeps_enrolment else None
        outcome = walker.last.outcome if ended else None
        ended_at = now if ended else None
        state = None if ended else walker.state()
        if walker.is_new:
            new_runs.append(
                (
                    walker.run_id,
                    walker.of.funnel_id,
                    walker.of.version_id,
                    walker.person_id,
                    walker.subject_kind,
                    walker.subject_id,
                    enrol_key,
                    status,
                    outcome,
                    walker.event_id,
                    walker.depth,
                    walker.fence,
                    0,
                    state,
                    error,
                    now,
                    ended_at,
                )
            )
        else:
            old_runs.append((walker.run_id, enrol_key, status, outcome, walker.fence, 0, state, error, ended_at))
        like = (walker.of.version_id, walker.is_new, ended, id(walker.begun), *map(id, walker.parts))
        walk = walks.get(like)
        if walk is None:
            walk = walks[like] = _Walks(walker, ended)
        walk.times += 1
        if walk.path:
            steps.append((walker.run_id, walker.fence, now, walk.path))
        if walker.is_resting or walker.taken or walker.tokens:
            gone += [(token_id,) for token_id in _gone(walker, ended)]
            _count_rests(totals, walker, ended)
    for walk in walks.values():
        walk.count(totals)
        work.count("steps", len(walk.steps) * walk.times)
    work.insert(run, _NEW_RUN, new_runs)
    work.insert(step, _STEP, steps)
    if gone:
        work.execute(_UNSUBSCRIBE, {"tokens": [token_id for (token_id,) in gone]})
        work.delete(token, ("id",), gone)
    work.insert(token, _TOKEN, tokens)
    work.insert(subscription, _SUBSCRIPTION, subscriptions)
    work.update(run, ("id",), _OLD_RUN, old_runs)


_UNSUBSCRIBE = subscription.delete().where(in_set(subscription.c.token_id, "tokens"))


def _gone(walker: Walker, ended: bool) -> list[int]:
    """Return the tokens that left their places, or whose run is over."""
    assert walker.last is not None
    if ended:
        return [*walker.taken, *walker.tokens]
    dropped = walker.last.dropped
    return [*walker.taken, *(token_id for token_id, node in walker.tokens.items() if node in dropped)]


class _Walks:
    """Walks that were alike: which nodes they answered, and what their beginning and end means to the funnel as a whole."""

    __slots__ = ("ended", "funnel_id", "is_new", "path", "steps", "times")

    def __init__(self, walker: Walker, ended: bool) -> None:
        self.funnel_id = walker.of.funnel_id
        self.is_new, self.ended = walker.is_new, ended
        self.steps = walker.steps
        self.path = " ".join([f"{node}:{port}" for node, port in self.steps])
        self.times = 0

    def count(self, totals: NodeTotals) -> None:
        """Count each node that was answered, as a token that came and left."""
        funnel, times = self.funnel_id, self.times
        for number, _ in self.steps:
            totals.entered[funnel, number] += times
            totals.left[funnel, number] += times
        if self.is_new:
            totals.entered[funnel, WHOLE] += times
        if self.ended:
            totals.left[funnel, WHOLE] += times


def _count_rests(totals: NodeTotals, walker: Walker, ended: bool) -> None:
    """Count who came to a node to rest: one at rest has come only; one that rested before had come already."""
    assert walker.last is not None
    funnel = walker.of.funnel_id
    for node in walker.left_nodes:
        totals.entered[funnel, node] -= 1
    for rest in walker.rests():
        totals.entered[funnel, rest.node] += 1
    for node in walker.tokens.values():
        if ended or node in walker.last.dropped:
            totals.left[funnel, node] += 1
    if walker.failure is not None:
        totals.failed[funnel, walker.failure.node] += 1
        totals.failed[funnel, WHOLE] += 1
