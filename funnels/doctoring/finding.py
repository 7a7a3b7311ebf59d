"""What the doctor finds, and how it asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, func, select

from db.work import Work

SAMPLE = 10
"""How many ids a finding names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that cannot be, or waits for a person.

    ``code`` is stable.  ``count`` says how many there are, ``ids`` names the first of them; ``message`` and ``hint`` are for
    people: what is wrong, and what to do.
    """

    code: str
    severity: Literal["error", "warning"]
    message: str
    hint: str
    count: int
    ids: tuple[int | str, ...]


Say = Callable[[int], str]


def found(
    work: Work,
    query: Select[Any],
    code: str,
    say: Say,
    hint: str,
    *,
    severity: Literal["error", "warning"] = "error",
) -> list[Finding]:
    """Return a finding where a query has rows; its first column names them.  One query where it has none, else two."""
    ids = [row[0] for row in work.rows(query.limit(SAMPLE + 1))]
    if not ids:
        return []
    count = len(ids) if len(ids) <= SAMPLE else int(work.scalar(select(func.count()).select_from(query.subquery())))
    return [Finding(code, severity, say(count), hint, count, tuple(ids[:SAMPLE]))]


def named(
    ids: Sequence[int | str],
    code: str,
    say: Say,
    hint: str,
    *,
    severity: Literal["error", "warning"] = "error",
) -> list[Finding]:
    """Return a finding about things that were found in memory; none for none."""
    if not ids:
        return []
    return [Finding(code, severity, say(len(ids)), hint, len(ids), tuple(ids[:SAMPLE]))]
