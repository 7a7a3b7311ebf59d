"""Repeated requests: what was answered is kept for some time, and answered again instead of being done again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, select

from crm.tables.ways import idempotency
from db.insert_new import insert_new
from db.sets import in_set
from db.types import dumps
from db.work import Work
from voronka_error import VoronkaError

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


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be done once: its key, where it has one, the hash of all that it asks, and what that is."""

    key: str | None
    body_hash: str
    asked: Any


Given = tuple[int, Any]
"""An answer: its status, and what it says as JSON has it."""


class UsedKeyError(VoronkaError):
    """A key that was used for something else."""

    code = "idempotency_key_used"


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


def release(work: Work, scope: str, keys: Iterable[str]) -> None:
    """Give up keys that this transaction reserved, for what was refused.  One statement."""
    work.delete(idempotency, ("scope", "key"), [(scope, key) for key in keys])


def answer_all(
    work: Work,
    scope: str,
    calls: Sequence[Call],
    do: Callable[[list[Any]], Sequence[Given | Exception]],
    *,
    within: timedelta,
) -> list[Given | Exception]:
    """Do calls of one program together, each once; one answer per call, in order: what was given, or why it was refused.

    Where a key comes twice the second hears what the first heard, unless that was refused: then it is done itself.
    """
    firsts = {call.key: call.body_hash for call in reversed(calls) if call.key is not None}
    told = reserve(work, scope, firsts, within=within) if firsts else {}
    kept = {key: (one.body_hash, (one.status, one.answer)) for key, one in told.items()}
    answers: list[Given | Exception | None] = [None] * len(calls)
    new: dict[str, int] = {}
    pending = list(range(len(calls)))
    while pending:
        now: dict[str | None, list[int]] = {}
        later = []
        for number in pending:
            key = calls[number].key
            if key is not None and key in kept:
                body_hash, given = kept[key]
                answers[number] = given if body_hash == calls[number].body_hash else UsedKeyError()
            elif key is not None and key in now:
                later.append(number)
            else:
                now.setdefault(key, []).append(number)
        numbers = [number for several in now.values() for number in several]
        for number, found in zip(
            numbers, do([calls[number].asked for number in numbers]) if numbers else (), strict=True
        ):
            answers[number] = found
            key = calls[number].key
            if key is not None and not isinstance(found, Exception):
                kept[key] = (calls[number].body_hash, found)
                new[key] = number
        pending = later
    keep(work, scope, [(key, *kept[key][1]) for key in new])
    others = [(scope, key, calls[number].body_hash) for key, number in new.items() if kept[key][0] != firsts[key]]
    work.update(idempotency, ("scope", "key"), ("body_hash",), others)
    release(work, scope, [key for key in firsts if key not in kept])
    return [answer for answer in answers if answer is not None]


def forget(work: Work) -> int:
    """Remove answers that nobody can ask for any more; returns how many."""
    return work.execute(idempotency.delete().where(idempotency.c.at < work.now - KEPT))


def _known(work: Work, scope: str, keys: Iterable[str]) -> dict[str, Kept]:
    rows: Sequence[Any] = work.rows(_QUERY, {"scope": scope, "keys": list(keys)})
    return {row.key: Kept(row.body_hash, row.status, row.answer, row.at) for row in rows}


_QUERY = select(idempotency).where(idempotency.c.scope == bindparam("scope"), in_set(idempotency.c.key, "keys"))
