"""Numbers, days and distances of facets: texts in one form each, and what conditions are given for them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from crm.directory import Directory
from crm.importing.values import decimals_of
from engine.condition import FieldKind, Span

_LARGEST: Final = Decimal(10) ** 15
_DISTANCE: Final = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}
_SPACES: Final = re.compile(r"[\s\u00a0\u202f']+")
NUMBERS: Final[frozenset[FieldKind]] = frozenset({"number", "money"})
TIMES: Final[frozenset[FieldKind]] = frozenset({"date", "datetime"})


def number_text(text: str) -> str | None:
    """Return a number as facets write it: ``1 000,50`` is ``1000.5``; ``None`` where it is none, or too large."""
    text = _SPACES.sub("", text)
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found) > _LARGEST or (found.normalize().as_tuple().exponent or 0) < -6:  # type: ignore[operator]  # finite
        return None
    return f"{found.normalize():f}" if found else "0"


def figure(text: str, kind: FieldKind, settings: Directory) -> int | float | None:
    """Return a number for a condition: an amount in minor units; ``None`` where it is none."""
    known = number_text(text)
    if known is None:
        return None
    found = Decimal(known)
    if kind == "money":
        found = found.scaleb(decimals_of(str(settings.organization.get("currency", ""))))
    return int(found) if found == int(found) else float(found)


def figure_text(value: float, kind: FieldKind, settings: Directory) -> str | None:
    """Return the text of a number of a condition."""
    found = Decimal(str(value))
    if kind == "money":
        found = found.scaleb(-decimals_of(str(settings.organization.get("currency", ""))))
    return number_text(f"{found:f}")


def day_of(text: str) -> date | None:
    """Return a day written as ``2026-12-31``; ``None`` for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text and 1901 <= found.year <= 2199 else None


def distance(text: str) -> Span | None:
    """Return a distance written as ``30d``; ``None`` for anything else."""
    match = _DISTANCE.fullmatch(text)
    return Span(**{_UNITS[match[2]]: int(match[1])}) if match else None


def distance_text(span: Any) -> str | None:
    """Return the text of a distance of a condition, a ``Span`` or its plain form; ``None`` where it is of several units."""
    parts = span.model_dump() if isinstance(span, Span) else span
    given = [(unit, parts[name]) for unit, name in _UNITS.items() if parts.get(name)]
    if len(given) != 1 or parts.get("minutes"):
        return None
    [(unit, count)] = given
    text = f"{count}{unit}"
    return text if distance(text) is not None else None
