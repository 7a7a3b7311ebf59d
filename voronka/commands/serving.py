"""``voronka serve``, and the processes of the distributed form: ``web``, ``worker``, ``scheduler``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.text import _l
from voronka.commands.panels import BEGIN, OPERATE
from voronka.terminal import done, said

Host = Annotated[str | None, typer.Option(help=said(_l("Where to listen; VORONKA_HOST, else 127.0.0.1.")))]
Port = Annotated[int | None, typer.Option(help=said(_l("The port; VORONKA_PORT, else 8000. 0 takes a free one.")))]
Threads = Annotated[int | None, typer.Option(help=said(_l("How many batches at once; VORONKA_THREADS, else 4.")))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "serve",
        rich_help_panel=BEGIN,
        help=said(_l("Run everything in this one process: pages, worker, scheduler. Makes the database where needed.")),
    )(_serve)
    app.command("web", rich_help_panel=OPERATE, help=said(_l("Answer pages, with several processes behind a proxy.")))(
        _web
    )
    app.command(
        "worker",
        rich_help_panel=OPERATE,
        help=said(_l("Let leads walk, beside other workers on other machines. Needs PostgreSQL.")),
    )(_worker)
    app.command(
        "scheduler",
        rich_help_panel=OPERATE,
        help=said(_l("Tick. Several may run: one leads, another takes over. Needs PostgreSQL.")),
    )(_scheduler)


def _serve(host: Host = None, port: Port = None) -> None:
    from voronka.serving import serve
    from voronka.settings import read_settings

    serve(read_settings(**_given(host=host, port=port)), ready=say_address)


def say_address(address: str) -> None:
    """Say where the server is."""
    done(_l("Voronka is at {address}. Ctrl-C stops it.", address=address))


def _web(host: Host = None, port: Port = None) -> None:
    from voronka.serving import web
    from voronka.settings import read_settings

    web(read_settings(**_given(host=host, port=port)))


def _worker(
    threads: Threads = None,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help=said(_l("How many processes; one that dies is replaced.")))
    ] = 1,
) -> None:
    from voronka.serving import work
    from voronka.settings import read_settings

    work(read_settings(**_given(threads=threads)), processes=processes)


def _scheduler() -> None:
    from voronka.serving import schedule
    from voronka.settings import read_settings

    schedule(read_settings())


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
