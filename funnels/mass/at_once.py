"""Mass actions on few: done, or taken back, in the very transaction that asks, so that whoever asks sees what came of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from crm.access.actor import Actor
from db.work import Work
from funnels.mass.asking import AT_ONCE, MassActionState, NewMassAction, ask, found, undo
from funnels.mass.doing import next_batch, next_batch_back
from funnels.tables import mass_action


def do(work: Work, new: NewMassAction, *, by: Actor) -> MassActionState:
    """Ask for it as ``ask`` does; where it is about ``AT_ONCE`` records at most, do it."""
    one = ask(work, new, by=by)
    if one.audience <= AT_ONCE:
        while next_batch(work, _row(work, one.id), by=by, limit=AT_ONCE):
            pass
    return found(work, one.id)


def take_back(work: Work, id_: int, *, by: Actor) -> MassActionState:
    """Ask for it to be taken back as ``undo`` does; where it was done to ``AT_ONCE`` records at most, do so."""
    one = undo(work, id_, by=by)
    if one.done <= AT_ONCE:
        while next_batch_back(work, _row(work, id_), by=by, limit=AT_ONCE):
            pass
    return found(work, id_)


def _row(work: Work, id_: int) -> Any:
    return work.rows(select(mass_action).where(mass_action.c.id == id_).with_for_update())[0]
