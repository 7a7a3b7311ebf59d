"""Charts of reports: bars of parts, each part a link to its records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from crm.reports.table import Column, Line, Table, Tone
from engine.text import _l
from web.pages.reports.part import in_words, length, link, percent
from web.texts import money, number

WIDTH: Final = 1000
MOST: Final = 40
"""So many bars at most; the table has the rest."""
_TICK: Final = timedelta(microseconds=1)
_LEAST: Final = 4.0
_GAP: Final = 2.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a bar: from where it goes and how far, of ``WIDTH``; in words; and where it leads."""

    start: float
    width: float
    tone: Tone
    title: str
    words: str
    leads_to: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a table as a bar."""

    name: str
    marks: tuple[Mark, ...]
    total: str
    colour: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with what their parts mean; ``left_out`` counts the lines that only the table has."""

    title: str
    legend: tuple[Column, ...]
    bars: tuple[Bar, ...]
    left_out: int


Parts = Sequence[tuple[int, Column]]
"""The columns that a chart draws, with their places in the table."""
Pull = Callable[[Line, int], int]
"""Takes a figure out of a line, by its place."""
Say = Callable[[int], str]


def charts_of(table: Table) -> list[Chart]:
    """Return the charts of a table: of the numbers that have a tone, of such sums for each currency, of such lengths of time."""
    counts = [(place, one) for place, one in enumerate(table.columns) if one.tone and one.kind == "count"]
    found = [_chart(table, in_words(table.title), counts, _count, number)]
    for place, column in enumerate(table.columns):
        if column.tone and column.kind == "sums":
            for currency in _currencies(table.lines, place):
                title = in_words(_l("{column}, {currency}", column=column.title, currency=currency))
                found.append(_chart(table, title, [(place, column)], _sum(currency), _money(currency)))
        if column.tone and column.kind == "span":
            found.append(_chart(table, in_words(column.title), [(place, column)], _length, _length_said))
    return [one for one in found if one is not None]


def _chart(table: Table, title: str, parts: Parts, pull: Pull, say: Say) -> Chart | None:
    wholes = [(line, sum(pull(line, place) for place, _ in parts)) for line in table.lines]
    drawn = [(line, whole) for line, whole in wholes if whole > 0]
    if not drawn:
        return None
    largest = max(whole for _, whole in drawn)
    bars = tuple(_bar(line, whole, largest, parts, pull, say) for line, whole in drawn[:MOST])
    used = tuple(column for place, column in parts if any(pull(line, place) for line, _ in drawn))
    return Chart(title, used, bars, max(len(drawn) - MOST, 0))


def _bar(line: Line, whole: int, largest: int, parts: Parts, pull: Pull, say: Say) -> Bar:
    marks, at = [], 0.0
    for place, column in parts:
        value = pull(line, place)
        if value <= 0:
            continue
        width = max(value / largest * WIDTH - _GAP, _LEAST)
        words = say(value) if len(parts) == 1 else f"{say(value)} · {percent(value / whole)}"
        title = in_words(column.title)
        marks.append(Mark(round(at, 1), round(width, 1), column.tone, title, words, link(line.cells[place])))
        at += width + _GAP
    return Bar(" · ".join(in_words(one) for one in line.names), tuple(marks), say(whole), line.colour)


def _count(line: Line, place: int) -> int:
    value = line.cells[place].value
    return value if isinstance(value, int) else 0


def _length(line: Line, place: int) -> int:
    value = line.cells[place].value
    return value // _TICK if isinstance(value, timedelta) else 0


def _length_said(microseconds: int) -> str:
    return length(microseconds * _TICK)


def _sum(currency: str) -> Pull:
    def pull(line: Line, place: int) -> int:
        value = line.cells[place].value
        return value.get(currency, 0) if isinstance(value, Mapping) else 0

    return pull


def _money(currency: str) -> Say:
    return lambda amount: money(amount, currency)


def _currencies(lines: Sequence[Line], place: int) -> list[str]:
    values = [line.cells[place].value for line in lines]
    return sorted({currency for value in values if isinstance(value, Mapping) for currency in value})
