"""Repeated requests: what was answered is kept for some time, and answered again instead of being done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, select

from crm.tables.ways import idempotency
from db.insert_new import insert_new
from db.sets import in_set
from db.types import dumps
from db.work import Work

KEPT: Final = timedelta(hours=48)
"""How long answers are kept at most."""
_RESERVED: Final = 0
_COLUMNS: Final = ("scope", "key", "body_hash", "status", "answer", "at")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given: the hash of what was asked, the status, and the answer itself."""

    body_hash: str
    status: int
    answer: Any
    at: datetime


def reserve(work: Work, scope: str, asked: Mapping[str, str], *, within: timedelta) -> dict[str, Kept]:
    """Return the answers that are known, by key; the other keys are this transaction's now, and ``keep`` must follow.

    ``asked`` holds the hash of each request by its key.  Whoever asks the same at this moment waits until this transaction ends.
    At most four statements, whatever the number.
    """
    known = _known(work, scope, asked)
    old = [key for key, one in known.items() if work.now - one.at > within]
    if old:
        work.delete(idempotency, ("scope", "key"), [(scope, key) for key in old])
    rows = sorted(
        (scope, key, body_hash, _RESERVED, None, work.stored(work.now))
        for key, body_hash in asked.items()
        if key not in known or key in old
    )
    if not insert_new(work, idempotency, _COLUMNS, rows):
        known, old = _known(work, scope, asked), []
    return {key: one for key, one in known.items() if key not in old and one.status != _RESERVED}


def keep(work: Work, scope: str, answers: Iterable[tuple[str, int, object]]) -> None:
    """Keep answers: key, status (not 0), and the answer as JSON.  One statement."""
    rows = [(scope, key, status, dumps(answer)) for key, status, answer in answers]
    work.update(idempotency, ("scope", "key"), ("status", "answer"), rows)


def forget(work: Work) -> int:
    """Remove answers that nobody can ask for any more; returns how many."""
    return work.execute(idempotency.delete().where(idempotency.c.at < work.now - KEPT))


def _known(work: Work, scope: str, keys: Iterable[str]) -> dict[str, Kept]:
    rows: Sequence[Any] = work.rows(_QUERY, {"scope": scope, "keys": list(keys)})
    return {row.key: Kept(row.body_hash, row.status, row.answer, row.at) for row in rows}


_QUERY = select(idempotency).where(idempotency.c.scope == bindparam("scope"), in_set(idempotency.c.key, "keys"))
