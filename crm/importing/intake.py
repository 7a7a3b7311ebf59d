"""A file that somebody sends becomes an import to be looked at; and what is to be seen of one before it begins."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from crm.access.actor import Actor
from crm.files import PIECE, Kept, beginning_of, file_at_hand, keep_file, safe_name
from crm.importing.choices import Choices, proposed_targets
from crm.importing.excel import is_workbook, unfold
from crm.importing.orders import Order, add_order
from crm.importing.reader import open_table
from crm.importing.shape import Shape, shape_of
from crm.importing.table import Row
from crm.importing.targets import Kind
from db.database import Database
from db.work import Work

MOST_VALUES: Final = 300
"""How many different plans, stages or owners of a file are asked about."""

_VALUES: Final = {"deal.plan": "plan", "deal.stage": "stage", "deal.owner": "owner", "lead.owner": "owner"}


def receive(database: Database, kind: Kind, name: str, source: BinaryIO, *, by: Actor) -> int:
    """Keep a file and propose where its columns go; returns the id of the import.  Holds a piece of it in memory.

    Raises:
        ImportFileError: it cannot be read as a table; nothing is kept.
    """
    by.require("records.import")
    with TemporaryDirectory(prefix="voronka-") as folder:
        path = Path(folder) / safe_name(name)
        with path.open("wb") as file:
            shutil.copyfileobj(source, file, PIECE)
        sheet: str | None = None
        sheets: tuple[str, ...] = ()
        plain = path
        if is_workbook(path):
            inner = Path(folder) / "sheet"
            inner.mkdir()
            found = unfold(path, inner)
            sheet, sheets, plain = found.name, found.names, found.path
        shape = _shape_at(plain, Choices())
        choices = Choices(columns=proposed_targets(kind, shape))
        with database.work() as work, path.open("rb") as sent, plain.open("rb") as text:
            kept = keep_file(work, sent)
            content = kept if plain is path else keep_file(work, text)
            return add_order(
                work, kind, safe_name(name), kept, content, by=by, sheet=sheet, sheets=sheets, choices=choices
            )


def take_sheet(database: Database, order: Order, sheet: str, *, by: Actor) -> tuple[Kept, Choices]:
    """Keep another sheet of a workbook as text; returns it with what is proposed for its columns.

    Raises:
        ImportFileError: it cannot be read as a table.
    """
    by.require("records.import")
    with file_at_hand(database, order.source, order.file_name) as path, TemporaryDirectory(prefix="voronka-") as folder:
        plain = unfold(path, Path(folder), sheet=sheet).path
        shape = _shape_at(plain, Choices())
        with database.work() as work, plain.open("rb") as text:
            return keep_file(work, text), Choices(columns=proposed_targets(order.kind, shape))


def shape_of_order(work: Work, order: Order, choices: Choices) -> Shape:
    """Return encoding, separator, columns and first rows of an import's table.  One query; reads its first piece.

    Raises:
        ImportFileError: it cannot be read so.
        NotFoundError: the file is not kept any more.
    """
    data = beginning_of(work, order.content)
    return shape_of(
        Path(order.file_name),
        data,
        is_whole=len(data) < PIECE,
        header=choices.header,
        encoding=choices.encoding or None,
        separator=choices.separator or None,
    )


def values_of(database: Database, order: Order, choices: Choices) -> dict[str, list[tuple[str, int]]]:
    """Return what a file calls plans, stages and owners, the most frequent first, with their numbers of rows.

    Reads the whole file, row by row.
    """
    wanted = {at - 1: _VALUES[target] for at, target in choices.columns.items() if target in _VALUES}
    if not wanted:
        return {}
    counts: dict[str, Counter[str]] = {name: Counter() for name in wanted.values()}
    with (
        file_at_hand(database, order.content, order.file_name) as path,
        open_table(
            path, header=choices.header, encoding=choices.encoding or None, separator=choices.separator or None
        ) as table,
    ):
        for row in table:
            if isinstance(row, Row):
                for at, name in wanted.items():
                    if at < len(row.values) and (text := row.values[at].strip()):
                        counts[name][text[:255]] += 1
    return {name: several.most_common(MOST_VALUES) for name, several in counts.items()}


def read_again(database: Database, order: Order, choices: Choices) -> Choices:
    """Return choices for a file that is read otherwise: its columns are proposed anew.

    Raises:
        ImportFileError: it cannot be read so.
    """
    with database.reading() as work:
        shape = shape_of_order(work, order, choices)
    return choices.model_copy(update={"columns": proposed_targets(order.kind, shape)})


def _shape_at(path: Path, choices: Choices) -> Shape:
    with path.open("rb") as file:
        data = file.read(PIECE)
    return shape_of(
        path,
        data,
        is_whole=len(data) < PIECE,
        header=choices.header,
        encoding=choices.encoding or None,
        separator=choices.separator or None,
    )
