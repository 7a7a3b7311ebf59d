"""``voronka import list`` and ``voronka import undo``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import _l, _ln
from voronka.terminal import said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from funnels.undoing import Undoing, Worked

AsJson = Annotated[bool, typer.Option("--json", help=said(_l("Print JSON for programs.")))]
Number = Annotated[int, typer.Argument(metavar="ID", help=said(_l("Its number, as `voronka import list` shows it.")))]
Keep = Annotated[
    bool, typer.Option("--keep-worked-on", help=said(_l("Records that others have worked on since stay as they are.")))
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=said(_l("Remove nothing, only say what would go.")))]


def register(group: typer.Typer) -> None:
    """Add the commands to ``voronka import``."""
    group.command("list", help=said(_l("Show the newest imports.")))(_list)
    group.command(
        "undo",
        help=said(_l("Remove what an import made; what others have worked on since stops it.")),
        epilog=said(_l("Example: [cyan]voronka import undo 3 --keep-worked-on[/]")),
    )(_undo)


def _list(*, as_json: AsJson = False) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from crm.access.actor import EVERYTHING
    from crm.importing.listing import imports_made
    from voronka.opening import opened
    from voronka.terminal import out, print_json

    with opened() as database, database.reading() as work:
        lines = [one for one in imports_made(work, viewer=EVERYTHING) if one.job_id is not None]
    if as_json:
        print_json(
            [
                {
                    "id": one.job_id, "at": one.at.isoformat(), "kind": one.kind, "file": one.file_name,
                    "state": one.undo or one.state, "read": one.read, "created": one.created, "updated": one.updated,
                    "rejected": one.rejected,
                }
                for one in lines
            ]
        )  # fmt: skip
        return
    table = Table(box=SIMPLE_HEAD, header_style="dim", border_style="dim")
    for heading in (_l("No."), _l("File"), _l("State"), _l("created"), _l("updated"), _l("rejected")):
        table.add_column(said(heading))
    for one in lines:
        state = said(_STATES.get(one.undo or one.state, one.state))
        table.add_row(str(one.job_id), one.file_name, state, str(one.created), str(one.updated), str(one.rejected))
    out().print(table)


def _undo(number: Number, *, keep_worked_on: Keep = False, dry_run: DryRun = False) -> None:
    from crm.access.actor import EVERYTHING, SYSTEM
    from funnels.undoing import ask_to_undo, find_undoing, look_before_undoing
    from voronka.opening import opened
    from voronka.terminal import done, warn
    from voronka.waiting import wait_until_undone

    with opened() as database:
        with database.reading() as work:
            looked = look_before_undoing(work, number, viewer=EVERYTHING)
            is_asked = find_undoing(work, number) is not None
        if dry_run:
            _tell(looked)
            return
        if not is_asked:  # else an undoing that was cut off goes on
            with database.work() as work:
                ask_to_undo(work, number, leaves_worked_on=keep_worked_on, by=SYSTEM, viewer=EVERYTHING)
        undoing = wait_until_undone(database, number)
    if undoing.state != "undone":
        warn(_l("the undoing ended its process again and again, and was given up"))
        raise typer.Exit(1)
    done(_l("import {id} is undone: {removed} removed, {kept} kept", id=number, **_sums(undoing)))


def _sums(undoing: Undoing) -> dict[str, int]:
    """Return how many records went and stayed; persons, whom nobody counts, aside."""
    return {
        name: sum(count for kind, count in counts.items() if kind != "person")
        for name, counts in (("removed", undoing.removed), ("kept", undoing.kept))
    }


def _tell(looked: Iterable[Worked]) -> None:
    from voronka.terminal import out

    for one in looked:
        if one.there:
            words = _l(
                "{records}; others have worked on {number} of them since",
                records=_RECORDS[one.kind](one.there),
                number=one.worked_on,
            )
            out().print(said(words))


_STATES = {
    "importing": _l("being imported"),
    "finished": _l("finished"),
    "stopped": _l("stopped"),
    "failed": _l("failed"),
    "undoing": _l("being undone"),
    "undone": _l("undone"),
}
_RECORDS = {
    "deal": lambda count: _ln("{count} deal", "{count} deals", count),
    "lead": lambda count: _ln("{count} lead", "{count} leads", count),
    "contact": lambda count: _ln("{count} contact", "{count} contacts", count),
    "company": lambda count: _ln("{count} company", "{count} companies", count),
}
