"""Funnels and blocks in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from engine.text import _l
from voronka.terminal import said

if TYPE_CHECKING:
    from rich.console import Console

    from engine.block import Block
    from funnels.publication.publishing import FunnelRow
    from funnels.versions import Version

_WIDEST: Final = 120
_STATES: Final = {
    "draft": (_l("draft"), "dim"),
    "published": (_l("published"), "green"),
    "paused": (_l("paused"), "yellow"),
    "draining": (_l("draining"), "yellow"),
    "stopped": (_l("stopped"), "red"),
    "archived": (_l("archived"), "dim"),
}


def show_list(console: Console, rows: Sequence[FunnelRow]) -> None:
    """Print the funnels."""
    if not rows:
        console.print(Text(said(_l("There is no funnel yet: `voronka funnel push FILE` keeps one."))))
        return
    table = Table(
        Column(said(_l("Funnel")), no_wrap=True, overflow="ellipsis"),
        Column(said(_l("Name")), no_wrap=True, overflow="ellipsis", ratio=1),
        Column(said(_l("State")), no_wrap=True),
        Column(said(_l("Version")), justify="right", no_wrap=True),
        Column(said(_l("Waiting")), justify="right", no_wrap=True),
        Column(said(_l("Parked")), justify="right", no_wrap=True),
        box=SIMPLE_HEAD,
        width=min(console.width, _WIDEST),
        header_style="dim",
        border_style="dim",
    )
    for row in rows:
        state, style = _STATES.get(row.state, (row.state, ""))
        table.add_row(
            row.key,
            Text(row.name, style="dim"),
            Text(said(state), style=style),
            _count(row.version),
            _count(row.waiting),
            Text(str(row.parked), style="bold red") if row.parked else _count(0),
        )
    console.print(table)


def show_versions(console: Console, rows: Sequence[Version]) -> None:
    """Print the versions of a funnel, the newest first."""
    table = Table(
        Column(said(_l("Version")), justify="right", no_wrap=True),
        Column(said(_l("Published")), no_wrap=True),
        Column(said(_l("By")), no_wrap=True, overflow="ellipsis"),
        Column(said(_l("Nodes")), no_wrap=True),
        Column(said(_l("Note")), overflow="fold", ratio=1),
        box=SIMPLE_HEAD,
        width=min(console.width, _WIDEST),
        header_style="dim",
        border_style="dim",
    )
    for row in rows:
        changed = row.changes
        counts = f"+{len(changed.added)} −{len(changed.removed)} ~{len(changed.changed)}" if changed else ""
        table.add_row(
            Text(str(row.number) if row.number else said(_l("draft")), style="green" if row.is_current else ""),
            f"{row.published_at:%Y-%m-%d %H:%M}" if row.published_at else "·",
            Text(said(row.published_by)),
            counts,
            Text(row.note),
        )
    console.print(table)


def show_blocks(console: Console, blocks: Sequence[type[Block]]) -> None:
    """Print the blocks, by group."""
    width = max(len(block.key) for block in blocks)
    for group, members in groupby(sorted(blocks, key=lambda block: block.key.partition(".")[0]), _group):
        console.print(Text(f"\n  {group}", style="bold"))
        for block in members:
            line = Text.assemble("  ", (block.key.ljust(width + 2), "cyan"), (said(block.about), ""))
            console.print(line, no_wrap=True, overflow="ellipsis")
    console.print()


def _group(block: type[Block]) -> str:
    return block.key.partition(".")[0]


def _count(number: int) -> Text:
    return Text(str(number)) if number else Text("·", style="dim")
