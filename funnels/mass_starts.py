"""Mass starts: an audience is let into a funnel little by little, a sample first where that is wished.

What is asked for is a row; a worker lets in a few at a time (``workers.mass_starts``), so that nobody who comes alone waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, and_, func, select

from crm.access.actor import Actor
from crm.conditions.fields import TABLES
from crm.errors import InvalidError
from crm.records.visible import is_current
from db.work import Work
from engine.text import _l, unpacked
from funnels.audiences import Chosen, meant
from funnels.jobs import FIRST, MASS_START, REMEMBERED, RIGHT, change_job, lock_job, lock_to_go_on
from funnels.starting import RIGHTS, Kind, button_of, require_open
from funnels.tables import funnel, mass_start

State = Literal["sampling", "held", "running", "aborted", "finished"]
MOST_PER_MINUTE: Final = 60_000
MOST_IN_SAMPLE: Final = 1_000_000
_COLUMNS: Final = (
    "id", "funnel", "button", "kind", "chosen", "condition", "per_minute", "sample", "audience", "last_id", "state", "position",
    "started", "due_at", "caused_by", "asked_at", "is_cleared",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewMassStart:
    """What is asked for: leads or deals that were ``chosen``, or for which ``condition`` holds (a plain tree; nothing: all).

    So many a minute are let in.  With a ``sample`` so many come first, and the others when ``go_on`` is said.
    """

    funnel: str
    kind: Kind
    condition: Any = None
    per_minute: int = 6000
    sample: int = 0
    button: str | None = None
    chosen: Chosen = None


@dataclass(frozen=True, slots=True)
class MassStart:
    """One that was asked for, and how far it is.  Once it ``is_cleared``, nobody knows any more whom it let in."""

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
    is_chosen: bool
    condition: Any
    is_cleared: bool

    def may_go_on(self, now: datetime) -> bool:
        """True where it stopped and can go on."""
        return self.state == "held" or (self.state == "aborted" and now - self.asked_at <= REMEMBERED)


@dataclass(frozen=True, slots=True)
class Look:
    """Whom a mass start would let in: how many there are now, and the names of those who would be first."""

    audience: int
    first: tuple[str, ...]


def count(work: Work, new: NewMassStart, *, by: Actor) -> int:
    """Return how many there are for whom it would be done now.  One query, beside those of the settings.

    Raises:
        InvalidError: the condition cannot be asked of such records, or too many were chosen.
        NotAllowedError: the actor may not start many at once.
    """
    by.require(RIGHT)
    by.require(RIGHTS[new.kind])
    return _count(work, TABLES[new.kind], *whom(work, new.kind, new.chosen, new.condition, by))


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
    table = TABLES[new.kind]
    clause, values = whom(work, new.kind, new.chosen, new.condition, by)
    number = _count(work, table, clause, values)
    name = func.coalesce(func.nullif(table.c.name, ""), table.c.title) if new.kind == "lead" else table.c.title
    query = select(name.label("name")).where(clause).order_by(table.c.id).limit(FIRST)
    return Look(number, tuple(row.name for row in work.rows(query, values)) if number else ())


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
    chosen = sorted(set(new.chosen)) if new.chosen is not None else None
    _require_alone(work, (new.funnel, button, new.kind), chosen, new.condition, by.packed)
    last_id = int(work.scalar(select(func.max(TABLES[new.kind].c.id))) or 0)
    [id_] = work.ids("mass_start", 1)
    work.execute(
        mass_start.insert().values(
            dict(
                zip(
                    _COLUMNS,
                    (
                        id_, new.funnel, button, new.kind, chosen, new.condition, new.per_minute, new.sample, there_are, last_id,
                        "sampling" if new.sample else "running", 0, 0, work.now, by.packed, work.now, False,
                    ),
                    strict=True,
                )
            )
        )
    )  # fmt: skip
    return found(work, [id_])[0]


def go_on(work: Work, id_: int, *, by: Actor) -> MassStart:
    """Let the others in: after the sample was looked at, after a trouble, or where it was aborted; a sample is made whole first.

    Raises:
        InvalidError: it goes on or is over, or was aborted long ago; the very same is under way; or the funnel lets nobody in
            through that button.
        NotFoundError: there is no such mass start.
    """
    row = lock_to_go_on(work, MASS_START, id_, by=by)
    if row.state == "aborted":
        _require_alone(work, (row.funnel, row.button, row.kind), row.chosen, row.condition, row.caused_by)
    button_of(work, row.funnel, row.button)
    require_open(work, row.funnel)
    state = "sampling" if row.started < row.sample else "running"
    return told(change_job(work, MASS_START, row, state=state, problem=None, due_at=work.now, ended_at=None))


def abort(work: Work, id_: int, *, by: Actor) -> MassStart:
    """Let nobody in any more; who is inside stays.

    Raises:
        InvalidError: it is over.
        NotFoundError: there is no such mass start.
    """
    row = lock_job(work, MASS_START, id_, {"sampling", "held", "running"}, by=by)
    return told(change_job(work, MASS_START, row, state="aborted", problem=None, ended_at=work.now))


def found(work: Work, ids: Sequence[int] | None = None) -> list[MassStart]:
    """Return those with these ids, or all, the newest first."""
    query = select(mass_start).order_by(mass_start.c.id.desc())
    rows = work.rows(query if ids is None else query.where(mass_start.c.id.in_(list(ids))))
    return [told(row) for row in rows]


def whom(
    work: Work, kind: Kind, chosen: Chosen, condition: Any, seen_by: Actor
) -> tuple[ColumnElement[bool], Mapping[str, Any]]:
    """Return the clause for those who are let in, with its values: those who are meant, unless they are in the archive.

    Raises:
        InvalidError: the condition cannot be asked of such records, or too many were chosen.
    """
    clause, values = meant(work, kind, chosen, condition, seen_by)
    return and_(clause, is_current(kind)), values


def _require_possible(work: Work, new: NewMassStart) -> str:
    """Refuse what cannot be carried out, and return the button."""
    if not 1 <= new.per_minute <= MOST_PER_MINUTE:
        raise InvalidError(_l("let in 1 to {limit} a minute", limit=MOST_PER_MINUTE))
    if not 0 <= new.sample <= MOST_IN_SAMPLE:
        raise InvalidError(_l("a sample has 0 to {limit}", limit=MOST_IN_SAMPLE))
    button = button_of(work, new.funnel, new.button)
    require_open(work, new.funnel)
    return button


def _require_alone(
    work: Work, where: tuple[str, str, str], chosen: Sequence[int] | None, condition: Any, caused_by: int
) -> None:
    """Refuse what is under way already; ``where`` is its funnel, button and kind.

    Who asks at the same moment waits for the funnel's row.
    """
    key, button, kind = where
    work.rows(select(funnel.c.id).where(funnel.c.key == key).with_for_update())
    of = mass_start.c
    query = select(of.id, of.chosen, of.condition, of.caused_by).where(
        of.funnel == key,
        of.button == button,
        of.kind == kind,
        of.state.in_(("sampling", "held", "running")),
    )
    for row in work.rows(query):
        if row.condition == condition and row.chosen == chosen and row.caused_by == caused_by:
            raise InvalidError(
                _l("mass start {id} lets the very same in already: wait for its end, or abort it", id=row.id)
            )


def _count(work: Work, table: Any, clause: ColumnElement[bool], values: Mapping[str, Any]) -> int:
    return int(work.scalar(select(func.count()).select_from(table).where(clause), values) or 0)


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
        row.chosen is not None,
        row.condition,
        row.is_cleared,
    )
