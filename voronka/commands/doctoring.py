"""``voronka doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l
from voronka.commands.panels import OPERATE
from voronka.terminal import INCOMPLETE, done, out, print_json, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnels.doctoring.finding import Finding


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "doctor",
        rich_help_panel=OPERATE,
        help=said(_l("Look for what cannot be: runs that nobody will wake, wrong counts, effects made twice.")),
    )(_doctor)


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
    from rich.text import Text

    for one in findings:
        mark, style = ("✗", "bold red") if one.severity == "error" else ("!", "yellow")
        named = ", ".join(str(id_) for id_ in one.ids) + ("…" if one.count > len(one.ids) else "")
        line = Text.assemble((f"{mark} ", style), said(one.message), (f"  {one.code}: {named}", "dim"))
        out().print(line, soft_wrap=True)
        out().print(Text(f"  {said(one.hint)}", style="italic"), soft_wrap=True)
