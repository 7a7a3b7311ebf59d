"""``voronka demo``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import LazyText, _l, _ln
from voronka.commands.panels import BEGIN
from voronka.terminal import done, err, out, said, warn

if TYPE_CHECKING:
    from db.database import Database
    from voronka.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "demo",
        rich_help_panel=BEGIN,
        help=said(_l("Make a sample company, let its leads walk through a funnel, show its boards, and serve it.")),
        epilog=said(
            _l("A second run keeps what is there. Then try [cyan]voronka --demo board homes[/] in another terminal.")
        ),
    )(_demo)


def _demo(
    serve: Annotated[
        bool,
        typer.Option(
            "--serve/--no-serve",
            envvar="SERVE",
            help=said(_l("Whether to go on as a server when the boards are shown; also as SERVE=0.")),
        ),
    ] = True,
    port: Annotated[int | None, typer.Option(help=said(_l("The server's port.")))] = None,
) -> None:
    from contextlib import nullcontext
    from pathlib import Path

    from db.database import Database
    from db.migrations import upgrade
    from voronka.lock import sole_server
    from voronka.opening import opened
    from voronka.settings import read_settings

    settings = read_settings(demo=True, **({} if port is None else {"port": port}))
    path: Path | None = Database(settings.database).path
    with nullcontext() if path is None else sole_server(path):
        if path is None:
            upgrade(settings.database)
        with opened(settings, create=True) as database:
            _show(database)
    _say_what_next(settings)
    if serve:
        _serve(settings)


def _show(database: Database) -> None:
    from voronka.board_view import show
    from voronka.demo.leads import import_leads
    from voronka.demo.running import boards, prepare, stuck, walk
    from voronka.progress import counting

    with counting(said(_l("Setting up"))):
        is_new = prepare(database)
    done(
        _l("Sunny House is set up: seven people, two sales plans, three funnels")
        if is_new
        else _l("Sunny House is there already, and stays as it is")
    )
    with counting(said(_l("Importing leads"))) as tell:
        imported = import_leads(database, tell)
    done(_imported(imported.read, imported.created))
    walked = 0

    def count(number: int) -> None:
        nonlocal walked
        walked += number
        tell(walked, None)

    with counting(said(_l("Walking through the funnels"))) as tell:
        walk(database, count)
    done(
        _ln("{count} event has walked through the funnels", "{count} events have walked through the funnels", walked)
        if walked
        else _l("Nothing was due")
    )
    for one in boards(database):
        show(out(), one)
    parked = stuck(database)
    if parked:
        warn(_ln("{count} run stands still: see `run status`", "{count} runs stand still: see `run status`", parked))


def _imported(read: int, created: int) -> LazyText:
    if created == 0:
        return _ln("{count} lead read, known already", "{count} leads read, all known already", read)
    return _l("{read}, {new} new", read=_ln("{count} lead imported", "{count} leads imported", read), new=created)


def _say_what_next(settings: Settings) -> None:
    from rich.text import Text

    prefix = "voronka --demo" if settings.database_url is None else "voronka"
    console = err()
    console.print(Text("  " + said(_l("Look around:")), style="bold"))
    for command, words in (
        ("board homes --json", _l("the same for programs")),
        ("funnel pull new-leads", _l("the funnel as a file")),
        ("run status", _l("who is where in which funnel")),
        ("doctor --deep", _l("check that everything adds up")),
    ):
        console.print(Text.assemble("  ", (f"{prefix} {command}".ljust(38), "cyan"), (said(words), "dim")))
    console.print()


def _serve(settings: Settings) -> None:
    from voronka.commands.serving import say_address
    from voronka.demo.company import PASSWORD
    from voronka.serving import serve

    done(
        _l(
            "sign in as irma (administrator), yaryna (supervisor), olena (manager) or vera (marketer), password {password}",
            password=PASSWORD,
        )
    )

    serve(settings, ready=say_address)
