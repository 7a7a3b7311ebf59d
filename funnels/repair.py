"""Repair runs by hand: retry, skip, move, cancel.  Each is written into the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from crm.actor import Actor
from crm.journal import LANES, Cause, cause_of, journal
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.standing import Failure
from funnels.programs import Published, programs
from funnels.tables import node_total, run, subscription, token

_WAITING, _PARKED, _CANCELLED = 1, 2, 11
_TOKEN = ("id", "run_id", "person_id", "lane", "node", "arrived_at", "due_at", "is_arriving")


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
    answers = []
    for run_id in run_ids:
        row = rows.get(run_id)
        if row is None or row.status not in (_WAITING, _PARKED):
            answers.append(_refused(run_id, row, "not_live"))
            continue
        of = known.by_version[row.version_id]
        node = of.program.node(node_id)
        if node is None:
            answers.append(Result("no_node", (run_id,), detail=f"funnel {of.program.funnel!r} has no node {node_id!r}"))
            continue
        _clear(work, row)
        _place(work, row, node.number)
        _note(work, row, {"how": "move", "node": node_id}, by)
        answers.append(Result(DONE, (run_id,)))
    return answers


def cancel(work: Work, run_ids: Sequence[int], *, by: Actor) -> list[Result]:
    """End runs, parked or waiting, where they stand; one answer each: ``done``, ``no_run``, ``not_live``."""
    by.require("runs.repair")
    rows = _lock(work, run_ids)
    answers = []
    for run_id in run_ids:
        row = rows.get(run_id)
        if row is None or row.status not in (_WAITING, _PARKED):
            answers.append(_refused(run_id, row, "not_live"))
            continue
        _clear(work, row)
        changes = {"status": _CANCELLED, "outcome": "cancelled", "enrol_key": None, "error": None, "ended_at": work.now}
        work.execute(run.update().where(run.c.id == run_id).values(fence=row.fence + 1, **changes))
        _count(work, row.funnel_id, 0, left=1)
        _note(work, row, {"how": "cancel"}, by)
        answers.append(Result(DONE, (run_id,)))
    return answers


def park(work: Work, run_ids: Sequence[int], why: Failure) -> None:
    """Let waiting runs stand still with an error, where they are; a person sets them going."""
    for row in _lock(work, run_ids).values():
        error = dumps({"node": "", "code": why.code, "message": why.message})
        work.execute(run.update().where(run.c.id == row.id).values(status=_PARKED, error=error, attempts=0))
        data = {"run": row.id, "code": why.code}
        journal(work).add("run.parked", row.person_id, row.id, data, Cause(row.id * 16 + 2))


def _set_going(work: Work, run_ids: Sequence[int], how: str, *, by: Actor) -> list[Result]:
    rows = _lock(work, run_ids)
    known = programs(work, versions={row.version_id for row in rows.values()})
    answers = []
    for run_id in run_ids:
        row = rows.get(run_id)
        if row is None or row.status != _PARKED:
            answers.append(_refused(run_id, row, "not_parked"))
            continue
        stuck = work.rows(
            select(token)
            .where(token.c.run_id == run_id, token.c.due_at.is_(None), ~_awaiting())
            .order_by(token.c.id.desc())
        )
        if stuck and how == "skip":
            _skip(work, row, stuck[0], known.by_version[row.version_id])
        elif stuck:
            work.execute(token.update().where(token.c.id == stuck[0].id).values(due_at=work.now))
        work.execute(run.update().where(run.c.id == run_id).values(status=_WAITING, error=None, attempts=0))
        _note(work, row, {"how": how}, by)
        answers.append(Result(DONE, (run_id,)))
    return answers


def _awaiting() -> Any:
    return select(subscription.c.id).where(subscription.c.token_id == token.c.id).exists()


def _skip(work: Work, row: Row[Any], stuck: Row[Any], of: Published) -> None:
    """Move one token behind its node; where nothing follows, it stays to end by itself at the next batch."""
    node = of.program.nodes.get(stuck.node)
    target = node.exits.get(node.main) if node is not None else None
    work.execute(token.delete().where(token.c.id == stuck.id))
    _count(work, row.funnel_id, stuck.node, left=1)
    if target is not None:
        _place(work, row, target, clear=False)
        return
    others = work.rows(select(token.c.id).where(token.c.run_id == row.id).limit(1))
    if not others:
        changes = {"status": 10, "outcome": "skipped", "enrol_key": None, "error": None, "ended_at": work.now}
        work.execute(run.update().where(run.c.id == row.id).values(**changes))
        _count(work, row.funnel_id, 0, left=1)


def _place(work: Work, row: Row[Any], node: int, *, clear: bool = True) -> None:
    """Put a token on a node, due at once; with ``clear`` the run waits again."""
    [token_id] = work.ids("token", 1)
    values = (token_id, row.id, row.person_id, row.person_id % LANES, node, work.now, work.now, True)
    work.insert(token, _TOKEN, [values])
    _count(work, row.funnel_id, node, entered=1)
    if clear:
        changes = {"status": _WAITING, "error": None, "attempts": 0, "fence": row.fence + 1}
        work.execute(run.update().where(run.c.id == row.id).values(**changes))


def _clear(work: Work, row: Row[Any]) -> None:
    """Take all tokens of a run off the graph."""
    tokens = work.rows(select(token.c.id, token.c.node).where(token.c.run_id == row.id))
    work.execute(
        subscription.delete().where(in_set(subscription.c.token_id, "tokens")), {"tokens": [one.id for one in tokens]}
    )
    work.delete(token, ("id",), [(one.id,) for one in tokens])
    for one in tokens:
        _count(work, row.funnel_id, one.node, left=1)


def _lock(work: Work, run_ids: Sequence[int]) -> dict[int, Row[Any]]:
    query = select(run).where(in_set(run.c.id, "runs")).order_by(run.c.id).with_for_update()
    return {row.id: row for row in work.rows(query, {"runs": list(run_ids)})}


def _refused(run_id: int, row: Row[Any] | None, otherwise: str) -> Result:
    return Result("no_run" if row is None else otherwise, (run_id,))


def _note(work: Work, row: Row[Any], data: dict[str, object], by: Actor) -> None:
    journal(work).add("run.repaired", row.person_id, row.id, {"run": row.id, **data}, cause_of(by))


def _count(work: Work, funnel_id: int, node: int, *, entered: int = 0, left: int = 0) -> None:
    hour = int(work.now.timestamp()) // 3600
    columns = ("funnel_id", "node", "hour", "entered", "left", "failed")
    work.insert(node_total, columns, [(funnel_id, node, hour, entered, left, 0)])
