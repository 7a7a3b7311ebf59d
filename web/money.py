"""Amounts of money in fields of forms."""

from __future__ import annotations

from crm.importing.values import decimals_of, parse_money


def minor_units(text: str, currency: str) -> int | None:
    """Return an amount as typed in minor units: ``1 054,50`` is 105450; ``None`` where it is no amount, or below 0."""
    found = parse_money(text, decimals=decimals_of(currency), mark=None)
    if not isinstance(found, int):
        found = parse_money(text, decimals=decimals_of(currency), mark=".")
    return found if isinstance(found, int) and found >= 0 else None


def in_field(amount: int, currency: str) -> str:
    """Return minor units as they stand in a field: ``1054.50``, whole ones without decimals."""
    places = decimals_of(currency)
    whole, rest = divmod(amount, 10**places)
    return f"{whole}.{rest:0{places}d}" if rest else str(whole)
