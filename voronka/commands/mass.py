"""``voronka mass``: let an audience into a funnel, little by little."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.text import _l, _ln
from voronka.commands.panels import SELL
from voronka.terminal import done, note, out, print_json, said

if TYPE_CHECKING:
    from funnels.mass_starts import MassStart

Number = Annotated[int, typer.Argument(metavar="NUMBER", help=said(_l("Number of the mass start.")))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=said(_l("Let many leads or deals into a funnel, little by little.")))
    group.command(
        "start",
        help=said(_l("Let all leads or deals in for which a condition holds, through the trigger Started by hand.")),
        epilog=said(
            _l(
                "Example: [cyan]voronka mass start spring --leads --sample 100"
                ' --where \'{"field": "lead.source", "op": "is", "value": "ads"}\'[/]'
            )
        ),
    )(_start)
    group.command("list", help=said(_l("How far each is.")))(_list)
    group.command("go", help=said(_l("Let the others in, after you have looked at the sample.")))(_go)
    group.command("abort", help=said(_l("Let nobody in any more; who is inside stays.")))(_abort)
    app.add_typer(group, name="mass", rich_help_panel=SELL)


def _start(
    funnel: Annotated[str, typer.Argument(metavar="FUNNEL", help=said(_l("Key of a published funnel.")))],
    *,
    deals: Annotated[bool, typer.Option("--deals/--leads", help=said(_l("Deals, or leads.")))] = False,
    where: Annotated[
        str | None, typer.Option(metavar="JSON", help=said(_l("The condition, as funnels write it; without it all.")))
    ] = None,
    per_minute: Annotated[int, typer.Option(help=said(_l("How many a minute at most.")))] = 6000,
    sample: Annotated[int, typer.Option(help=said(_l("Let so many in first, then wait for `voronka mass go`.")))] = 0,
    button: Annotated[
        str | None,
        typer.Option("--button", metavar="LABEL", help=said(_l("Which button, where the funnel has several."))),
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help=said(_l("Only say how many there are.")))] = False,
) -> None:
    from crm.access.actor import SYSTEM
    from funnels.mass_starts import NewMassStart, ask, count
    from voronka.opening import opened

    try:
        condition: Any = None if where is None else json.loads(where)
    except ValueError as error:
        raise typer.BadParameter(said(_l("--where is not JSON: {problem}", problem=error))) from None
    new = NewMassStart(funnel, "deal" if deals else "lead", condition, per_minute, sample, button)
    with opened() as database:
        if preview:
            with database.reading() as work:
                number = count(work, new, by=SYSTEM)
            done(_ln("{count} record would be let in", "{count} records would be let in", number))
            return
        with database.work() as work:
            one = ask(work, new, by=SYSTEM)
    done(_l("mass start {id}: {audience} records; `voronka mass list` shows how far it is",
            id=one.id, audience=one.audience))  # fmt: skip


def _list(
    *, as_json: Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))] = False
) -> None:
    from dataclasses import asdict

    from rich.table import Table

    from funnels.mass_starts import found
    from voronka.opening import opened

    with opened() as database, database.reading() as work:
        all_ = found(work)
    if as_json:
        print_json([asdict(one) for one in all_])
        return
    if not all_:
        note(_l("nobody has asked for a mass start"))
        return
    table = Table(box=None, pad_edge=False)
    for title in (_l("number"), _l("funnel"), _l("state"), _l("let in"), _l("of"), _l("a minute")):
        table.add_column(said(title))
    for one in all_:
        table.add_row(str(one.id), one.funnel, one.state, str(one.started), str(one.audience), str(one.per_minute))
    out().print(table)
    for one in all_:
        if one.problem:
            note(_l("mass start {id} is held: {problem}", id=one.id, problem=one.problem), mark="!", style="yellow")


def _go(number: Number) -> None:
    from funnels.mass_starts import go_on

    _changed(go_on, number)


def _abort(number: Number) -> None:
    from funnels.mass_starts import abort

    _changed(abort, number)


def _changed(change: Callable[..., MassStart], number: int) -> None:
    from crm.access.actor import SYSTEM
    from voronka.opening import opened

    with opened() as database, database.work() as work:
        one = change(work, number, by=SYSTEM)
    done(_l("mass start {id} is {state}: {started} of {audience} are let in",
            id=one.id, state=one.state, started=one.started, audience=one.audience))  # fmt: skip
