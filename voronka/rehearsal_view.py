"""Rehearsals in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from engine.text import _l
from voronka.terminal import said

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from engine.document import FunnelDocument
    from funnels.rehearsals.in_words import Table as Figures
    from workers.rehearsal import Walk

_WIDEST: Final = 110


def show_tables(console: Console, tables: Sequence[Figures], *, has_really: bool) -> None:
    """Print the figures, kind by kind."""
    for one in tables:
        columns = [
            Column(Text(said(one.title), style="bold"), ratio=2, overflow="fold"),
            Column(said(_l("Rehearsed")), justify="right", no_wrap=True),
        ]
        if has_really:
            columns += [
                Column(said(_l("Really")), justify="right", no_wrap=True),
                Column(said(_l("Difference")), justify="right", no_wrap=True),
            ]
        table = Table(
            *columns,
            Column("", ratio=2, overflow="fold", style="dim"),
            box=SIMPLE_HEAD,
            width=min(console.width, _WIDEST),
            header_style="dim",
            border_style="dim",
        )
        for line in one.lines:
            cells = [Text(said(line.name)), Text(str(line.rehearsed))]
            if has_really:
                cells += [Text(str(line.really)), _difference(line.difference)]
            table.add_row(*cells, Text(said(line.note)))
        console.print(table)


def _difference(number: int) -> Text:
    return Text(f"{number:+d}", style="bold yellow") if number else Text("·", style="dim")


def show_steps(console: Console, document: FunnelDocument, walks: Sequence[Walk], zone: ZoneInfo) -> None:
    """Print where somebody went, moment by moment."""
    from funnels.rehearsals.in_words import titles_of
    from funnels.words.names import port_name

    titles = titles_of(document)
    if not walks:
        console.print(Text(said(_l("Nothing would have started."))))
    for walk in walks:
        console.print(Text(f"{walk.kind} {walk.subject_id}", style="bold"))
        for at, node, port in walk.passed:
            title = said(titles.get(node, node))
            console.print(
                Text.assemble(
                    f"  {at.astimezone(zone):%Y-%m-%d %H:%M}  ", (title, "cyan"), f"  {said(port_name(port))}"
                )
            )
        for rest in walk.rests:
            until = f"{rest.due_at.astimezone(zone):%Y-%m-%d %H:%M}" if rest.due_at is not None else "…"
            console.print(Text.assemble(f"  {until}  ", (said(titles.get(rest.node, rest.node)), "yellow")))
        if walk.error is not None:
            console.print(Text(f"  {walk.error.get('message')}", style="red"))
