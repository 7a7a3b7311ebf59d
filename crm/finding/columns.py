"""The columns of a list that each person has chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from crm.access.actor import Actor, Viewer, oneself
from crm.errors import InvalidError
from crm.tables.finding import chosen_columns
from db.types import dumps
from db.work import Work
from engine.text import _l

MOST: Final = 40
_LONGEST: Final = 200


def columns_of(work: Work, list_: str, *, viewer: Viewer) -> tuple[str, ...] | None:
    """Return the columns that the viewer has chosen for a list, ``None`` where he has not.  One query."""
    own = (chosen_columns.c.user_id == viewer.user_id, chosen_columns.c.list == list_)
    rows = work.rows(select(chosen_columns.c.columns).where(*own))
    return tuple(rows[0].columns) if rows else None


def choose_columns(work: Work, list_: str, columns: Sequence[str] | None, *, by: Actor) -> None:
    """Keep the columns that whoever acts wants in a list, in order; ``None`` goes back to those of the list itself.

    Raises:
        InvalidError: there are none, or too many.
        NotAllowedError: it is no user who acts.
    """
    user_id = oneself(by)
    if columns is not None and not 0 < len(columns) <= MOST:
        raise InvalidError(_l("choose 1 to {limit} columns", limit=MOST))
    if len(list_) > _LONGEST or any(len(one) > _LONGEST for one in columns or ()):
        raise InvalidError(_l("the text is longer than {limit} characters: shorten it", limit=_LONGEST))
    work.delete(chosen_columns, ("user_id", "list"), [(user_id, list_)])
    if columns is not None:
        row = (user_id, list_, dumps(list(dict.fromkeys(columns))))
        work.insert(chosen_columns, ("user_id", "list", "columns"), [row])
