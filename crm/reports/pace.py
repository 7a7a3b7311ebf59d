"""The report on the tempo of deals: how long closed ones took, by group, and how many took how long."""

from __future__ import annotations

from crm.reports.dimensions import dimensions
from crm.reports.lengths import Lengths
from crm.reports.narrowing import Narrowing
from crm.reports.outcomes import LOST, WON, in_order
from crm.reports.refusals import in_state, names, narrowed
from crm.reports.scope import Scope
from crm.reports.table import Cell, Column, Line, Report, Table, share
from crm.reports.tempo import BUCKETS, spread, took
from db.work import Work
from engine.text import LazyText, _l, _ln

_COLUMNS = (
    Column("closed", _l("Closed")),
    Column("half", _l("Half within"), "span", "accent"),
    Column("most", _l("Nine of ten within"), "span"),
    Column("mean", _l("On the average"), "span"),
    Column("won", _l("Won")),
    Column("won_half", _l("Half of the won within"), "span"),
    Column("lost", _l("Lost")),
    Column("lost_half", _l("Half of the lost within"), "span"),
)
_SPREAD = (
    Column("won", _l("Won"), tone="ok"),
    Column("lost", _l("Lost"), tone="bad"),
    Column("closed", _l("Closed")),
    Column("share", _l("Of all closed, %"), "share"),
)


def pace(work: Work, scope: Scope) -> Report:
    """Return the report.  At most seven statements beside those that look up names."""
    split = dimensions(work, scope, scope.asked.groups)
    everything, won, lost = took(work, scope, split), took(work, scope, split, WON), took(work, scope, split, LOST)
    base = scope.within_period()
    lines = tuple(
        _line(names(key), everything[key], won.get(key), lost.get(key), narrowed(base, key))
        for key in in_order(list(everything))
    )
    everybody = (
        (everything, won, lost) if not split else tuple(took(work, scope, (), state) for state in (None, WON, LOST))
    )
    whole, all_won, all_lost = (found.get(()) for found in everybody)
    total = _line((_l("All together"),), whole, all_won, all_lost, base)
    heads = tuple(one.title for one in split)
    table = Table(
        "tempo", _l("How long deals take"), heads, _COLUMNS, lines if split else (total,), total if split else None
    )
    return Report((table, _spread(work, scope)))


def _line(
    named: tuple[str, ...], every: Lengths | None, won: Lengths | None, lost: Lengths | None, narrowing: Narrowing
) -> Line:
    return Line(
        named,
        (
            Cell(every.number if every else 0, in_state(narrowing, "won", "lost")),
            Cell(every.half if every else None),
            Cell(every.most if every else None),
            Cell(every.mean if every else None),
            Cell(won.number if won else 0, in_state(narrowing, "won")),
            Cell(won.half if won else None),
            Cell(lost.number if lost else 0, in_state(narrowing, "lost")),
            Cell(lost.half if lost else None),
        ),
    )


def _spread(work: Work, scope: Scope) -> Table:
    found, base = spread(work, scope), scope.within_period()
    closed = sum(counts.total() for counts in found.values())

    def line(name: str, won: int, lost: int, narrowing: Narrowing) -> Line:
        return Line(
            (name,),
            (
                Cell(won, in_state(narrowing, "won")),
                Cell(lost, in_state(narrowing, "lost")),
                Cell(won + lost, in_state(narrowing, "won", "lost")),
                Cell(share(won + lost, closed)),
            ),
        )

    lines = [
        line(_in_words(first, last), found[place][WON], found[place][LOST], base.to("lasted", (_stretch(first, last),)))
        for place, (first, last) in enumerate(BUCKETS)
    ]
    won, lost = (sum(counts[state] for counts in found.values()) for state in (WON, LOST))
    total = line(_l("All together"), won, lost, base)
    return Table("spread", _l("How many took how long"), (_l("Days"),), _SPREAD, tuple(lines), total)


def _stretch(first: int, last: int | None) -> str:
    return f"{first}..{'' if last is None else last}"


def _in_words(first: int, last: int | None) -> LazyText:
    if last is None:
        return _l("{days} days and more", days=first)
    return _l("less than a day") if last == 0 else _ln("{first}–{count} day", "{first}–{count} days", last, first=first)
