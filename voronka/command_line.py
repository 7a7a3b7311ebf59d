"""The command line as a whole: gathers the commands and answers ``--version``."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from engine.text import _l
from voronka.commands import COMMANDS
from voronka.terminal import said


def command_line() -> typer.Typer:
    """Return the program with all its commands."""
    app = typer.Typer(
        name="voronka",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
        epilog=said(
            _l("Begin with [cyan]voronka demo[/]. Each command has its own help: [cyan]voronka funnel push --help[/].")
        ),
    )
    app.callback(
        help=said(
            _l("[bold]Voronka[/] automates sales: draw funnels as graphs, and leads walk through them by themselves.")
        )
    )(_root)
    for name in COMMANDS:
        if find_spec(f"voronka.commands.{name}") is not None:
            import_module(f"voronka.commands.{name}").register(app)
    return app


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"voronka {version('voronka')}")
        raise typer.Exit


def _root(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help=said(_l("Work with the sample company that `voronka demo` has made.")))
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_say_version, is_eager=True, help=said(_l("Show the version and exit."))
        ),
    ] = False,
) -> None:
    if demo:
        os.environ["VORONKA_DEMO"] = "1"
