"""Cells into dates and times, in the formats exports write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from crm.importing.values import CellProblem
from engine.text import _l

_TOKEN: Final = re.compile(r"yyyy|yy|mm|dd|m|d|%[a-zA-Z]|[a-zA-Z]+", re.IGNORECASE)
_PATTERNS: Final = {
    "yyyy": r"(?P<year>\d{4})",
    "yy": r"(?P<short>\d{2})",
    "m": r"(?P<month>\d{1,2})",
    "mm": r"(?P<month>\d{1,2})",
    "d": r"(?P<day>\d{1,2})",
    "dd": r"(?P<day>\d{1,2})",
}
_TIME: Final = (
    r"(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
)
_DOTTED: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}.*")
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}.*")

# What `guess_layout` tries, the sure ones first.
FORMATS: Final = ("iso", "d.m.yyyy", "m/d/yyyy", "d/m/yyyy", "yyyy/m/d", "d-m-yyyy", "d.m.yy", "m/d/yy", "d/m/yy")


def parse_moment(text: str, *, layout: str | None, zone: ZoneInfo) -> datetime | CellProblem:
    """Return a moment in aware UTC; a time without an offset is in ``zone``, a date alone is its midnight there.

    Args:
        text: the cell.
        layout: ``iso``, or a date written with ``d``, ``m``, ``yyyy`` and ``yy`` (``d.m.yyyy``, ``m/d/yyyy``); a time
            may follow in any of them.  Without it, ISO 8601 and ``d.m.yyyy`` are understood, and dates with slashes
            where only one reading is possible.
        zone: where times without an offset were written.
    """
    text = text.strip()
    if layout is None:
        if _DOTTED.fullmatch(text):
            layout = "d.m.yyyy"
        elif match := _SLASHED.fullmatch(text):
            first, second = int(match[1]), int(match[2])
            if first <= 12 and second <= 12 and first != second:
                return CellProblem(
                    _l("“{text}” may be two dates: tell the order in the map, as date: m/d/yyyy", text=text)
                )
            layout = "m/d/yyyy" if second > 12 or first == second else "d/m/yyyy"
        else:
            layout = "iso"
    try:
        found = _reader(layout)(text)
        return _no_date(text, layout) if found is None else _utc(found, zone)
    except (ValueError, OverflowError):
        return _no_date(text, layout)


def _no_date(text: str, layout: str) -> CellProblem:
    return CellProblem(_l("“{text}” is no date as {layout}", text=text, layout=layout))


def is_layout(layout: str) -> bool:
    """Tell whether a date layout can be used in a map."""
    try:
        _reader(layout)
    except ValueError:
        return False
    return True


def guess_layout(cells: Sequence[str]) -> str | None:
    """Return the one layout that fits all of these cells; ``None`` when none does or several do differently.

    ``iso`` and the dotted day-month-year go without saying, so for them and for ambiguous cells ask `parse_moment`
    without a layout.
    """
    cells = [cell for cell in cells if cell.strip()]
    zone = ZoneInfo("UTC")
    fitting: dict[tuple[datetime, ...], str] = {}
    for name in FORMATS:
        read = [parse_moment(cell, layout=name, zone=zone) for cell in cells]
        moments = tuple(moment for moment in read if isinstance(moment, datetime))
        if cells and len(moments) == len(cells):
            fitting.setdefault(moments, name)
    return next(iter(fitting.values())) if len(fitting) == 1 else None


@lru_cache(maxsize=64)
def _reader(layout: str) -> Callable[[str], datetime | None]:
    if layout.casefold() == "iso":
        return _iso
    if "%" in layout:
        datetime(2000, 1, 31).strftime(layout)  # noqa: DTZ001 - tried out only
        return lambda text: datetime.strptime(text, layout)  # noqa: DTZ007 - the caller knows the zone
    names = [match[0].casefold() for match in _TOKEN.finditer(layout)]
    kinds = sorted(name[0] for name in names)
    if kinds != ["d", "m", "y"] or any(name not in _PATTERNS for name in names):
        raise ValueError(layout)
    parts = re.split(_TOKEN, layout)
    pattern = re.escape(parts[0])
    for name, literal in zip(names, parts[1:], strict=True):
        pattern += _PATTERNS[name] + re.escape(literal)
    compiled = re.compile(pattern + _TIME)

    def read(text: str) -> datetime | None:
        match = compiled.fullmatch(text)
        if match is None:
            return None
        found = match.groupdict()
        year = int(found["year"]) if found.get("year") else 2000 + int(found["short"])
        hour = int(found["hour"] or 0)
        if found["half"]:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
        return datetime(  # noqa: DTZ001 - the caller knows the zone
            year, int(found["month"]), int(found["day"]), hour, int(found["minute"] or 0), int(found["second"] or 0)
        )

    return read


def _iso(text: str) -> datetime | None:
    if len(text) < 8:
        return None
    return (
        datetime.fromisoformat(text)
        if len(text) > 10
        else datetime.combine(date.fromisoformat(text), datetime.min.time())
    )


def _utc(moment: datetime, zone: ZoneInfo) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)
