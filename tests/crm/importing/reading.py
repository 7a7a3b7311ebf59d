"""Short ways to read a whole small table in a test."""

from pathlib import Path
from typing import Any

from crm.importing.reader import open_table
from crm.importing.table import Row, RowProblem


def read(path: Path, **options: Any) -> tuple[list[Row], list[RowProblem]]:
    with open_table(path, **options) as table:
        items = list(table)
    return [x for x in items if isinstance(x, Row)], [x for x in items if isinstance(x, RowProblem)]


def cells(path: Path, **options: Any) -> list[tuple[str, ...]]:
    return [row.values for row in read(path, **options)[0]]
