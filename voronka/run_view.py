"""Where runs are, in a terminal and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from engine.text import _l, _ln
from voronka.terminal import language, said

if TYPE_CHECKING:
    from rich.console import Console

    from funnels.runs import RunReport

_WIDEST: Final = 120
_NUMBERS: Final = 4


def plain(report: RunReport) -> dict[str, Any]:
    """Return a report for programs; moments are UTC in ISO 8601."""
    found = asdict(report)
    found["at"] = report.at.isoformat()
    found["next_due"] = report.next_due.isoformat() if report.next_due is not None else None
    return {**found, "idle": report.is_idle}


def show(console: Console, report: RunReport) -> None:
    """Print a report."""
    width = min(console.width, _WIDEST)
    table = _table(
        Column(said(_l("Funnel")), overflow="ellipsis", no_wrap=True, ratio=1),
        Column(said(_l("Entered")), justify="right", no_wrap=True),
        Column(said(_l("Inside")), justify="right", no_wrap=True),
        Column(said(_l("Left")), justify="right", no_wrap=True),
        Column(said(_l("Parked")), justify="right", no_wrap=True),
        width=width,
    )
    for one in report.funnels:
        parked = Text(str(one.parked), style="bold red") if one.parked else Text("·", style="dim")
        table.add_row(
            Text.assemble(one.key, ("  " + one.name, "dim")),
            _count(one.entered),
            _count(one.inside),
            _count(one.left),
            parked,
        )
    console.print(table)
    if report.parked:
        console.print(_stuck(report, width))
    console.print(Text.assemble("  ", _now(report)))


def _stuck(report: RunReport, width: int) -> Table:
    """Return the parked runs, those that stand at one node for one reason together."""
    alike: dict[tuple[str, str, str], list[int]] = {}
    for run in report.parked:
        alike.setdefault((run.funnel, run.node, said(run.message or run.code)), []).append(run.id)
    table = _table(
        Column(said(_l("Stands still at")), no_wrap=True, overflow="ellipsis", max_width=36),
        Column(said(_l("Because")), ratio=1),
        Column(said(_l("Runs")), max_width=26),
        width=width,
    )
    for (funnel, node, reason), ids in alike.items():
        numbers = " ".join(map(str, ids[:_NUMBERS])) + (
            " " + said(_l("and {count} more", count=len(ids) - _NUMBERS)) if len(ids) > _NUMBERS else ""
        )
        table.add_row(Text.assemble(funnel, (f" / {node}" if node else "", "bold")), Text(reason), numbers)
    return table


def _now(report: RunReport) -> str:
    parts = []
    if report.events:
        parts.append(said(_ln("{count} event to look at", "{count} events to look at", report.events)))
    if report.due:
        parts.append(said(_ln("{count} run to wake", "{count} runs to wake", report.due)))
    if not parts:
        parts.append(said(_l("Nothing is due")))
    if report.set_aside:
        parts.append(said(_ln("{count} event set aside", "{count} events set aside", report.set_aside)))
    if report.next_due is not None:
        parts.append(said(_l("the next timer {when}", when=_in(report.next_due - report.at))))
    if report.parked:
        parts.append(said(_l("`voronka run retry --parked` sets parked runs going")))
    return ", ".join(parts)


def _in(time: timedelta) -> str:
    from babel.dates import format_timedelta

    return format_timedelta(time, add_direction=True, locale=language())


def _table(*columns: Column, width: int) -> Table:
    return Table(*columns, box=SIMPLE_HEAD, width=width, header_style="dim", border_style="dim")


def _count(number: int) -> Text:
    return Text(str(number)) if number else Text("·", style="dim")
