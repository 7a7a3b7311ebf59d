"""The filters of templates, and how values look in a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

Argument = str | int | None


@dataclass(frozen=True, slots=True)
class Style:
    """How dates and numbers look.  The marks in patterns: ``yyyy yy MM M dd d HH H mm ss``."""

    zone: tzinfo = UTC
    date_pattern: str = "dd.MM.yyyy"
    time_pattern: str = "HH:mm"
    decimal_mark: str = ","
    group_mark: str = "\N{NO-BREAK SPACE}"
    yes: str = "yes"
    no: str = "no"


PLAIN = Style()


@lru_cache(maxsize=64)
def style_in(zone: tzinfo) -> Style:
    """Return the plain style with moments as the clocks of a zone show them."""
    return Style(zone=zone)


@dataclass(frozen=True, slots=True)
class Filter:
    """A named change of a value on its way into the text."""

    apply: Callable[[object, Argument, Style], object]
    takes: type[str | int] | tuple[()] = ()
    needs_argument: bool = False


def shown(value: object, style: Style) -> str:
    """Return a value as people read it; a missing one is an empty text, a list is joined by commas."""
    match value:
        case None:
            return ""
        case str():
            return str(value)
        case bool():
            return style.yes if value else style.no
        case datetime():
            return _dated(value.astimezone(style.zone), f"{style.date_pattern} {style.time_pattern}")
        case date():
            return _dated(value, style.date_pattern)
        case float():
            return f"{value:.12g}".replace(".", style.decimal_mark)
        case Decimal():
            return str(value).replace(".", style.decimal_mark)
        case frozenset() | set():
            return ", ".join(sorted(shown(one, style) for one in value))
        case tuple() | list():
            return ", ".join(shown(one, style) for one in value)
        case _:
            return str(value)


_MARKS: Mapping[str, Callable[[date], str]] = {
    "yyyy": lambda when: f"{when.year:04}",
    "yy": lambda when: f"{when.year % 100:02}",
    "MM": lambda when: f"{when.month:02}",
    "M": lambda when: f"{when.month}",
    "dd": lambda when: f"{when.day:02}",
    "d": lambda when: f"{when.day}",
    "HH": lambda when: f"{when:%H}",
    "H": lambda when: f"{when:%H}".removeprefix("0"),
    "mm": lambda when: f"{when:%M}",
    "ss": lambda when: f"{when:%S}",
}
_MARK = re.compile("|".join(_MARKS))


def _date(value: object, pattern: Argument, style: Style) -> object:
    if not isinstance(value, date):
        return value
    when = value.astimezone(style.zone) if isinstance(value, datetime) else value
    return _dated(when, str(pattern or style.date_pattern))


def _dated(when: date, pattern: str) -> str:
    return _MARK.sub(lambda mark: _MARKS[mark.group()](when), pattern)


def _money(value: object, digits: Argument, style: Style) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    places = 2 if digits is None else min(int(digits), 12)
    return _grouped(Decimal(value).scaleb(-places), places, style)


def _number(value: object, digits: Argument, style: Style) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return value
    return _grouped(Decimal(str(value)), None if digits is None else int(digits), style)


def _grouped(number: Decimal, digits: int | None, style: Style) -> str:
    plain = f"{number:,f}" if digits is None else f"{number:,.{min(digits, 12)}f}"
    return plain.translate({ord(","): style.group_mark, ord("."): style.decimal_mark})


def _default(value: object, instead: Argument, style: Style) -> object:
    return instead if shown(value, style) == "" else value


def _truncate(value: object, length: Argument, style: Style) -> object:
    text, most = shown(value, style), int(length or 0)
    if len(text) <= most:
        return text
    return text[: most - 1].rstrip() + "…" if most else ""


def _first_name(value: object, _: Argument, style: Style) -> object:
    return (shown(value, style).split() or [""])[0]


def _join(value: object, mark: Argument, style: Style) -> object:
    if isinstance(value, (frozenset, set)):
        return str(mark).join(sorted(shown(one, style) for one in value))
    if isinstance(value, (tuple, list)):
        return str(mark).join(shown(one, style) for one in value)
    return value


def _capital(value: object, _: Argument, style: Style) -> object:
    text = shown(value, style)
    return text[:1].upper() + text[1:]


def _text(change: Callable[[str], str]) -> Filter:
    return Filter(lambda value, _, style: change(shown(value, style)))


def _title(text: str) -> str:
    # str.title() would make "O'Neil'S" of "O'Neil's".
    return " ".join(word[:1].upper() + word[1:].lower() for word in text.split(" "))


FILTERS: Mapping[str, Filter] = MappingProxyType(
    {
        "upper": _text(str.upper),
        "lower": _text(str.lower),
        "title": _text(_title),
        "capital": Filter(_capital),
        "trim": _text(str.strip),
        "first_name": Filter(_first_name),
        "truncate": Filter(_truncate, takes=int, needs_argument=True),
        "default": Filter(_default, takes=str, needs_argument=True),
        "join": Filter(_join, takes=str, needs_argument=True),
        "date": Filter(_date, takes=str),
        "time": Filter(lambda value, pattern, style: _date(value, pattern or style.time_pattern, style), takes=str),
        "money": Filter(_money, takes=int),
        "number": Filter(_number, takes=int),
    }
)
"""``money`` shows minor units; its number says how many digits they have (2). ``truncate`` keeps so many characters."""
