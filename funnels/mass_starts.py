"""Mass starts: a filtered audience is let into a funnel little by little, a sample first where that is wished.

What is asked for is a row; a worker lets in a few at a time (``workers.mass_starts``), so that nobody who comes alone waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true

from crm.access.actor import Actor
from crm.conditions.fields import TABLES, SubjectFields
from crm.conditions.sql import where
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.records.visible import may_see_record
from db.work import Work
from engine.condition import RecordCondition, check
from engine.setting_errors import problem_of
from engine.text import _l
from funnels.starting import RIGHTS, Kind, button_of
from funnels.tables import mass_start

State = Literal["sampling", "held", "running", "aborted", "finished"]
MOST_PER_MINUTE: Final = 60_000
RIGHT: Final = "deals.mass_edit"
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


def count(work: Work, new: NewMassStart, *, by: Actor) -> int:
    """Return how many there are for whom it would be done now.  One query, beside those of the settings.

    Raises:
        InvalidError: the condition cannot be asked of such records.
        NotAllowedError: the actor may not start many at once.
    """
    by.require(RIGHT)
    by.require(RIGHTS[new.kind])
    table = TABLES[new.kind]
    return int(
        work.scalar(select(func.count()).select_from(table).where(audience(work, new.kind, new.condition, by))) or 0
    )


def ask(work: Work, new: NewMassStart, *, by: Actor) -> MassStart:
    """Ask for it; workers begin at once.

    Raises:
        FunnelNotFoundError: there is no such funnel.
        InvalidError: it has no such button; the rate or the sample cannot be; or the condition cannot be asked.
        NotAllowedError: the actor may not start many at once.
    """
    if not 1 <= new.per_minute <= MOST_PER_MINUTE:
        raise InvalidError(_l("let in 1 to {limit} a minute", limit=MOST_PER_MINUTE))
    if new.sample < 0:
        raise InvalidError(_l("a sample cannot be less than nobody"))
    there_are = count(work, new, by=by)
    button = button_of(work, new.funnel, new.button)
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
    """Let the others in after the sample was looked at, or after a trouble.

    Raises:
        InvalidError: it is not held.
        NotFoundError: there is no such mass start.
    """
    return _change(work, id_, {"held"}, "running", by)


def abort(work: Work, id_: int, *, by: Actor) -> MassStart:
    """Let nobody in any more; who is inside stays.

    Raises:
        InvalidError: it is over.
        NotFoundError: there is no such mass start.
    """
    return _change(work, id_, {"sampling", "held", "running"}, "aborted", by)


def found(work: Work, ids: Sequence[int] | None = None) -> list[MassStart]:
    """Return those with these ids, or all, the newest first."""
    query = select(mass_start).order_by(mass_start.c.id.desc())
    rows = work.rows(query if ids is None else query.where(mass_start.c.id.in_(list(ids))))
    return [_told(row) for row in rows]


def audience(work: Work, kind: Kind, condition: Any, seen_by: Actor) -> ColumnElement[bool]:
    """Return the clause for the records that are meant, as far as the actor sees them.

    Raises:
        InvalidError: the condition cannot be asked of such records; says where.
    """
    settings = directory(work)
    clause: ColumnElement[bool] = true()
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
        clause = where(tree, fields, now=work.now, zone=str(settings.organization["zone"]))
    return clause if seen_by.sees is None else and_(clause, may_see_record(kind, seen_by.sees))


def under_way() -> Select[Any]:
    """Return the statement for those that are under way, the one that is due first first."""
    states = or_(mass_start.c.state == "sampling", mass_start.c.state == "running")
    return select(mass_start).where(states).order_by(mass_start.c.due_at, mass_start.c.id)


def _change(work: Work, id_: int, states: set[str], state: State, by: Actor) -> MassStart:
    by.require(RIGHT)
    rows = work.rows(select(mass_start).where(mass_start.c.id == id_).with_for_update())
    if not rows:
        raise NotFoundError("mass_start", id_)
    if rows[0].state not in states:
        raise InvalidError(_l("the mass start {id} is {state}", id=id_, state=rows[0].state))
    ended = work.now if state == "aborted" else None
    values = {"state": state, "problem": None, "due_at": work.now, "ended_at": ended}
    work.execute(mass_start.update().where(mass_start.c.id == id_).values(values))
    return found(work, [id_])[0]


def _told(row: Row[Any]) -> MassStart:
    return MassStart(
        row.id,
        row.funnel,
        row.kind,
        row.state,
        row.audience,
        row.started,
        row.per_minute,
        row.sample,
        row.problem,
        row.asked_at,
        row.ended_at,
    )
