"""What a published funnel does: lets people in, drains, is paused, is stopped.

*Published* lets people in.  *Draining* lets nobody in, and those inside go on to their end.  *Paused* lets nobody in, and those
inside stay where they are and keep their dates.  *Stopped* lets nobody in, and those inside are cancelled.  Whoever would have
started meanwhile is found among the refused.  Every change is written into the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, literal, null, select, update

from crm.access.actor import Actor
from crm.settings.change import note_many
from db.sets import in_set
from db.types import Json, Utc
from db.work import Work
from engine.request import DONE
from funnels.repair import end
from funnels.tables import HELD, funnel, run, token

_ENDED = 10
_FROM: Final = {
    "paused": frozenset({"published", "draining"}),
    "draining": frozenset({"published", "paused"}),
    "published": frozenset({"paused", "draining", "stopped"}),
    "stopped": frozenset({"published", "paused", "draining"}),
}
"""From which states a funnel may come into another."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """What became of one funnel: ``done``, ``no_funnel``, ``not_published``, ``same_state``; the state it is in now.

    ``inside`` is how many runs were inside when it was asked: they wait, go on, or have been cancelled.
    """

    key: str
    code: str
    state: str
    inside: int


def pause(work: Work, keys: Sequence[str], *, by: Actor) -> list[StateChange]:
    """Let nobody in and nobody go on; dates stay as they are, and events that come meanwhile are kept."""
    return _change(work, keys, "paused", by, _hold)


def drain(work: Work, keys: Sequence[str], *, by: Actor) -> list[StateChange]:
    """Let nobody in; those inside go on to their end."""
    return _change(work, keys, "draining", by, _release)


def resume(work: Work, keys: Sequence[str], *, by: Actor) -> list[StateChange]:
    """Let people in again; those who were paused go on, and what was due meanwhile is done at once."""
    return _change(work, keys, "published", by, _release)


def stop(work: Work, keys: Sequence[str], *, by: Actor) -> list[StateChange]:
    """Let nobody in, and cancel those inside, parked ones too."""

    def cancel(work: Work, funnel_ids: list[int]) -> None:
        _release(work, funnel_ids)
        end(work, [row.id for row in work.rows(_inside(run.c.id), {"funnels": funnel_ids})], by=by)

    return _change(work, keys, "stopped", by, cancel)


def _change(
    work: Work, keys: Sequence[str], state: str, by: Actor, then: Callable[[Work, list[int]], None]
) -> list[StateChange]:
    by.require("funnels.publish")
    lock_runs(work, keys)  # before the funnels, as workers do: so nobody waits for another in a circle
    columns = (funnel.c.id, funnel.c.key, funnel.c.state, funnel.c.version_id)
    query = select(*columns).where(in_set(funnel.c.key, "keys")).order_by(funnel.c.id).with_for_update()
    found = {row.key: row for row in work.rows(query, {"keys": list(keys)})}
    counts = _inside(run.c.funnel_id, func.count().label("runs")).group_by(run.c.funnel_id)
    ids = [row.id for row in found.values()]
    inside = {row.funnel_id: row.runs for row in work.rows(counts, {"funnels": ids})}
    changed = [row for row in found.values() if row.version_id is not None and row.state in _FROM[state]]
    if changed:
        then(work, [row.id for row in changed])
        work.execute(
            update(funnel)
            .where(in_set(funnel.c.id, "ids"))
            .values(
                state=state,
                changed_at=work.now,
                state_since=work.now,
                tripped=literal(None, Json()),
                version=funnel.c.version + 1,
            ),
            {"ids": [row.id for row in changed]},
        )
        note_many(work, "funnel", [(row.key, row.id) for row in changed], _ACTIONS[state], by)
        work.after_commit(work.database.poke)
    codes = {row.key: DONE for row in changed}
    answers = []
    for key in keys:
        row = found.get(key)
        if row is None:
            answers.append(StateChange(key, "no_funnel", "", 0))
            continue
        code = codes.get(key) or ("not_published" if row.version_id is None else "same_state")
        answers.append(StateChange(key, code, state if code == DONE else row.state, inside.get(row.id, 0)))
    return answers


_ACTIONS: Final = {"paused": "paused", "draining": "drained", "published": "resumed", "stopped": "stopped"}


def _inside(*columns: Any) -> Select[Any]:
    return select(*columns).where(in_set(run.c.funnel_id, "funnels"), run.c.status < _ENDED)


def lock_runs(work: Work, keys: Sequence[str]) -> None:
    """Lock the live runs of funnels, in the order of their ids: who locks the funnels too does that after this."""
    wanted = select(run.c.id).join(funnel, funnel.c.id == run.c.funnel_id)
    query = wanted.where(in_set(funnel.c.key, "keys"), run.c.status < _ENDED).order_by(run.c.id)
    work.rows(query.with_for_update(of=run), {"keys": list(keys)})


def _hold(work: Work, funnel_ids: list[int]) -> None:
    """Put the moments of waits aside.  One statement."""
    work.execute(
        update(token)
        .where(token.c.due_at.is_not(None), token.c.run_id.in_(_inside(run.c.id)))
        .values(held_due_at=token.c.due_at, due_at=null()),
        {"funnels": funnel_ids},
    )


def _release(work: Work, funnel_ids: list[int]) -> None:
    """Give waits their moments back.  One statement."""
    work.execute(
        update(token)
        .where(token.c.held_due_at.is_not(None), token.c.run_id.in_(_inside(run.c.id).where(run.c.status != HELD)))
        .values(due_at=token.c.held_due_at, held_due_at=literal(None, Utc())),
        {"funnels": funnel_ids},
    )
