"""The report by refusal reasons: won and lost by plan and manager, and how often each reason was given."""

from __future__ import annotations

from collections.abc import Sequence

from crm.reports.dimensions import Dimension, Group, dimensions, reasons
from crm.reports.narrowing import Narrowing
from crm.reports.outcomes import LOST, WON, Key, Outcome, in_order, outcomes, positive, summed
from crm.reports.scope import Scope
from crm.reports.table import Cell, Column, Line, Report, Table, Tone, share
from db.work import Work
from engine.text import _l

_TONES: tuple[Tone, ...] = ("1", "2", "3", "4", "5", "6", "7", "8")


def refusals(work: Work, scope: Scope) -> Report:
    """Return the report.  At most two statements beside those that look up names."""
    split = dimensions(work, scope, scope.asked.groups)
    reason_of = reasons(work)
    found = outcomes(work, scope, split, reason_of=reason_of)
    whole = summed(found)
    is_overlapping = any(one.is_overlapping for one in split)
    if is_overlapping:
        whole = summed(outcomes(work, scope, (), reason_of=reason_of))
    ordered = sorted(whole.reasons, key=lambda one: (one.order, -whole.reasons[one], str(one.name).casefold()))
    keys = in_order(list(found)) if split else []
    tables = [
        _outcomes(scope, split, keys, found, whole, is_overlapping=is_overlapping),
        _reasons(scope, ordered, whole),
    ]
    if split:
        tables.append(_matrix(scope, split, keys, found, whole, ordered, is_overlapping=is_overlapping))
    return Report(tuple(tables))


def narrowed(narrowing: Narrowing, key: Key) -> Narrowing:
    """Return a filter narrowed to a group of every dimension."""
    for one in key:
        narrowing = one.of(narrowing)
    return narrowing


def in_state(narrowing: Narrowing, *states: str) -> Narrowing:
    """Return a filter narrowed to open, won or lost deals."""
    return narrowing.to("state", states)


def names(key: Key) -> tuple[str, ...]:
    """Return the names of the groups."""
    return tuple(one.name for one in key)


def _outcomes(
    scope: Scope,
    split: Sequence[Dimension],
    keys: Sequence[Key],
    found: dict[Key, Outcome],
    whole: Outcome,
    *,
    is_overlapping: bool,
) -> Table:
    columns = (
        Column("closed", _l("Closed")),
        Column("won", _l("Won"), tone="ok"),
        Column("won_share", _l("Won, %"), "share"),
        Column("lost", _l("Lost"), tone="bad"),
        Column("lost_share", _l("Lost, %"), "share"),
        Column("won_sum", _l("Won for"), "sums"),
        Column("lost_sum", _l("Lost worth"), "sums"),
    )
    base = scope.within_period()

    def line(named: tuple[str, ...], one: Outcome, narrowing: Narrowing) -> Line:
        closed, won, lost = (in_state(narrowing, *states) for states in (("won", "lost"), ("won",), ("lost",)))
        return Line(
            named,
            (
                Cell(one.closed, closed),
                Cell(one.deals[WON], won),
                Cell(share(one.deals[WON], one.closed)),
                Cell(one.deals[LOST], lost),
                Cell(share(one.deals[LOST], one.closed)),
                Cell(one.worth(WON), won),
                Cell(one.worth(LOST), lost),
            ),
        )

    lines = [line(names(key), found[key], narrowed(base, key)) for key in keys]
    heads = tuple(one.title for one in split)
    total = line((_l("All together"),), whole, base)
    return Table(
        "outcomes",
        _l("Won and lost"),
        heads,
        columns,
        tuple(lines or [total]),
        total if lines else None,
        is_overlapping,
    )


def _reasons(scope: Scope, ordered: Sequence[Group], whole: Outcome) -> Table:
    columns = (
        Column("lost", _l("Lost"), tone="bad"),
        Column("share", _l("Of all lost, %"), "share"),
        Column("sum", _l("Lost worth"), "sums"),
    )
    lost = in_state(scope.within_period(), "lost")

    def line(name: str, deals: int, sums: dict[str, int], narrowing: Narrowing) -> Line:
        cells = Cell(deals, narrowing), Cell(share(deals, whole.deals[LOST])), Cell(sums, narrowing)
        return Line((name,), cells)

    lines = [
        line(one.name, whole.reasons[one], positive(whole.reason_sums[one]), one.of(lost)) for one in ordered
    ]  # fmt: skip
    total = line(_l("All together"), whole.deals[LOST], whole.worth(LOST), lost)
    return Table("reasons", _l("Reasons of refusal"), (_l("Reason"),), columns, tuple(lines), total)


def _matrix(
    scope: Scope,
    split: Sequence[Dimension],
    keys: Sequence[Key],
    found: dict[Key, Outcome],
    whole: Outcome,
    ordered: Sequence[Group],
    *,
    is_overlapping: bool,
) -> Table:
    lost = in_state(scope.within_period(), "lost")
    columns = [Column("lost", _l("Lost"))]
    columns += [
        Column(f"reason{place}", one.name, tone=_TONES[place % len(_TONES)]) for place, one in enumerate(ordered)
    ]

    def line(named: tuple[str, ...], one: Outcome, narrowing: Narrowing) -> Line:
        cells = [Cell(one.deals[LOST], narrowing)]
        cells += [Cell(one.reasons[reason], reason.of(narrowing)) for reason in ordered]
        return Line(named, tuple(cells))

    lines = tuple(line(names(key), found[key], narrowed(lost, key)) for key in keys if found[key].deals[LOST])
    heads = tuple(one.title for one in split)
    total = line((_l("All together"),), whole, lost)
    return Table("who", _l("Reasons by group"), heads, tuple(columns), lines, total, is_overlapping)
