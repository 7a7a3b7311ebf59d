"""``voronka board``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.text import _l
from voronka.commands.panels import SELL
from voronka.terminal import out, print_json, said


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "board",
        rich_help_panel=SELL,
        help=said(_l("Show a sales plan: deals and sums per stage, deals per manager.")),
        epilog=said(_l("Example: [cyan]voronka board sales --json[/]")),
    )(_board)


def _board(
    plan: Annotated[
        str | None,
        typer.Argument(metavar="PLAN", help=said(_l("Key of the sales plan. Without it all plans are shown."))),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))] = False,
) -> None:
    from crm.access.actor import EVERYTHING
    from crm.deals.board import board
    from crm.directory import directory
    from voronka.board_view import plain, show
    from voronka.opening import opened

    with opened() as database, database.reading() as work:
        keys = [plan] if plan else [one.key for one in directory(work).plans.values() if not one.is_archived]
        boards = [board(work, key, viewer=EVERYTHING) for key in keys]
    if as_json:
        print_json(plain(boards[0]) if plan else [plain(one) for one in boards])
        return
    for one in boards:
        show(out(), one)
