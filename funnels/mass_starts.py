"""Mass starts: a filtered audience is let into a funnel little by little, a sample first where that is wished.

What is asked for is a row; a worker lets in a few at a time (``workers.mass_starts``), so that nobody who comes alone waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true

from crm.access.actor import Actor, ActorKind, Viewer
from crm.conditions.fields import TABLES, SubjectFields
from crm.conditions.sql import where
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.records.visible import is_current, may_see_record
from db.work import Work
from engine.condition import RecordCondition, check
from engine.setting_errors import problem_of
from engine.text import LazyText, _l, unpacked
from funnels.starting import RIGHTS, Kind, button_of, require_open
from funnels.tables import funnel, mass_start

State = Literal["sampling", "held", "running", "aborted", "finished"]
MOST_PER_MINUTE: Final = 60_000
MOST_IN_SAMPLE: Final = 1_000_000
RIGHT: Final = "deals.mass_edit"
FIRST: Final = 5
"""So many names a look shows."""
STATES: Final[Mapping[str, LazyText]] = {
    "sampling": _l("letting the sample in"),
    "held": _l("held"),
    "running": _l("under way"),
    "aborted": _l("aborted"),
    "finished": _l("finished"),
}
"""What each state is called."""
_CONDITION: Final = TypeAdapter(RecordCondition)
_COLUMNS: Final = (
    "id", "funnel", "button", "kind", "condition", "per_minute", "sample", "audience", "last_id", "state", "position", "started",
    "due_at", "caused_by", "asked_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewMassStart:
    """What is asked for: leads or deals for which ``condition`` holds (a plain tree; nothing: all), so many a minute.

    With a ``sample`` so many are let in first, and the others when ``go_on`` is said.
    """

    funnel: str
    kind: Kind
    condition: Any = None
    per_minute: int = 6000
    sample: int = 0
    button: str | None = None


@dataclass(frozen=True, slots=True)
class MassStart:
    """One that was asked for, and how far it is."""

    id: int
    funnel: str
    kind: str
    state: State
    audience: int
    started: int
    per_minute: int
    sample: int
    problem: str | None
    asked_at: datetime
    ended_at: datetime | None
    button: str
    condition: Any


@dataclass(frozen=True, slots=True)
class Look:
    """Whom a mass start would let in: how many there are now, and the names of those who would be first."""

    audience: int
    first: tuple[str, ...]


def count(work: Work, new: NewMassStart, *, by: Actor) -> int:
    """Return how many there are for whom it would be done now.  One query, beside those of the settings.

    Raises:
        InvalidError: the condition cannot be asked of such records.
        NotAllowedError: the actor may not start many at once.
    """
    by.require(RIGHT)
    by.require(RIGHTS[new.kind])
    return _count(work, TABLES[new.kind], audience(work, new.kind, new.condition, by))


def look(work: Work, new: NewMassStart, *, by: Actor) -> Look:
    """Return whom it would let in now, and change nothing; what would refuse ``ask`` refuses this.  Two queries.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        InvalidError: it has no such button or lets nobody in; the rate or the sample cannot be; or the condition cannot be asked.
        NotAllowedError: the actor may not start many at once.
    """
    by.require(RIGHT)
    by.require(RIGHTS[new.kind])
    _require_possible(work, new)
    table, meant = TABLES[new.kind], audience(work, new.kind, new.condition, by)
    number = _count(work, table, meant)
    name = func.coalesce(func.nullif(table.c.name, ""), table.c.title) if new.kind == "lead" else table.c.title
    query = select(name.label("name")).where(meant).order_by(table.c.id).limit(FIRST)
    return Look(number, tuple(row.name for row in work.rows(query)) if number else ())


def ask(work: Work, new: NewMassStart, *, by: Actor) -> MassStart:
    """Ask for it; workers begin at once.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        InvalidError: it has no such button or lets nobody in; the rate or the sample cannot be; the condition cannot be asked; or
            the very same is under way.
        NotAllowedError: the actor may not start many at once.
    """
    there_are = count(work, new, by=by)
    button = _require_possible(work, new)
    _require_new(work, new, button, by)
    last_id = int(work.scalar(select(func.max(TABLES[new.kind].c.id))) or 0)
    [id_] = work.ids("mass_start", 1)
    work.execute(
        mass_start.insert().values(
            dict(
                zip(
                    _COLUMNS,
                    (
                        id_, new.funnel, button, new.kind, new.condition, new.per_minute, new.sample, there_are, last_id,
                        "sampling" if new.sample else "running", 0, 0, work.now, by.packed, work.now,
                    ),
                    strict=True,
                )
            )
        )
    )  # fmt: skip
    return found(work, [id_])[0]


def go_on(work: Work, id_: int, *, by: Actor) -> MassStart:
    """Let the others in after the sample was looked at, or after a trouble; a sample that is not whole comes first.

    Raises:
        InvalidError: it is not held, or the funnel lets nobody in through that button.
        NotFoundError: there is no such mass start.
    """
    row = _locked(work, id_, {"held"}, by)
    button_of(work, row.funnel, row.button)
    require_open(work, row.funnel)
    return _set(work, row, "sampling" if row.started < row.sample else "running")


def abort(work: Work, id_: int, *, by: Actor) -> MassStart:
    """Let nobody in any more; who is inside stays.

    Raises:
        InvalidError: it is over.
        NotFoundError: there is no such mass start.
    """
    return _set(work, _locked(work, id_, {"sampling", "held", "running"}, by), "aborted")


def found(work: Work, ids: Sequence[int] | None = None) -> list[MassStart]:
    """Return those with these ids, or all, the newest first."""
    query = select(mass_start).order_by(mass_start.c.id.desc())
    rows = work.rows(query if ids is None else query.where(mass_start.c.id.in_(list(ids))))
    return [told(row) for row in rows]


def audience(work: Work, kind: Kind, condition: Any, seen_by: Actor) -> ColumnElement[bool]:
    """Return the clause for the records that are meant, as far as the actor sees them.

    Raises:
        InvalidError: the condition cannot be asked of such records; says where.
    """
    settings = directory(work)
    clause: ColumnElement[bool] = is_current(kind)
    if condition is not None:
        fields = SubjectFields(settings, kind)
        try:
            tree = _CONDITION.validate_python(condition)
        except ValidationError as error:
            problem = problem_of(error.errors(include_url=False)[0])[1]
            raise InvalidError(_l("the condition cannot be read: {problem}", problem=problem)) from None
        wrong = check(tree, fields)
        if wrong:
            raise InvalidError(*(one.message for one in wrong))
        clause = and_(clause, where(tree, fields, now=work.now, zone=str(settings.organization["zone"])))
    return clause if seen_by.sees is None else and_(clause, may_see_record(kind, seen_by.sees))


def under_way() -> Select[Any]:
    """Return the statement for those that are under way, the one that is due first first."""
    states = or_(mass_start.c.state == "sampling", mass_start.c.state == "running")
    return select(mass_start).where(states).order_by(mass_start.c.due_at, mass_start.c.id)


def may_see_mass_start(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on ``mass_start`` for a query: asked for by somebody whose records he sees."""
    if viewer.owner_ids is None:
        return true()
    return mass_start.c.caused_by.in_([Actor(ActorKind.USER, one).packed for one in sorted(viewer.owner_ids)])


