"""Where people and programs act from: the session of a browser, or the key of a program, and the address."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from sqlalchemy import func, select

from crm.tables.journal import origin
from db.work import Work

_REMEMBERED: Final = 5_000
_COLUMNS: Final = ("id", "kind", "source_id", "address", "browser", "at")


class Origin(NamedTuple):
    """Where somebody acts from.

    ``kind`` is ``session`` or ``key`` (``source_id`` is its id), ``stranger`` (not signed in), or ``line`` (the command line;
    ``address`` is the user and the machine then).
    """

    kind: Literal["session", "key", "stranger", "line"]
    source_id: int
    address: str
    browser: str = ""


def come_from(work: Work, whence: Origin | None) -> None:
    """Say where this transaction is made from; the journal keeps it with what people and programs do."""
    if whence is not None:
        work.memo["origin"] = whence
        work.memo.pop("origin_id", None)


def origin_id(work: Work) -> int | None:
    """Return the id of where this transaction is made from, ``None`` where nobody said.

    Nothing is asked for what this process has met before; else a query, and what is new is written with the rest.
    """
    whence: Origin | None = work.memo.get("origin") or work.database.cache.get("origin")
    if whence is None:
        return None
    known: dict[Origin, int] = work.database.cache.setdefault("origins", {})
    found = known.get(whence) or work.memo.get("origin_id")
    if found is not None:
        return int(found)
    query = select(func.min(origin.c.id)).where(
        origin.c.kind == whence.kind,
        origin.c.source_id == whence.source_id,
        origin.c.address == whence.address[:200],
        origin.c.browser == whence.browser[:200],
    )
    id_ = work.scalar(query)
    if id_ is None:
        [id_] = work.ids("origin", 1)
        at = work.stored(work.now)
        values = (id_, whence.kind, whence.source_id, whence.address[:200], whence.browser[:200], at)
        work.insert(origin, _COLUMNS, [values])
    work.memo["origin_id"] = id_

    def remember() -> None:
        if len(known) >= _REMEMBERED:
            known.clear()
        known[whence] = id_

    work.after_commit(remember)
    return int(id_)
