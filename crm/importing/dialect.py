"""How a table is written: what separates its cells, and whether its first row is a heading."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

# In order of preference where the sample does not decide: a comma may be a decimal comma, a tab hardly anything else.
SEPARATORS: Final = ("\t", ";", "|", ",")

_SEP_LINE: Final = re.compile(r"sep=(.)\n?", re.IGNORECASE)
_DATA_LIKE: Final = re.compile(
    r"""
    [-+(]?[$€£₴₽]?\s?\d[\d\s.,'\u00a0\u202f]*[%)]?      # a figure
    | \d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T\s].*)?         # a date
    | [0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,}){0,4}            # a hexadecimal id
    | [^@\s]+@[^@\s]+\.[^@\s]+                            # an e-mail
    | \+[\d\s()-]{7,}                                     # a phone
    | (?:https?://)\S+
    """,
    re.VERBOSE,
)


def declared_separator(first_line: str) -> str | None:
    """Return the separator that a first line ``sep=;`` declares, as Excel writes it."""
    match = _SEP_LINE.fullmatch(first_line)
    return match[1] if match else None


def guess_separator(lines: Sequence[str]) -> str:
    """Return the separator under which the most lines have as many cells as the first one.

    A comma when nothing separates: then the table has one column.
    """
    best, best_score = ",", (0.0, 0)
    for separator in SEPARATORS:
        widths = _widths(lines, separator)
        if not widths or widths[0] < 2:
            continue
        agreeing = sum(width == widths[0] for width in widths) / len(widths)
        score = (round(agreeing, 1), widths[0] if len(widths) == 1 else 0)
        if score > best_score:
            best, best_score = separator, score
    return best


def looks_like_heading(first: Sequence[str]) -> bool:
    """Tell whether a first row holds names of columns: no figure, date, id, e-mail or phone among its cells."""
    cells = [cell.strip() for cell in first if cell.strip()]
    return bool(cells) and not any(_DATA_LIKE.fullmatch(cell) for cell in cells)


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of cells that the most rows have, the larger one of equals."""
    counts = Counter(len(row) for row in rows)
    return max(counts, key=lambda width: (counts[width], width))


def unique_names(heading: Sequence[str]) -> tuple[str, ...]:
    """Return the column names in order, each once: a repeated name gets `` (2)``, `` (3)`` by position.

    A column without a name is called ``column 5``.
    """
    names: list[str] = []
    for position, cell in enumerate(heading, start=1):
        base = " ".join(cell.split()) or f"column {position}"
        name, repeat = base, 1
        while name in names:
            repeat += 1
            name = f"{base} ({repeat})"
        names.append(name)
    return tuple(names)


def _widths(lines: Sequence[str], separator: str) -> list[int]:
    try:
        rows = list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        rows = [line.split(separator) for line in lines]
    return [len(row) for row in rows if any(cell.strip() for cell in row)]
