"""Counts and sums per stage: every transaction appends its difference, the tick folds differences together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select, text

from crm.tables.journal import stage_total
from db.work import Work

_COLUMNS = ("plan_id", "stage_id", "owner_id", "currency", "deals", "amount")


class Totals:
    """What one transaction changes in counts and sums, written as one row per stage, owner and currency at its end."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._changes: dict[tuple[int, int, int, str], list[int]] = defaultdict(lambda: [0, 0])
        work.before_commit(self._write)

    def add(self, plan_id: int, stage_id: int, owner_id: int | None, currency: str, amount: int, *, deals: int) -> None:
        """Count ``deals`` (+1 came, -1 left) and their ``amount`` (signed alike by the caller's ``deals``)."""
        change = self._changes[plan_id, stage_id, owner_id or 0, currency]
        change[0] += deals
        change[1] += amount * deals

    def add_opened(
        self, plan_id: int, stage_id: int, owner_id: int | None, currency: str, amounts: Sequence[int]
    ) -> None:
        """Count deals that came, one for each of ``amounts``."""
        change = self._changes[plan_id, stage_id, owner_id or 0, currency]
        change[0] += len(amounts)
        change[1] += sum(amounts)

    def _write(self) -> None:
        changes = [(*key, *change) for key, change in self._changes.items() if change != [0, 0]]
        self._changes.clear()
        self._work.insert(stage_total, _COLUMNS, changes)


def totals(work: Work) -> Totals:
    """Return the transaction's totals."""
    found: Totals | None = work.memo.get("totals")
    if found is None:
        found = work.memo["totals"] = Totals(work)
    return found


def compact(work: Work) -> int:
    """Fold the differences of all stages together; returns how many rows went.  Safe beside writers: they only append."""
    if not work.is_sqlite:
        work.execute(text("select pg_advisory_xact_lock(7001)"))
    last = work.scalar(select(func.max(stage_total.c.id)))
    # Taken away and read in one statement: a row that commits at this moment is in both or in neither.
    gone = work.rows(
        stage_total.delete()
        .where(stage_total.c.id <= (last or 0))
        .returning(*(stage_total.c[name] for name in _COLUMNS))
    )
    sums: dict[tuple[int, int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for *key, deals, amount in gone:
        change = sums[tuple(key)]
        change[0] += deals
        change[1] += amount
    work.insert(stage_total, _COLUMNS, [(*key, *change) for key, change in sums.items() if change != [0, 0]])
    return len(gone)
