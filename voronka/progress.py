"""Progress of long work: a bar in a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from voronka.terminal import err

Tell = Callable[[int, int | None], None]
"""Told how much is done, and of how much where that is known."""


@contextmanager
def counting(title: str) -> Iterator[Tell]:
    """Show how far work has come, for as long as it takes; the bar goes when it is done."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=None, style="dim", complete_style="cyan", finished_style="green", pulse_style="cyan"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err(), transient=True, disable=not err().is_terminal, expand=True) as progress:
        task = progress.add_task(title, total=None)

        def tell(so_far: int, of: int | None = None) -> None:
            progress.update(task, completed=so_far, total=of)

        yield tell
