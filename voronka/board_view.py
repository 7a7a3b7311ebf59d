"""A board in a terminal: stages with their bars, managers with their deals; and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from engine.text import _l, _ln
from voronka.money import in_figures, in_words
from voronka.terminal import language, said

if TYPE_CHECKING:
    from rich.console import Console

    from crm.deals.board import Board, BoardRow, Tally

WIDE: Final = 100
"""From this width on the managers' deals are shown by stage too."""
WIDEST: Final = 120
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


def show(console: Console, board: Board) -> None:
    """Print a board."""
    width = min(console.width, WIDEST)
    console.print()
    console.print(Text.assemble("  ", (board.name, "bold"), ("  ·  ", "dim"), _headline(board)))
    console.print(_stages(board, width))
    console.print(_managers(board, width))


def plain(board: Board) -> dict[str, Any]:
    """Return a board for programs: counts as numbers, sums in minor units and as decimal texts, by currency."""
    return {
        "plan": board.key,
        "name": board.name,
        "currency": board.currency,
        "stages": [
            {"key": one.key, "name": one.name, "kind": one.kind, "colour": one.colour, **_plain(one.tally)}
            for one in board.columns
        ],
        "managers": [
            {
                "login": one.login,
                "name": one.name,
                "is_taking": one.is_taking,
                **_plain(one.tally),
                "open": _plain(one.still_open),
                "stages": {key: _plain(tally) for key, tally in one.by_stage.items()},
            }
            for one in board.managers
        ],
        "total": _plain(board.total),
        "open": _plain(board.still_open),
    }


def bar(share: float, width: int) -> str:
    """Return a bar that fills a share of a width, to an eighth of a character; anything above nothing is seen."""
    eighths = max(round(share * width * 8), 1 if share > 0 else 0)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def _plain(tally: Tally) -> dict[str, Any]:
    return {
        "deals": tally.deals,
        "sums": [
            {"currency": currency, "minor": amount, "amount": in_figures(amount, currency)}
            for currency, amount in tally.sums.items()
        ],
    }


def _headline(board: Board) -> Text:
    return Text.assemble(
        (said(_ln("{count} deal", "{count} deals", board.total.deals)), "bold"),
        ("  ·  ", "dim"),
        said(_l("{count} open", count=board.still_open.deals)),
        ("  ·  ", "dim"),
        said(_l("{sum} in the open ones", sum=_money(board.still_open))),
    )


def _stages(board: Board, width: int) -> Table:
    shown = [one for one in board.columns if one.kind != "undefined" or one.tally.deals]
    names = max(len(one.name) for one in shown)
    sums = max(len(_money(one.tally)) for one in shown)
    room = max(width - min(names, 28) - max(sums, 5) - 22, 8)
    most = max((one.tally.deals for one in shown), default=0)
    table = _table(
        Column(said(_l("Stage")), max_width=30, no_wrap=True, overflow="ellipsis"),
        Column("", min_width=room, no_wrap=True),
        Column(said(_l("Deals")), justify="right", no_wrap=True),
        Column(said(_l("Sum")), justify="right", no_wrap=True),
        width=width,
    )
    for one in shown:
        colour = "dim" if one.kind == "undefined" else one.colour
        table.add_row(
            Text.assemble((f"{_MARKS[one.kind]} ", colour), one.name),
            Text(bar(one.tally.deals / most if most else 0, room), style=colour),
            _count(one.tally.deals),
            Text(_money(one.tally), style="" if one.tally.deals else "dim"),
        )
    return table


def _managers(board: Board, width: int) -> Table:
    stages = [one for one in board.columns if one.tally.deals] if width >= WIDE else []
    if sum(max(len(one.name), 4) + 3 for one in stages) > width - 62:
        stages = []
    table = _table(
        Column(said(_l("Manager")), min_width=18, no_wrap=True, overflow="ellipsis", ratio=1),
        *(Column(Text(one.name, style=one.colour), justify="right", no_wrap=True) for one in stages),
        Column(said(_l("Deals")), justify="right", no_wrap=True),
        Column(said(_l("Open")), justify="right", no_wrap=True),
        Column(said(_l("Sum")), justify="right", no_wrap=True),
        width=width,
    )
    for one in board.managers:
        cells: Iterable[Text] = (
            *(_count(one.by_stage[stage.key].deals if stage.key in one.by_stage else 0) for stage in stages),
            _count(one.tally.deals),
            _count(one.still_open.deals),
            Text(_money(one.tally), style="" if one.tally.deals else "dim"),
        )
        table.add_row(_name(one), *cells)
    return table


_MARKS: Final = {"open": "●", "won": "✓", "lost": "✗", "undefined": "?"}


def _table(*columns: Column, width: int) -> Table:
    return Table(*columns, box=SIMPLE_HEAD, width=width, header_style="dim", border_style="dim", pad_edge=True)


def _name(row: BoardRow) -> Text:
    if row.user_id is None:
        return Text(said(_l("without a manager")), style="yellow")
    name = row.name or row.login or "?"
    return Text(name) if row.is_taking else Text.assemble(name, "  ", (said(_l("takes no new ones")), "dim"))


def _count(number: int) -> Text:
    return Text(str(number)) if number else Text("·", style="dim")


def _money(tally: Tally) -> str:
    if not tally.sums:
        return "·" if not tally.deals else "0"
    return " + ".join(in_words(amount, currency, language()) for currency, amount in tally.sums.items())