def _require_possible(work: Work, new: NewMassStart) -> str:
    """Refuse what cannot be carried out, and return the button."""
    if not 1 <= new.per_minute <= MOST_PER_MINUTE:
        raise InvalidError(_l("let in 1 to {limit} a minute", limit=MOST_PER_MINUTE))
    if not 0 <= new.sample <= MOST_IN_SAMPLE:
        raise InvalidError(_l("a sample has 0 to {limit}", limit=MOST_IN_SAMPLE))
    button = button_of(work, new.funnel, new.button)
    require_open(work, new.funnel)
    return button


def _require_new(work: Work, new: NewMassStart, button: str, by: Actor) -> None:
    """Refuse what is under way already; who asks at the same moment waits for the funnel's row."""
    work.rows(select(funnel.c.id).where(funnel.c.key == new.funnel).with_for_update())
    query = select(mass_start.c.id, mass_start.c.condition, mass_start.c.caused_by).where(
        mass_start.c.funnel == new.funnel,
        mass_start.c.button == button,
        mass_start.c.kind == new.kind,
        mass_start.c.state.in_(("sampling", "held", "running")),
    )
    for row in work.rows(query):
        if row.condition == new.condition and row.caused_by == by.packed:
            raise InvalidError(
                _l("mass start {id} lets the very same in already: wait for its end, or abort it", id=row.id)
            )


def _count(work: Work, table: Any, meant: ColumnElement[bool]) -> int:
    return int(work.scalar(select(func.count()).select_from(table).where(meant)) or 0)


def _locked(work: Work, id_: int, states: set[str], by: Actor) -> Row[Any]:
    by.require(RIGHT)
    query = select(mass_start).where(mass_start.c.id == id_)
    if by.sees is not None:
        query = query.where(may_see_mass_start(by.sees))
    rows = work.rows(query.with_for_update())
    if not rows:
        raise NotFoundError("mass_start", id_)
    if rows[0].state not in states:
        raise InvalidError(_l("the mass start {id} is {state}", id=id_, state=STATES[rows[0].state]))
    row: Row[Any] = rows[0]
    return row


def _set(work: Work, row: Row[Any], state: State) -> MassStart:
    ended = work.now if state == "aborted" else None
    values = {"state": state, "problem": None, "due_at": work.now, "ended_at": ended}
    work.execute(mass_start.update().where(mass_start.c.id == row.id).values(values))
    return found(work, [row.id])[0]


def told(row: Row[Any]) -> MassStart:
    """Return a mass start from its row."""
    return MassStart(
        row.id,
        row.funnel,
        row.kind,
        row.state,
        row.audience,
        row.started,
        row.per_minute,
        row.sample,
        unpacked(row.problem) if row.problem is not None else None,
        row.asked_at,
        row.ended_at,
        row.button,
        row.condition,
    )
