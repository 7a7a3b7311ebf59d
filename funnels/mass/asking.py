"""Mass actions as people ask for them: looked at, begun, gone on with, aborted, taken back.

What is asked for is a row; batches are worked off by ``funnels.mass.doing``, in the same transaction where they are few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, func, select

from crm.access.actor import Actor
from crm.conditions.fields import TABLES
from crm.errors import InvalidError
from db.work import Work
from engine.text import _l, unpacked
from funnels.audiences import Chosen, meant
from funnels.jobs import (
    MASS_ACTION,
    REMEMBERED,
    RIGHT,
    change_job,
    job,
    lock_job,
    lock_to_go_on,
    require_remembered,
)
from funnels.mass.action import MassAction
from funnels.mass.actions import read_action
from funnels.starting import Kind
from funnels.tables import mass_action

State = Literal["running", "held", "aborted", "finished", "undoing", "undone"]
AT_ONCE: Final = 500
"""So many are done in the very transaction that asks for it."""


@dataclass(frozen=True, slots=True)
class NewMassAction:
    """What is asked for: an action on the records that were ``chosen``, or on all for which ``condition`` holds.

    A condition is a plain tree; without one and without a choice all records are meant that the actor sees.
    """

    kind: Kind
    action: MassAction
    chosen: Chosen = None
    condition: Any = None


@dataclass(frozen=True, slots=True)
class MassActionState:
    """One that was asked for, and how far it is."""

    id: int
    kind: Kind
    action: MassAction
    state: State
    audience: int
    done: int
    skipped: int
    failed: int
    undone: int
    kept: int
    is_chosen: bool
    condition: Any
    problem: str | None
    caused_by: int
    undone_by: int | None
    asked_at: datetime
    ended_at: datetime | None

    @property
    def is_busy(self) -> bool:
        """True while it goes on by itself."""
        return self.state in ("running", "undoing")

    @property
    def looked_at(self) -> int:
        """How many records it has come to."""
        return self.done + self.skipped + self.failed

    def may_go_on(self, now: datetime) -> bool:
        """True where it stopped and can go on."""
        return self.state == "held" or (self.state == "aborted" and now - self.asked_at <= REMEMBERED)

    def may_be_undone(self, now: datetime) -> bool:
        """True where it can be taken back now."""
        is_over = self.state in ("finished", "aborted") and self.done > 0
        return is_over and self.action.can_undo and now - self.asked_at <= REMEMBERED


def ask(work: Work, new: NewMassAction, *, by: Actor) -> MassActionState:
    """Ask for it; a worker begins at once.

    Raises:
        InvalidError: nobody is meant, or too many were chosen; the condition cannot be asked; or the action cannot be done.
        NotAllowedError: the actor may not do this to many at once.
    """
    require_may(new.action, new.kind, by)
    new.action.check(work, new.kind)
    clause, values = meant(work, new.kind, new.chosen, new.condition, by, archived=new.action.of_archived)
    table = TABLES[new.kind]
    there_are = len(new.chosen) if new.chosen is not None else _count(work, table, clause, values)
    if not there_are:
        raise InvalidError(_l("Nobody is meant: choose some records, or take a part of the filter away."))
    last_id = max(new.chosen) if new.chosen else int(work.scalar(select(func.max(table.c.id))) or 0)
    [id_] = work.ids("mass_action", 1)
    row = {
        "id": id_, "action": new.action.action, "given": new.action.model_dump(mode="json"), "kind": new.kind,
        "chosen": sorted(set(new.chosen)) if new.chosen is not None else None, "condition": new.condition,
        "audience": there_are, "last_id": last_id, "state": "running", "position": 0, "done": 0, "skipped": 0, "failed": 0,
        "undo_position": 0, "undone": 0, "kept": 0, "due_at": work.now, "caused_by": by.packed, "is_cleared": False,
        "asked_at": work.now,
    }  # fmt: skip
    work.execute(mass_action.insert().values(row))
    return found(work, id_)


def go_on(work: Work, id_: int, *, by: Actor) -> MassActionState:
    """Go on after a trouble, or where it was aborted.

    Raises:
        InvalidError: it goes on, is over, or was aborted long ago.
        NotFoundError: there is no such mass action.
    """
    row = lock_to_go_on(work, MASS_ACTION, id_, by=by)
    state = "undoing" if row.undone_by is not None else "running"
    return told(change_job(work, MASS_ACTION, row, state=state, problem=None, due_at=work.now, ended_at=None))


def abort(work: Work, id_: int, *, by: Actor) -> MassActionState:
    """Do nothing more; what was done stays, and can be taken back.

    Raises:
        InvalidError: it is over, or is being taken back.
        NotFoundError: there is no such mass action.
    """
    row = lock_job(work, MASS_ACTION, id_, {"running", "held"}, by=by)
    if row.undone_by is not None:
        raise InvalidError(_l("it is being taken back: let that go on"))
    return told(change_job(work, MASS_ACTION, row, state="aborted", problem=None, ended_at=work.now))


def undo(work: Work, id_: int, *, by: Actor) -> MassActionState:
    """Take it back, a batch at a time; records that were changed since stay as they are, and are named.

    Raises:
        InvalidError: it is not over, or is older than ``REMEMBERED``; or what such an action does cannot be taken back.
        NotAllowedError: the actor may not do such a thing to many.
        NotFoundError: there is no such mass action.
    """
    row = lock_job(work, MASS_ACTION, id_, {"finished", "aborted"}, by=by)
    one = told(row)
    require_may(one.action, one.kind, by)
    if not one.action.can_undo:
        raise InvalidError(_l("what a funnel did since cannot be taken back; stop the funnel for them instead"))
    if not one.done:
        raise InvalidError(_l("nothing was done, so there is nothing to take back"))
    require_remembered(work, row)
    return told(
        change_job(work, MASS_ACTION, row, state="undoing", undone_by=by.packed, due_at=work.now, ended_at=None)
    )


def require_may(action: MassAction, kind: Kind, by: Actor) -> None:
    """Refuse who may not do this to many.

    Raises:
        NotAllowedError: he lacks a right.
        InvalidError: it is not done to such records.
    """
    by.require_all(action.rights(kind) | {RIGHT})
    if kind not in action.kinds:
        raise InvalidError(_l("this is done to deals only"))


def found(work: Work, id_: int) -> MassActionState:
    """Return one, whoever asked for it.

    Raises:
        NotFoundError: there is no such mass action.
    """
    return told(job(work, MASS_ACTION, id_))


def told(row: Row[Any]) -> MassActionState:
    """Return a mass action from its row."""
    return MassActionState(
        row.id,
        row.kind,
        read_action(row.given),
        row.state,
        row.audience,
        row.done,
        row.skipped,
        row.failed,
        row.undone,
        row.kept,
        row.chosen is not None,
        row.condition,
        unpacked(row.problem) if row.problem is not None else None,
        row.caused_by,
        row.undone_by,
        row.asked_at,
        row.ended_at,
    )


def _count(work: Work, table: Any, clause: ColumnElement[bool], values: Mapping[str, Any]) -> int:
    return int(work.scalar(select(func.count()).select_from(table).where(clause), values) or 0)
