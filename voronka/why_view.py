"""Why a record started nothing, in a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from engine.text import _l, _ln
from voronka.terminal import said

if TYPE_CHECKING:
    from rich.console import Console

    from funnels.why import Refused, Why


def plain(found: Why) -> dict[str, Any]:
    """Return it for programs; moments are UTC in ISO 8601."""
    return {
        "refused": [
            {
                "funnel": one.funnel.key,
                "node": one.node,
                "at": one.at.isoformat(),
                "event": one.kind,
                "code": one.code,
                "reason": str(one.message),
                "condition": str(one.first.text) if one.first is not None else None,
                "times": one.times,
            }
            for one in found.refused
        ],
        "inside": [
            {"run": one.run_id, "funnel": one.funnel.key, "nodes": list(one.nodes), "is_parked": one.is_parked,
             "until": one.until.isoformat() if one.until is not None else None, "awaits": list(one.awaits)}
            for one in found.inside
        ],
        "ended": [{"run": one.run_id, "funnel": one.funnel.key, "outcome": one.outcome} for one in found.ended],
        "watching": [one.key for one in found.watching],
        "idle": [one.key for one in found.idle],
        "unseen": found.unseen,
    }  # fmt: skip


def show(console: Console, found: Why) -> None:
    """Print it."""
    if found.refused:
        table = Table(
            Column(said(_l("Did not start"))), Column(said(_l("Because")), ratio=1), Column(said(_l("When")), no_wrap=True),
            box=SIMPLE_HEAD, header_style="dim", border_style="dim",
        )  # fmt: skip
        for one in found.refused:
            table.add_row(
                Text.assemble(one.funnel.key, (f" / {one.node}", "bold")), _reason(one), f"{one.at:%Y-%m-%d %H:%M}"
            )
        console.print(table)
    for run in found.inside:
        where = ", ".join(run.nodes)
        stands = _l("run {run} is in {funnel} at {node}", run=run.run_id, funnel=run.funnel.key, node=where)
        parked = _l("run {run} stands still in {funnel} at {node}: {error}", run=run.run_id, funnel=run.funnel.key,
                    node=where, error=run.error)  # fmt: skip
        console.print("  " + said(parked if run.is_parked else stands), markup=False)
    for over in found.ended:
        ended = _l("run {run} has ended in {funnel}", run=over.run_id, funnel=over.funnel.key)
        console.print("  " + said(ended), markup=False)
    if found.unseen:
        unseen = _ln("{count} event waits for a worker", "{count} events wait for a worker", found.unseen)
        console.print("  " + said(unseen), markup=False)
    if found.idle:
        names = ", ".join(one.key for one in found.idle)
        console.print("  " + said(_l("switched off: {funnels}", funnels=names)), markup=False)
    if not (found.refused or found.inside or found.ended or found.unseen):
        console.print("  " + said(_l("no trigger has looked at it")), markup=False)


def _reason(one: Refused) -> str:
    reason = said(one.first.text) if one.first is not None else said(one.message)
    times = said(_ln("{count} time", "{count} times", one.times)) if one.times > 1 else ""
    return f"{reason}, {times}" if times else reason
