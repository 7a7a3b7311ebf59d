"""Jobs: what people ask for about many records, and workers do little by little: mass actions and mass starts.

A job is a row: whom it means, how far it got, in which state it is.  People watch it, let it go on, and abort it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, Table, select, true

from crm.access.actor import Actor, ActorKind, Viewer
from crm.errors import InvalidError, NotFoundError
from db.work import Work
from engine.text import LazyText, _l
from funnels.tables import mass_action, mass_start

RIGHT: Final = "deals.mass_edit"
"""Who lacks it acts on one record after the other."""
REMEMBERED: Final = timedelta(days=30)
"""So long after it was asked for a job can be taken back, or gone on with; then its details are forgotten."""
FIRST: Final = 5
"""So many names a look shows."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """What kinds of jobs differ by.

    Attributes:
        table: where they stand.
        name: of their ids, and in errors.
        states: what each state is called.
        busy: the states in which workers go on with them.
        refusal: says that one with a number is in a state, which does not allow what was asked for.
    """

    table: Table
    name: Literal["mass_action", "mass_start"]
    states: Mapping[str, LazyText]
    busy: tuple[str, ...]
    refusal: Callable[[int, LazyText], LazyText]


MASS_ACTION: Final = JobKind(
    mass_action,
    "mass_action",
    {
        "running": _l("under way"),
        "held": _l("held"),
        "aborted": _l("aborted"),
        "finished": _l("finished"),
        "undoing": _l("being taken back"),
        "undone": _l("taken back"),
    },
    ("running", "undoing"),
    lambda number, state: _l("the mass action {id} is {state}", id=number, state=state),
)
MASS_START: Final = JobKind(
    mass_start,
    "mass_start",
    {
        "sampling": _l("letting the sample in"),
        "held": _l("held"),
        "running": _l("under way"),
        "aborted": _l("aborted"),
        "finished": _l("finished"),
    },
    ("sampling", "running"),
    lambda number, state: _l("the mass start {id} is {state}", id=number, state=state),
)


def at_work(of: JobKind) -> Select[Any]:
    """Return the statement for jobs that are under way, the one that is due first first."""
    return select(of.table).where(_is_busy(of)).order_by(of.table.c.due_at, of.table.c.id)


def _is_busy(of: JobKind) -> ColumnElement[bool]:
    first, *others = (of.table.c.state == state for state in of.busy)  # told one by one, as the index has them
    for one in others:
        first = first | one
    return first


def may_see_job(of: JobKind, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on the jobs' table for a query: asked for by somebody whose records he sees."""
    if viewer.owner_ids is None:
        return true()
    return of.table.c.caused_by.in_([Actor(ActorKind.USER, one).packed for one in sorted(viewer.owner_ids)])


def job(work: Work, of: JobKind, id_: int) -> Row[Any]:
    """Return a job, whoever asked for it.

    Raises:
        NotFoundError: there is none with this number.
    """
    rows = work.rows(select(of.table).where(of.table.c.id == id_))
    if not rows:
        raise NotFoundError(of.name, id_)
    row: Row[Any] = rows[0]
    return row


def lock_job(work: Work, of: JobKind, id_: int, states: set[str], *, by: Actor) -> Row[Any]:
    """Lock a job that the actor sees and that is in one of these states.

    Raises:
        InvalidError: it is in another state.
        NotAllowedError: the actor may not change many records at once.
        NotFoundError: there is none with this number.
    """
    by.require(RIGHT)
    query = select(of.table).where(of.table.c.id == id_)
    if by.sees is not None:
        query = query.where(may_see_job(of, by.sees))
    rows = work.rows(query.with_for_update())
    if not rows:
        raise NotFoundError(of.name, id_)
    row: Row[Any] = rows[0]
    if row.state not in states:
        raise InvalidError(of.refusal(id_, of.states[row.state]))
    return row


def lock_to_go_on(work: Work, of: JobKind, id_: int, *, by: Actor) -> Row[Any]:
    """Lock a job that is held, or was aborted a while ago at most: it goes on where it stopped; refuses as ``lock_job``."""
    row = lock_job(work, of, id_, {"held", "aborted"}, by=by)
    if row.state == "aborted":
        require_remembered(work, row)
    return row


def require_remembered(work: Work, row: Row[Any]) -> None:
    """Refuse a job that was asked for too long ago.

    Raises:
        InvalidError: its details are forgotten, and too much has happened.
    """
    if work.now - row.asked_at > REMEMBERED:
        raise InvalidError(_l("it is older than {days} days: too much has happened since", days=REMEMBERED.days))


def change_job(work: Work, of: JobKind, row: Row[Any], **values: object) -> Row[Any]:
    """Write into a locked job, and return it as it is now."""
    note_job(work, of, row, **values)
    return job(work, of, row.id)


def note_job(work: Work, of: JobKind, row: Row[Any], **values: object) -> None:
    """Write into a locked job."""
    work.execute(of.table.update().where(of.table.c.id == row.id).values(values))
