"""Repair runs by hand: retry, skip, move, cancel.  Each is written into the journal.

All take many runs and cost a fixed number of statements.  A run named twice is repaired once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, select

from crm.access.actor import Actor
from crm.journal import LANES, Cause, cause_of, journal
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.standing import Failure
from engine.text import _l, packed
from funnels.programs import Programs, programs
from funnels.tables import HELD, node_total, run, subscription, token

_WAITING, _PARKED, _CANCELLED = 1, 2, 11
TOKEN_COLUMNS = ("id", "run_id", "person_id", "lane", "node", "arrived_at", "due_at", "is_arriving")
OF_PLACES = ("joined", "happened", "skip")
"""What a run remembers of where its tokens are; it goes when all of them leave."""


def retry(work: Work, run_ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Let parked runs go on at the node where they failed; one answer each: ``done``, ``no_run``, ``not_parked``."""
    by.require("runs.repair")
    return _set_going(work, run_ids, "retry", by=by)


def skip(work: Work, run_ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Let parked runs go on behind the node where they failed, by its main port; answers as ``retry``."""
    by.require("runs.repair")
    return _set_going(work, run_ids, "skip", by=by)


def move(work: Work, run_ids: Sequence[int], node_id: str, *, by: Actor) -> list[Result]:
    """Put runs, parked or waiting, on another node of their version; all their tokens leave.

    One answer each: ``done``, ``no_run``, ``not_live``, ``no_node``.
    """
    by.require("runs.repair")
    rows = _lock(work, run_ids)
    known = programs(work, versions={row.version_id for row in rows.values()})
    answers: list[Result] = []
    moved: dict[int, int] = {}
    for run_id in run_ids:
        row = rows.get(run_id)
        if row is None or row.status not in (_WAITING, _PARKED) or run_id in moved:
            answers.append(_refused(run_id, row, "not_live"))
            continue
        of = known.by_version.get(row.version_id)
        node = of.program.node(node_id) if of is not None else None
        if node is None:
            answers.append(Result("no_node", (run_id,), detail=_l("its version has no node “{node}”", node=node_id)))
            continue
        moved[run_id] = node.number
        note_repair(work, row, {"how": "move", "node": node_id}, by)
        answers.append(Result(DONE, (run_id,)))
    changed = [rows[run_id] for run_id in moved]
    counts = take_off(work, changed)
    places = []
    for row, token_id in zip(changed, work.ids("token", len(changed)), strict=True):
        node_number = moved[row.id]
        lane = row.person_id % LANES
        places.append((token_id, row.id, row.person_id, lane, node_number, work.now, work.now, True))
        counts.entered[row.funnel_id, node_number] += 1
    work.insert(token, TOKEN_COLUMNS, places)
    counts.write(work)
    columns = ("status", "error", "attempts", "fence", "state")
    work.update(
        run,
        ("id",),
        columns,
        [(row.id, _WAITING, None, 0, row.fence + 1, state_with(row, dict.fromkeys(OF_PLACES))) for row in changed],
    )
    return answers


def cancel(work: Work, run_ids: Sequence[int], *, by: Actor) -> list[Result]:
    """End runs, parked or waiting, where they stand; one answer each: ``done``, ``no_run``, ``not_live``.

    Whoever may enter a funnel only once may not enter again for that.
    """
    by.require("runs.repair")
    return end(work, run_ids, by=by)


def end(work: Work, run_ids: Sequence[int], *, by: Actor) -> list[Result]:
    """Do what ``cancel`` does, for commands that ask for another right: a new run takes its place, its funnel is stopped."""
    rows = _lock(work, run_ids)
    answers: list[Result] = []
    ended: dict[int, Row[Any]] = {}
    for run_id in run_ids:
        row = rows.get(run_id)
        if row is None or row.status not in (_WAITING, _PARKED, HELD) or run_id in ended:
            answers.append(_refused(run_id, row, "not_live"))
            continue
        ended[run_id] = row
        note_repair(work, row, {"how": "cancel"}, by)
        answers.append(Result(DONE, (run_id,)))
    counts = take_off(work, ended.values())
    for row in ended.values():
        counts.left[row.funnel_id, 0] += 1
    counts.write(work)
    columns = ("status", "outcome", "enrol_key", "error", "ended_at", "fence", "state")
    work.update(
        run,
        ("id",),
        columns,
        [
            (row.id, _CANCELLED, "cancelled", _kept_key(row), None, work.now, row.fence + 1, None)
            for row in ended.values()
        ],
    )
    return answers


def park(work: Work, run_ids: Sequence[int], why: Failure) -> None:
    """Let waiting runs stand still with an error, where they are; a person sets them going."""
    rows = [row for row in _lock(work, run_ids).values() if row.status == _WAITING]
    error = dumps({"node": "", "code": why.code, "message": str(why.message), "text": packed(why.message)})
    for row in rows:
        data = {"run": row.id, "node": "", "code": why.code}
        journal(work).add("run.parked", row.person_id, row.id, data, Cause(row.id * 16 + 2, row.depth))
    work.update(run, ("id",), ("status", "error", "attempts"), [(row.id, _PARKED, error, 0) for row in rows])


def _set_going(work: Work, run_ids: Sequence[int], how: str, *, by: Actor) -> list[Result]:
    rows = _lock(work, run_ids)
    known = programs(work, versions={row.version_id for row in rows.values()})
    answers: list[Result] = []
    going: dict[int, Row[Any]] = {}
    for run_id in run_ids:
        row = rows.get(run_id)
        if row is None or row.status != _PARKED or run_id in going:
            answers.append(_refused(run_id, row, "not_parked"))
            continue
        going[run_id] = row
        note_repair(work, row, {"how": how}, by)
        answers.append(Result(DONE, (run_id,)))
    stuck = _stuck(work, known, going.values())
    work.update(token, ("id",), ("due_at",), [(token_id, work.now) for token_id, _ in stuck.values()])
    changes = []
    for row in going.values():
        skipped = {"skip": [stuck[row.id][1]]} if how == "skip" and row.id in stuck else {}
        changes.append((row.id, _WAITING, None, 0, state_with(row, skipped)))
    work.update(run, ("id",), ("status", "error", "attempts", "state"), changes)
    return answers


def _stuck(work: Work, known: Programs, rows: Iterable[Row[Any]]) -> dict[int, tuple[int, int]]:
    """Return the token that failed in each run, with its node; none where the run was parked as a whole."""
    failed = {}
    for row in rows:
        of = known.by_version.get(row.version_id)
        node = of.program.node(str(json.loads(row.error or "{}").get("node"))) if of is not None else None
        if node is not None:
            failed[row.id] = node.number
    found: dict[int, tuple[int, int]] = {}
    query = select(token.c.id, token.c.run_id, token.c.node).where(
        in_set(token.c.run_id, "runs"), token.c.due_at.is_(None), ~_awaiting()
    )
    for one in work.rows(query.order_by(token.c.id), {"runs": list(failed)}) if failed else ():
        if one.node == failed[one.run_id]:
            found[one.run_id] = (one.id, one.node)
    return found


def _awaiting() -> Any:
    return select(subscription.c.id).where(subscription.c.token_id == token.c.id).exists()


class MovedCounts:
    """What a repair changes in the totals of nodes; node 0 is the funnel as a whole."""

    def __init__(self) -> None:
        self.entered: Counter[tuple[int, int]] = Counter()
        self.left: Counter[tuple[int, int]] = Counter()

    def write(self, work: Work) -> None:
        """Write one row per funnel and node."""
        hour = int(work.now.timestamp()) // 3600
        columns = ("funnel_id", "node", "hour", "entered", "left", "failed")
        places = sorted({*self.entered, *self.left})
        work.insert(node_total, columns, [(*place, hour, self.entered[place], self.left[place], 0) for place in places])


def take_off(work: Work, rows: Iterable[Row[Any]]) -> MovedCounts:
    """Take all tokens of the runs off the graph; returns how many left which node."""
    counts = MovedCounts()
    funnel_of = {row.id: row.funnel_id for row in rows}
    if not funnel_of:
        return counts
    query = select(token.c.id, token.c.run_id, token.c.node).where(in_set(token.c.run_id, "runs"))
    tokens = work.rows(query, {"runs": list(funnel_of)})
    work.execute(
        subscription.delete().where(in_set(subscription.c.token_id, "tokens")), {"tokens": [one.id for one in tokens]}
    )
    work.delete(token, ("id",), [(one.id,) for one in tokens])
    for one in tokens:
        counts.left[funnel_of[one.run_id], one.node] += 1
    return counts


def _lock(work: Work, run_ids: Sequence[int]) -> dict[int, Row[Any]]:
    query = select(run).where(in_set(run.c.id, "runs")).order_by(run.c.id).with_for_update()
    return {row.id: row for row in work.rows(query, {"runs": list(run_ids)})} if run_ids else {}


def _refused(run_id: int, row: Row[Any] | None, otherwise: str) -> Result:
    return Result("no_run" if row is None else otherwise, (run_id,))


def note_repair(work: Work, row: Row[Any], data: dict[str, object], by: Actor) -> None:
    """Write what was done to a run into the journal; ``how`` names it."""
    journal(work).add("run.repaired", row.person_id, row.id, {"run": row.id, **data}, cause_of(by))


def state_with(row: Row[Any], changes: dict[str, Any]) -> str | None:
    """Return what the run remembers, with changes; ``None`` takes a part away."""
    kept = {**json.loads(row.state or "{}"), **changes}
    left = {name: value for name, value in kept.items() if value is not None}
    return dumps(left) if left else None


def _kept_key(row: Row[Any]) -> int | None:
    return row.enrol_key if json.loads(row.state or "{}").get("once") else None
