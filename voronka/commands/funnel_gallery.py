"""``voronka funnel templates`` and ``use``: funnels and plans to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l
from voronka.terminal import done, out, print_json, said

if TYPE_CHECKING:
    from funnels.gallery.using import Used

AsJson = Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))]


def add(group: typer.Typer) -> None:
    """Add the commands to those of ``voronka funnel``."""
    group.command("templates", help=said(_l("List the templates of funnels and of sales plans.")))(_templates)
    group.command(
        "use",
        help=said(
            _l("Make a draft of a template, with the plans, fields and forms that it needs and that are missing.")
        ),
        epilog=said(_l("Example: [cyan]voronka funnel use tunnel --plan sales=homes[/]")),
    )(_use)


def _templates(*, as_json: AsJson = False) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table
    from rich.text import Text

    from funnels.gallery.templates import funnel_templates, plan_templates

    found = [
        *(("funnel", one.key, one.name, one.about) for one in funnel_templates(said)),
        *(("plan", one.key, one.name, one.about) for one in plan_templates(said)),
    ]
    if as_json:
        print_json([dict(zip(("kind", "key", "name", "about"), one, strict=True)) for one in found])
        return
    table = Table(
        Column(said(_l("Key")), no_wrap=True),
        Column(said(_l("Of a"))),
        Column(said(_l("Name")), ratio=1),
        Column(said(_l("What it does")), ratio=2),
        box=SIMPLE_HEAD,
        header_style="dim",
        border_style="dim",
    )
    kinds = {"funnel": said(_l("funnel")), "plan": said(_l("sales plan"))}
    for kind, key, name, about in found:
        table.add_row(key, kinds[kind], Text(name), Text(about))
    out().print(table)


def _use(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help=said(_l("Its key: see `funnel templates`.")))],
    *,
    name: Annotated[str, typer.Option("--name", help=said(_l("What it is called; else as the template.")))] = "",
    plans: Annotated[
        list[str] | None,
        typer.Option(
            "--plan", metavar="PLAN=OWN", help=said(_l("Your plan for one of the template; else a new one is made."))
        ),
    ] = None,
    stages: Annotated[
        list[str] | None,
        typer.Option("--stage", metavar="PLAN.STAGE=OWN", help=said(_l("Your stage for one of the template."))),
    ] = None,
    dates: Annotated[
        list[str] | None, typer.Option("--date", metavar="WHAT=2027-06-12", help=said(_l("A date that it asks for.")))
    ] = None,
    as_json: AsJson = False,
) -> None:
    from datetime import date
    from secrets import token_urlsafe

    from crm.access.actor import SYSTEM
    from funnels.gallery.templates import FUNNELS
    from funnels.gallery.using import Wish, use_funnels, use_plans
    from voronka.opening import opened

    try:
        days = {key: date.fromisoformat(value) for key, value in _pairs(dates)}
    except ValueError:
        raise typer.BadParameter(said(_l("a date is written as 2027-06-12"))) from None
    own = {(place.partition(".")[0], place.partition(".")[2]): value for place, value in _pairs(stages)}
    wish = Wish(template, token_urlsafe(12), name, dict(_pairs(plans)), own, days)
    with opened() as database, database.work() as work:
        command = use_funnels if template in FUNNELS else use_plans
        [used] = command(work, [wish], say=said, by=SYSTEM)
    _tell(used, as_json=as_json, is_funnel=template in FUNNELS)


def _tell(used: Used, *, as_json: bool, is_funnel: bool) -> None:
    if as_json:
        made = [{"kind": kind, "key": key} for kind, key in used.made]
        print_json({"template": used.template, "key": used.opens, "made": made})
        return
    for kind, key in used.made:
        done(_l("made: {kind} {key}", kind=kind, key=key))
    if is_funnel:
        done(_l("{key} is a draft; `voronka funnel publish {key}` lets people in", key=used.opens))


def _pairs(texts: list[str] | None) -> list[tuple[str, str]]:
    found = []
    for text in texts or []:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise typer.BadParameter(said(_l("{text}: write it as NAME=VALUE", text=text)))
        found.append((name, value))
    return found
