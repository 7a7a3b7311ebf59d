"""How somebody looks at a plan: which columns he folded, what his cards show, his filter; kept for the next time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, bindparam, select

from crm.access.actor import Actor, Viewer, oneself
from crm.access.viewers import team_of
from crm.directory import Directory, Plan, Stage, directory
from crm.errors import InvalidError
from crm.tables.accounts import board_view
from db.insert_new import insert_new
from db.work import Work
from engine.text import _l

Mode = Literal["board", "list"]

PARTS: Final = ("contact", "amount", "task", "tags", "owner", "age", "created")
"""What a card may show beside its title; custom fields of deals are ``field.<key>``."""
USUAL: Final = ("contact", "amount", "task", "tags", "owner", "age")
LONGEST_QUERY: Final = 2000
MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class BoardView:
    """A user's view of a plan.  ``query`` is the filter as an address holds it; ``folds`` has what he chose himself."""

    mode: Mode = "board"
    query: str = ""
    folds: Mapping[str, bool] = field(default_factory=dict)
    shows: tuple[str, ...] = USUAL


@dataclass(frozen=True, slots=True)
class ViewChange:
    """What to keep; ``None`` stays as it is.  ``folds`` are added to those known; empty ``shows`` are the usual again."""

    mode: Mode | None = None
    query: str | None = None
    folds: Mapping[str, bool] | None = None
    shows: Sequence[str] | None = None


def board_view_of(work: Work, plan: Plan, *, viewer: Viewer) -> BoardView:
    """Return how the viewer looks at a plan; the usual where he never chose.  One statement."""
    rows = work.rows(_VIEW, {"user": viewer.user_id, "plan": plan.id})
    if not rows:
        return BoardView()
    row = rows[0]
    known = tuple(path for path in row.shows or USUAL if _is_known(directory(work), path))
    return BoardView(row.mode, row.query, row.folds, known)


def is_folded(settings: Directory, stage: Stage, view: BoardView, *, viewer: Viewer) -> bool:
    """True where a column is folded: as its person left it, else as the stage says, or where another team works there."""
    chosen = view.folds.get(stage.key)
    return chosen if chosen is not None else stage.is_folded or _is_of_others(settings, stage, viewer)


def _is_of_others(settings: Directory, stage: Stage, viewer: Viewer) -> bool:
    leader = settings.users.get(stage.team_id) if stage.team_id is not None else None
    if leader is None or viewer.owner_ids is None:
        return False
    return viewer.user_id != leader.id and viewer.user_id not in team_of(settings, leader)


def keep_view(work: Work, plan_key: str, change: ViewChange, *, by: Actor) -> None:
    """Keep how somebody looks at a plan.  Four statements at most.

    Raises:
        NotFoundError: there is no such plan.
        NotAllowedError: boards are looked at by users, each for himself.
        InvalidError: a card cannot show something named, or the filter is too long to be kept.
    """
    mine = oneself(by)
    settings = directory(work)
    plan = settings.plan(plan_key)
    for path in change.shows or ():
        if not _is_known(settings, path):
            raise InvalidError(_l("a card cannot show “{path}”", path=path))
    if change.query is not None and len(change.query) > LONGEST_QUERY:
        raise InvalidError(_l("the filter is too long to be kept"))
    whose = {"user": mine, "plan": plan.id}
    if not work.rows(_VIEW, whose):
        insert_new(work, board_view, _COLUMNS, [(mine, plan.id, "board", "", "{}")])
    [row] = work.rows(_VIEW.with_for_update(), whose)
    values: dict[str, Any] = {}
    if change.mode is not None:
        values["mode"] = change.mode
    if change.query is not None:
        values["query"] = change.query
    if change.folds:
        folds = {**row.folds, **change.folds}
        values["folds"] = {key: folded for key, folded in folds.items() if key in plan.by_key}
    if change.shows is not None:
        values["shows"] = list(dict.fromkeys(change.shows))[:MOST_SHOWN] or None
    if values:
        work.execute(
            board_view.update().where(board_view.c.user_id == mine, board_view.c.plan_id == plan.id).values(**values)
        )


def may_show(settings: Directory) -> list[str]:
    """Return everything that a card may show: its parts, then the custom fields of deals in the order they were made."""
    own = sorted((one for one in settings.fields.values() if one.record_kind == "deal"), key=lambda one: one.id)
    return [*PARTS, *(f"field.{one.key}" for one in own)]


def _is_known(settings: Directory, path: str) -> bool:
    return path in PARTS or (("deal", path.removeprefix("field.")) in settings.fields and path.startswith("field."))


_COLUMNS: Final = ("user_id", "plan_id", "mode", "query", "folds")
_VIEW = select(board_view.c.mode, board_view.c.query, board_view.c.folds, board_view.c.shows).where(
    board_view.c.user_id == bindparam("user", type_=BigInteger),
    board_view.c.plan_id == bindparam("plan", type_=BigInteger),
)
