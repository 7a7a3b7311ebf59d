"""Mass actions as people ask for them: looked at, begun, gone on with, aborted, taken back.

What is asked for is a row; batches are worked off by ``funnels.mass.doing``, in the same transaction where they are few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true

from crm.access.actor import Actor, ActorKind, Viewer
from crm.conditions.fields import TABLES
from crm.errors import InvalidError, NotFoundError
from crm.records.visible import may_see_record
from db.sets import in_set
from db.work import Work
from engine.text import LazyText, _l, unpacked
from funnels.mass.action import RIGHT, MassAction
from funnels.mass.actions import read_action
from funnels.mass_starts import audience
from funnels.starting import Kind
from funnels.tables import mass_action

State = Literal["running", "held", "aborted", "finished", "undoing", "undone"]
AT_ONCE: Final = 500
"""So many are done in the very transaction that asks for it."""
MOST_CHOSEN: Final = 10_000
"""So many may be chosen one by one; more are meant by a filter."""
UNDO_WITHIN: Final = timedelta(days=30)
FIRST: Final = 5
"""So many names a look shows."""
STATES: Final[Mapping[str, LazyText]] = {
    "running": _l("under way"),
    "held": _l("held"),
    "aborted": _l("aborted"),
    "finished": _l("finished"),
    "undoing": _l("being taken back"),
    "undone": _l("taken back"),
}
"""What each state is called."""


@dataclass(frozen=True, slots=True)
class NewMassAction:
    """What is asked for: an action on the records that were ``chosen``, or on all for which ``condition`` holds.

    A condition is a plain tree; without one and without a choice all records are meant that the actor sees.
    """

    kind: Kind
    action: MassAction
    chosen: tuple[int, ...] | None = None
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

    def may_be_undone(self, now: datetime) -> bool:
        """True where it can be taken back now."""
        is_over = self.state in ("finished", "aborted") and self.done > 0
        return is_over and self.action.can_undo and now - self.asked_at <= UNDO_WITHIN


def ask(work: Work, new: NewMassAction, *, by: Actor) -> MassActionState:
    """Ask for it; a worker begins at once.

    Raises:
        InvalidError: nobody is meant, or too many were chosen; the condition cannot be asked; or the action cannot be done.
        NotAllowedError: the actor may not do this to many at once.
    """
    require_may(new.action, new.kind, by)
    new.action.check(work, new.kind)
    clause, values = meant(work, new.kind, new.chosen, new.condition, by)
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
    """Go on after a trouble.

    Raises:
        InvalidError: it is not held.
        NotFoundError: there is no such mass action.
    """
    row = locked(work, id_, {"held"}, by)
    return _set(work, row, state="undoing" if row.undone_by is not None else "running", problem=None, due_at=work.now)


def abort(work: Work, id_: int, *, by: Actor) -> MassActionState:
    """Do nothing more; what was done stays, and can be taken back.

    Raises:
        InvalidError: it is over, or is being taken back.
        NotFoundError: there is no such mass action.
    """
    row = locked(work, id_, {"running", "held"}, by)
    if row.undone_by is not None:
        raise InvalidError(_l("it is being taken back: let that go on"))
    return _set(work, row, state="aborted", problem=None, ended_at=work.now)


def undo(work: Work, id_: int, *, by: Actor) -> MassActionState:
    """Take it back, a batch at a time; records that were changed since stay as they are, and are named.

    Raises:
        InvalidError: it is not over, or is older than ``UNDO_WITHIN``; or what such an action does cannot be taken back.
        NotAllowedError: the actor may not do such a thing to many.
        NotFoundError: there is no such mass action.
    """
    row = locked(work, id_, {"finished", "aborted"}, by)
    one = told(row)
    require_may(one.action, one.kind, by)
    if not one.action.can_undo:
        raise InvalidError(_l("what a funnel did since cannot be taken back; stop the funnel for them instead"))
    if not one.done:
        raise InvalidError(_l("nothing was done, so there is nothing to take back"))
    if work.now - one.asked_at > UNDO_WITHIN:
        raise InvalidError(_l("it is older than {days} days: too much has happened since", days=UNDO_WITHIN.days))
    return _set(work, row, state="undoing", undone_by=by.packed, due_at=work.now, ended_at=None)


def require_may(action: MassAction, kind: Kind, by: Actor) -> None:
    """Refuse who may not do this to many.

    Raises:
        NotAllowedError: he lacks a right.
        InvalidError: it is not done to such records.
    """
    by.require_all(action.rights(kind) | {RIGHT})
    if kind not in action.kinds:
        raise InvalidError(_l("this is done to deals only"))


def meant(
    work: Work, kind: Kind, chosen: tuple[int, ...] | None, condition: Any, seen_by: Actor
) -> tuple[ColumnElement[bool], dict[str, Any]]:
    """Return the clause for the records that are meant, as far as the actor sees them, with its values.

    Raises:
        InvalidError: the condition cannot be asked of such records, or too many were chosen.
    """
    if chosen is None:
        return audience(work, kind, condition, seen_by), {}
    if len(chosen) > MOST_CHOSEN:
        raise InvalidError(_l("at most {limit} can be chosen one by one; use a filter for more", limit=MOST_CHOSEN))
    clause = in_set(TABLES[kind].c.id, "chosen")
    seen = and_(clause, may_see_record(kind, seen_by.sees)) if seen_by.sees is not None else clause
    return seen, {"chosen": list(chosen)}


def at_work() -> Select[Any]:
    """Return the statement for those that are under way, the one that is due first first."""
    states = or_(mass_action.c.state == "running", mass_action.c.state == "undoing")
    return select(mass_action).where(states).order_by(mass_action.c.due_at, mass_action.c.id)


def may_see_mass_action(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``mass_action`` for a query: asked for by somebody whose records he sees."""
    if viewer.owner_ids is None:
        return true()
    return mass_action.c.caused_by.in_([Actor(ActorKind.USER, one).packed for one in sorted(viewer.owner_ids)])


def found(work: Work, id_: int) -> MassActionState:
    """Return one, whoever asked for it.

    Raises:
        NotFoundError: there is no such mass action.
    """
    rows = work.rows(select(mass_action).where(mass_action.c.id == id_))
    if not rows:
        raise NotFoundError("mass_action", id_)
    return told(rows[0])


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


def locked(work: Work, id_: int, states: set[str], by: Actor) -> Row[Any]:
    """Lock one that the actor sees.

    Raises:
        InvalidError: it is in another state.
        NotFoundError: there is none, or he may not see it.
    """
    by.require(RIGHT)
    query = select(mass_action).where(mass_action.c.id == id_)
    if by.sees is not None:
        query = query.where(may_see_mass_action(by.sees))
    rows = work.rows(query.with_for_update())
    if not rows:
        raise NotFoundError("mass_action", id_)
    if rows[0].state not in states:
        raise InvalidError(_l("the mass action {id} is {state}", id=id_, state=STATES[rows[0].state]))
    row: Row[Any] = rows[0]
    return row


def _set(work: Work, row: Row[Any], **values: Any) -> MassActionState:
    work.execute(mass_action.update().where(mass_action.c.id == row.id).values(values))
    return found(work, row.id)


def _count(work: Work, table: Any, clause: ColumnElement[bool], values: Mapping[str, Any]) -> int:
    return int(work.scalar(select(func.count()).select_from(table).where(clause), values) or 0)
