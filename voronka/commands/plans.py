"""``voronka plan``: sales plans, their stages and managers."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from engine.text import _l
from voronka.commands.panels import BEGIN
from voronka.terminal import done, out, print_json, said

STAGES: Final = ("New", "In work", "Offer")
"""The open stages of a plan for which none are named."""

Key = Annotated[str, typer.Argument(metavar="KEY", help=said(_l("Key of the sales plan.")))]
Managers = Annotated[list[str] | None, typer.Option("--manager", help=said(_l("Login of a manager; may be repeated.")))]
Even = Annotated[
    bool | None, typer.Option("--even/--manual", help=said(_l("Give deals out evenly, or leave that to people.")))
]
First = Annotated[str | None, typer.Option("--first", help=said(_l("First rule of even: none, random or related.")))]
Second = Annotated[str | None, typer.Option("--second", help=said(_l("Second rule of even: evenly or fewest.")))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=said(_l("Add sales plans, change who gets their deals, list them.")))
    group.command(
        "add",
        help=said(_l("Add a sales plan. A won and a lost stage end it.")),
        epilog=said(_l("Example: [cyan]voronka plan add Retail --stage New --stage Offer --even --manager ann[/]")),
    )(_add)
    group.command("change", help=said(_l("Change managers and distribution, for the next lead on.")))(_change)
    group.command("list", help=said(_l("List the sales plans.")))(_list)
    app.add_typer(group, name="plan", rich_help_panel=BEGIN)


def _add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=said(_l("Name of the sales plan.")))],
    *,
    key: Annotated[str | None, typer.Option(help=said(_l("Key for files and commands; made from the name.")))] = None,
    stage: Annotated[list[str] | None, typer.Option(help=said(_l("An open stage; may be repeated, in order.")))] = None,
    won: Annotated[str, typer.Option(help=said(_l("Name of the won stage.")))] = "Won",
    lost: Annotated[str, typer.Option(help=said(_l("Name of the lost stage.")))] = "Lost",
    average_check: Annotated[str, typer.Option(help=said(_l("Amount of a deal for which none is known.")))] = "0",
    manager: Managers = None,
    even: Even = None,
    first: First = None,
    second: Second = None,
) -> None:
    from crm.access.actor import SYSTEM
    from crm.errors import InvalidError
    from crm.importing.values import parse_money
    from crm.settings.plans import NewPlan, create_plan
    from crm.settings.stage_rules import NewStage
    from voronka.opening import opened

    stages = [*(NewStage(one) for one in stage or STAGES), NewStage(won, "won"), NewStage(lost, "lost")]
    with opened() as database, database.work() as work:
        amount = parse_money(average_check)
        if not isinstance(amount, int):
            raise InvalidError(_l("average check: {reason}", reason=amount.reason))
        new = NewPlan(
            name,
            stages,
            key,
            amount,
            distribution="even" if even else "manual",
            first_rule=first or "none",  # type: ignore[arg-type]  # the command checks it
            second_rule=second or "evenly",  # type: ignore[arg-type]  # the command checks it
            managers=manager or (),
        )
        plan = create_plan(work, new, by=SYSTEM)
    done(_l("the sales plan {key} is added, with {stages} stages", key=plan.key, stages=len(stages)))


def _change(
    key: Key, *, manager: Managers = None, even: Even = None, first: First = None, second: Second = None
) -> None:
    from crm.access.actor import SYSTEM
    from crm.settings.change import KEPT
    from crm.settings.plans import PlanChange, change_plan
    from crm.settings.pool import set_managers
    from voronka.opening import opened

    with opened() as database, database.work() as work:
        change = PlanChange(
            distribution=KEPT if even is None else "even" if even else "manual",
            first_rule=first or KEPT,  # type: ignore[arg-type]  # the command checks it
            second_rule=second or KEPT,  # type: ignore[arg-type]  # the command checks it
        )
        change_plan(work, key, change, by=SYSTEM)
        if manager is not None:
            set_managers(work, key, manager, by=SYSTEM)
    done(_l("the sales plan {key} is changed", key=key))


def _list(
    *, as_json: Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))] = False
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from crm.directory import directory
    from voronka.opening import opened

    with opened() as database, database.reading() as work:
        settings = directory(work)
    rows = [
        {
            "key": plan.key,
            "name": plan.name,
            "distribution": plan.distribution,
            "stages": [stage.key for stage in plan.stages],
            "managers": [settings.users[one.user_id].login for one in plan.managers],
        }
        for plan in settings.plans.values()
        if not plan.is_archived
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=SIMPLE_HEAD, header_style="dim", border_style="dim")
    for heading in (_l("Key"), _l("Name"), _l("Distribution"), _l("Stages"), _l("Managers")):
        table.add_column(said(heading))
    for row in rows:
        table.add_row(*(", ".join(cell) if isinstance(cell, list) else str(cell) for cell in row.values()))
    out().print(table)
