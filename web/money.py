"""Amounts of money in fields of forms."""

from __future__ import annotations

from crm.errors import InvalidError
from crm.importing.values import decimals_of, parse_money
from engine.text import _l


def minor_units(text: str, currency: str) -> int | None:
    """Return an amount as typed in minor units: ``1 054,50`` is 105450; ``None`` where it is no amount, or below 0."""
    found = parse_money(text, decimals=decimals_of(currency), mark=None)
    if not isinstance(found, int):
        found = parse_money(text, decimals=decimals_of(currency), mark=".")
    return found if isinstance(found, int) and found >= 0 else None


def read_amount(text: str, currency: str) -> int:
    """Return an amount as typed in minor units.

    Raises:
        InvalidError: it is no amount, or below 0.
    """
    found = minor_units(text, currency)
    if found is None:
        raise InvalidError(_l("write an amount, as 12500 or 99.90"))
    return found


def in_field(amount: int, currency: str) -> str:
    """Return minor units as they stand in a field: ``1054.50``, whole ones without decimals."""
    places = decimals_of(currency)
    whole, rest = divmod(amount, 10**places)
    return f"{whole}.{rest:0{places}d}" if rest else str(whole)
