"""What became of deals: open, won and lost with their sums, by any dimensions; everything else is made of these counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select

from crm.directory import Directory
from crm.reports.dimensions import Dimension, Group, supervisor_of
from crm.reports.scope import Scope
from crm.tables.journal import stage_total
from crm.tables.records import deal
from db.work import Work

OPEN, WON, LOST = 0, 1, 2
STATES: Final = ("open", "won", "lost")
"""Names of the states, as filters have them, by the number that deals keep."""

Key = tuple[Group, ...]


@dataclass(slots=True)
class Outcome:
    """Deals of one group: their number by state; sums in minor units, and numbers, by state and currency; lost ones by reason."""

    deals: Counter[int] = field(default_factory=Counter)
    sums: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    numbers: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    reasons: Counter[Group] = field(default_factory=Counter)
    reason_sums: dict[Group, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def closed(self) -> int:
        """The number of won and lost ones."""
        return self.deals[WON] + self.deals[LOST]

    @property
    def all(self) -> int:
        """The number of all."""
        return self.deals.total()

    def add(self, state: int, currency: str, deals: int, amount: int, reason: Group | None = None) -> None:
        """Count deals."""
        self.deals[state] += deals
        self.sums[state][currency] += amount
        self.numbers[state][currency] += deals
        if reason is not None:
            self.reasons[reason] += deals
            self.reason_sums[reason][currency] += amount

    def average(self, state: int) -> dict[str, int]:
        """Return what a deal of a state is worth on the average, by currency."""
        return {
            currency: round(amount / self.numbers[state][currency]) for currency, amount in self.worth(state).items()
        }

    def worth(self, state: int) -> dict[str, int]:
        """Return the sums of a state, without those of nothing."""
        return positive(self.sums[state])


def positive(sums: Counter[str]) -> dict[str, int]:
    """Return sums in order of currency, without those of nothing."""
    return {currency: amount for currency, amount in sorted(sums.items()) if amount}


def outcomes(
    work: Work,
    scope: Scope,
    split: Sequence[Dimension],
    *,
    reason_of: Callable[[Any, str | None], Group] | None = None,
    timed: bool = True,
) -> dict[Key, Outcome]:
    """Return what became of the deals of a scope, split group.  One statement.

    By the day of closing only closed deals count; by the day of creation all do.  ``reason_of`` splits the lost ones by reason.
    """
    query = _query(scope, split, with_reasons=reason_of is not None, timed=timed)
    found: dict[Key, Outcome] = defaultdict(Outcome)
    width = len(split)
    rows = work.rows(query)
    spelled: dict[tuple[int, Any], str] = {}
    for row in rows:
        for place, (raw, spelling) in enumerate(zip(row[:width], row[width : 2 * width], strict=True)):
            spelled[place, raw] = max(spelling or "", spelled.get((place, raw), ""))
    for row in rows:
        state, currency, reason, deals, amount = row[2 * width :]
        raws = enumerate(zip(split, row[:width], strict=True))
        key = tuple(one.group(raw, spelled[place, raw]) for place, (one, raw) in raws)
        why = reason_of(reason, None) if state == LOST and reason_of is not None else None
        found[key].add(state, currency, deals, int(amount), why)
    return dict(found)


def _query(scope: Scope, split: Sequence[Dimension], *, with_reasons: bool, timed: bool) -> Select[Any]:
    groups = [one.column.label(f"group{place}") for place, one in enumerate(split)]
    spellings = [
        (one.spelling if one.spelling is not None else func.min(deal.c.currency)).label(f"spelling{place}")
        for place, one in enumerate(split)
    ]
    reason = deal.c.loss_reason_id if with_reasons else func.min(deal.c.loss_reason_id)
    query = select(
        *groups, *spellings, deal.c.state, deal.c.currency, reason, func.count(), func.sum(deal.c.amount)
    ).select_from(deal)
    for one in split:
        query = one.joined(query)
    query = query.where(*scope.where(timed=timed))
    if timed and scope.asked.basis == "closed":
        query = query.where(deal.c.closed_at.is_not(None))
    reasons = [deal.c.loss_reason_id] if with_reasons else []
    return query.group_by(*(one.column for one in split), deal.c.state, deal.c.currency, *reasons)


def kept_ready(scope: Scope, split: Sequence[Dimension]) -> bool:
    """True where the counts that are kept ready for boards answer: no period, and nothing but plans and people."""
    return scope.days.is_all and all(one.key in ("plan", "owner", "supervisor") for one in split)


def outcomes_kept(work: Work, settings: Directory, scope: Scope, split: Sequence[Dimension]) -> dict[Key, Outcome]:
    """Return the same without reasons from the counts that are kept ready: open deals too, whatever the basis.  One statement."""
    owner_id, plan_id = stage_total.c.owner_id, stage_total.c.plan_id
    query = select(
        plan_id, stage_total.c.stage_id, owner_id, stage_total.c.currency, func.sum(stage_total.c.deals),
        func.sum(stage_total.c.amount),
    ).group_by(plan_id, stage_total.c.stage_id, owner_id, stage_total.c.currency)  # fmt: skip
    viewer = scope.viewer
    if viewer.owner_ids is not None:
        nobodys = and_(owner_id == 0, plan_id.in_(sorted(viewer.plan_ids or ())))
        query = query.where(or_(owner_id.in_(sorted(viewer.owner_ids)), nobodys))
    if scope.plan_ids is not None:
        query = query.where(plan_id.in_(scope.plan_ids))
    if scope.owner_ids is not None:
        query = query.where(owner_id.in_(scope.owner_ids))
    found: dict[Key, Outcome] = defaultdict(Outcome)
    for plan, stage_id, owner, currency, deals, amount in work.rows(query):
        stage = settings.stages.get(stage_id)
        if stage is None or not (deals or amount):
            continue
        raws = {"plan": plan, "owner": owner or None, "supervisor": supervisor_of(settings, owner or None)}
        key = tuple(one.group(raws[one.key], None) for one in split)
        found[key].add(stage.state, currency, int(deals), int(amount))
    return dict(found)


def summed(found: dict[Key, Outcome]) -> Outcome:
    """Return all groups as one."""
    whole = Outcome()
    for one in found.values():
        whole.deals += one.deals
        for state, sums in one.sums.items():
            whole.sums[state] += sums
            whole.numbers[state] += one.numbers[state]
        whole.reasons += one.reasons
        for reason, sums in one.reason_sums.items():
            whole.reason_sums[reason] += sums
    return whole


def in_order(keys: Sequence[Key]) -> list[Key]:
    """Return groups in the order in which they are shown: by their own order, then by name."""
    return sorted(keys, key=lambda key: [(one.order, str(one.name).casefold()) for one in key])
