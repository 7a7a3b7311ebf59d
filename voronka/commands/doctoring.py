"""``voronka doctor`` and ``voronka health``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l
from voronka.commands.panels import OPERATE
from voronka.terminal import INCOMPLETE, done, out, print_json, said, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from funnels.doctoring.finding import Finding
    from funnels.vitals import Vitals


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "doctor",
        rich_help_panel=OPERATE,
        help=said(_l("Look for what cannot be: runs that nobody will wake, wrong counts, effects made twice.")),
    )(_doctor)
    app.command(
        "health",
        rich_help_panel=OPERATE,
        help=said(_l("Say what runs and what does not: who leads, who works, how late the oldest work is.")),
    )(_health)


def _doctor(
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help=said(_l("Count everything again and check every link; reads all tables.")))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))] = False,
) -> None:
    from funnels.doctor import examine
    from voronka.opening import opened

    with opened() as database, database.reading() as work:
        findings = examine(work, deep=deep)
    if as_json:
        print_json([_plain(one) for one in findings])
    elif findings:
        _show(findings)
    else:
        done(_l("all is well"))
    if any(one.severity == "error" for one in findings):
        raise typer.Exit(INCOMPLETE)


def _health(
    *,
    of: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help=said(_l("Only whether a worker, scheduler, web or serve of this machine lives; for health checks.")),
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))] = False,
) -> None:
    from db.processes import KINDS
    from funnels.health import signs
    from funnels.vitals import vitals
    from voronka.opening import opened

    if of is not None and of not in KINDS:
        raise typer.BadParameter(said(_l("--of is one of {kinds}", kinds=", ".join(KINDS))))
    with opened() as database, database.reading() as work:
        seen = vitals(work)
    if of is not None:
        _one_kind(of, seen)
        return
    found = signs(seen)
    if as_json:
        print_json(
            {
                "processes": [
                    {
                        "kind": one.kind,
                        "host": one.host,
                        "pid": one.pid,
                        "version": one.version,
                        "is_alive": one.is_alive,
                        "silent_seconds": one.silent.total_seconds(),
                    }
                    for one in seen.processes
                ],
                "leader": seen.leader if not seen.led_ago else None,
                "signs": [
                    {
                        "code": one.code,
                        "severity": one.severity,
                        "message": said(one.message),
                        "hint": said(one.hint),
                    }
                    for one in found
                ],
            }
        )
    elif found:
        for one in found:
            _say(one.severity, said(one.message), one.code, said(one.hint))
    else:
        done(_l("all is well"))
    if seen.processes and not as_json:
        out().print(_who_works(seen))
    if any(one.severity == "error" for one in found):
        raise typer.Exit(INCOMPLETE)


def _who_works(seen: Vitals) -> Table:
    from rich import box
    from rich.table import Table

    from funnels.health import length, name_of

    table = Table(box=box.SIMPLE_HEAD, header_style="dim", border_style="dim", pad_edge=False)
    for heading in (_l("Process"), _l("Release"), _l("Last seen")):
        table.add_column(said(heading))
    for one in seen.processes:
        name = said(name_of(one)) + (" " + said(_l("(leads)")) if seen.leads(one) else "")
        table.add_row(name, one.version, said(length(one.silent)))
    return table


def _one_kind(kind: str, seen: Vitals) -> None:
    """End with 1 where no process of a kind lives on this machine."""
    import socket

    here = socket.gethostname()
    if not any(one.is_alive for one in seen.processes if (one.kind, one.host) == (kind, here)):
        warn(_l("no living {kind} on {host}", kind=kind, host=here))
        raise typer.Exit(INCOMPLETE)


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "count": finding.count,
        "ids": list(finding.ids),
        "message": said(finding.message),
        "hint": said(finding.hint),
    }


def _show(findings: Sequence[Finding]) -> None:
    for one in findings:
        named = ", ".join(str(id_) for id_ in one.ids) + ("…" if one.count > len(one.ids) else "")
        _say(one.severity, said(one.message), f"{one.code}: {named}", said(one.hint))


def _say(severity: str, message: str, about: str, hint: str) -> None:
    from rich.text import Text

    mark, style = ("✗", "bold red") if severity == "error" else ("!", "yellow")
    out().print(Text.assemble((f"{mark} ", style), message, (f"  {about}", "dim")), soft_wrap=True)
    out().print(Text(f"  {hint}", style="italic"), soft_wrap=True)
