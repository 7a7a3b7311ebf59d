"""What all changes of settings share: checked texts, values that stay, versions, uses, and the record of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Row, Table, select

from crm.access.actor import Actor
from crm.directory import settings_changed
from crm.errors import InvalidError, NotFoundError
from crm.journal import cause_of, journal
from crm.settings.errors import InUseError
from db.errors import StaleError
from db.work import Work
from engine.setting import ReferenceKind
from engine.text import LazyText, _l

LONGEST_NAME: Final = 120
LONGEST_TEXT: Final = 4000
T = TypeVar("T")


class Kept(Enum):
    """The type of ``KEPT``."""

    KEPT = "kept"


KEPT: Final = Kept.KEPT
"""Stands in a change for a value that stays as it is."""


class Refers(Protocol):
    """Knows which funnels and robots refer to a setting."""

    def __call__(self, kind: ReferenceKind, key: str, *, plan: str | None = None) -> Sequence[str]:
        """Return the places in words (``funnel welcome, block 5``); ``plan`` is the key of a stage's plan."""


def require_unused(
    kind: ReferenceKind, key: str, found: Sequence[str], refers: Refers | None, *, plan: str | None = None
) -> None:
    """Refuse to remove what is in use: ``found`` are places already known, ``refers`` may know more.

    Raises:
        InUseError: it is in use; the error says where.
    """
    places = (*found, *(refers(kind, key, plan=plan) if refers else ()))
    if places:
        raise InUseError(kind, key, places)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return only the values that shall change."""
    return {name: value for name, value in values.items() if value is not KEPT}


def chosen(new: T | Kept, old: T) -> T:
    """Return the new value, or the old one where it stays."""
    return old if isinstance(new, Kept) else new


def clean_name(text: str, what: LazyText, *, longest: int = LONGEST_NAME) -> str:
    """Return a name on one line without spaces around it.

    Raises:
        InvalidError: it is empty or too long.
    """
    name = " ".join(text.replace("\x00", "").split())
    if not name:
        raise InvalidError(_l("{what} is empty: write something", what=what))
    if len(name) > longest:
        raise InvalidError(_l("{what} is longer than {limit} characters: shorten it", what=what, limit=longest))
    return name


def clean_text(text: str, what: LazyText) -> str:
    """Return a text of several lines without spaces around it; it may be empty.

    Raises:
        InvalidError: it is too long.
    """
    text = text.replace("\x00", "").strip()
    if len(text) > LONGEST_TEXT:
        raise InvalidError(_l("{what} is longer than {limit} characters: shorten it", what=what, limit=LONGEST_TEXT))
    return text


def row_by_key(work: Work, table: Table, kind: str, key: str) -> Row[Any]:
    """Return the row with this key, locked until the end of the transaction.

    Raises:
        NotFoundError: there is none.
    """
    rows = work.rows(select(table).where(table.c.key == key).with_for_update())
    if not rows:
        raise NotFoundError(kind, key)
    row: Row[Any] = rows[0]
    return row


def check_version(kind: str, record_id: int, seen: int | None, stored: int) -> None:
    """Refuse a change made on an old view; ``seen`` ``None`` looks at none.

    Raises:
        StaleError: it was changed meanwhile.
    """
    if seen is not None and seen != stored:
        raise StaleError(kind, record_id)


def note(
    work: Work,
    what: str,
    key: str,
    action: str,
    record_id: int,
    by: Actor,
    more: Mapping[str, object] | None = None,
) -> None:
    """Let all caches read the settings again, and write the change into the journal; ``more`` says what changed."""
    note_many(work, what, [(key, record_id)], action, by, more)


def note_many(
    work: Work,
    what: str,
    things: Sequence[tuple[str, int]],
    action: str,
    by: Actor,
    more: Mapping[str, object] | None = None,
) -> None:
    """The same for several things, each with its key and id."""
    if not things:
        return
    settings_changed(work)
    events, cause = journal(work), cause_of(by)
    for key, record_id in things:
        events.add("config.changed", 0, record_id, {"what": what, "key": key, "action": action, **(more or {})}, cause)


def note_only(work: Work, what: str, key: str, action: str, record_id: int, by: Actor) -> None:
    """Write into the journal what changes nothing that caches keep: a password, a link."""
    journal(work).add("config.changed", 0, record_id, {"what": what, "key": key, "action": action}, cause_of(by))
