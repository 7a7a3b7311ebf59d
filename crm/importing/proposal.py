"""A first map for a table nobody has seen before, from its headings and the shape of its cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from crm.importing.errors import MappingError
from crm.importing.headings import known_headings, plain
from crm.importing.mapping import ColumnMap, Mapping
from crm.importing.moments import guess_layout
from crm.importing.table import Column
from crm.importing.targets import LINKS, MOMENTS, NUMBERS, REPEATABLE, Kind
from crm.importing.values import DecimalMark
from engine.text import _l

_ID: Final = re.compile(r"[0-9a-f]{16,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Z0-9]{6,20}|\d{1,18}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"\+?[\d\s().-]{7,20}")
_WORD: Final = re.compile(r"[^\W\d]\w*")
_FEW_SOURCES: Final = 15
# Databases of other systems write 0 where a record has no company, contact or lead.
NOBODY: Final = {"0": ""}
"""Replaces the noughts of columns that link to other records."""


def propose(
    kind: Kind,
    columns: Sequence[Column],
    sample: Sequence[Sequence[str]],
    *,
    region: str | None = None,
    zone: str = "UTC",
) -> Mapping:
    """Return a map for what is recognised; what is not goes nowhere (`Mapping.unmapped` names it).

    Columns are recognised by their headings, in a table without headings by what their cells look like: the first id
    without repeats, dates, e-mails, phones, and a column of few different words, the source.  How dates and decimals
    are written is settled where the sample leaves one reading, else left to each cell.

    Raises:
        MappingError: nothing was recognised.
    """
    has_header = any(column.heading for column in columns)
    targets = _by_heading(kind, columns) if has_header or kind == "users" else _by_shape(kind, columns, sample)
    if not targets:
        names = ", ".join(column.name for column in columns[:30])
        raise MappingError(
            _l("No column was recognised; write a map for --map that says where these go: {names}", names=names)
        )
    entries = []
    for column, target in targets:
        cells = [row[column.position - 1] for row in sample if len(row) >= column.position]
        entries.append(
            ColumnMap(
                column=column.name if has_header else column.position,
                to=target,
                values=NOBODY if target in LINKS else {},
                date=guess_layout(cells) if target in MOMENTS else None,
                decimal=guess_decimal(cells) if target in NUMBERS else None,
            )
        )
    return Mapping(kind=kind, columns=tuple(entries), region=region, zone=zone, header=has_header)


def _by_heading(kind: Kind, columns: Sequence[Column]) -> list[tuple[Column, str]]:
    known, taken = known_headings(kind), set[str]()
    found = []
    for column in columns:
        target = known.get(plain(column.name))
        if target is None or (target in taken and target not in REPEATABLE):
            continue
        taken.add(target)
        found.append((column, target))
    return found


def _by_shape(kind: Kind, columns: Sequence[Column], sample: Sequence[Sequence[str]]) -> list[tuple[Column, str]]:
    record, taken = kind.removesuffix("s"), set[str]()
    found = []
    for column in columns:
        cells = [row[column.position - 1].strip() for row in sample if row[column.position - 1].strip()]
        target = _shape(record, cells, taken) if cells else None
        if target is None or (target in taken and target not in REPEATABLE):
            continue
        taken.add(target)
        found.append((column, target if target != "id" else f"{record}.field.column_{column.position}"))
    return found


def _shape(record: str, cells: Sequence[str], taken: set[str]) -> str | None:
    def all_are(pattern: re.Pattern[str]) -> bool:
        return all(pattern.fullmatch(cell) for cell in cells)

    external_id, source = f"{record}.external_id", f"{record}.source"
    if all_are(_EMAIL):
        return "person.email"
    if guess_layout(cells) is not None:
        return f"{record}.created_at"
    if all_are(_ID) and not all_are(_PHONE):
        return external_id if external_id not in taken and len(set(cells)) == len(cells) else "id"
    if all_are(_PHONE) and any(cell.startswith("+") for cell in cells):
        return "person.phone"
    if all_are(_ID) and external_id not in taken and len(set(cells)) == len(cells):
        return external_id
    if all_are(_WORD) and source not in taken and len(set(cells)) <= min(_FEW_SOURCES, max(1, len(cells) - 1)):
        return source
    return None


def guess_decimal(cells: Sequence[str]) -> DecimalMark | None:
    """Return the decimal mark where some figure shows it beyond doubt and none contradicts."""
    point = any(re.search(r"\d\.\d{1,2}\D*$|\d,\d{3}\.", cell) for cell in cells)
    comma = any(re.search(r"\d,\d{1,2}\D*$|\d\.\d{3},", cell) for cell in cells)
    return None if point == comma else "." if point else ","
