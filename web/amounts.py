"""Money as people write it into forms."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from babel.numbers import get_currency_precision

from crm.errors import InvalidError
from engine.text import _l


def read_amount(text: str, currency: str) -> int:
    """Return an amount in minor units: ``12 500,50`` in hryvnias is 1 250 050.

    Raises:
        InvalidError: it is no amount.
    """
    plain = text.replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", ".")
    try:
        amount = Decimal(plain).scaleb(get_currency_precision(currency))
        if not amount.is_finite() or abs(amount) > 10**16:
            raise InvalidOperation
    except InvalidOperation:
        raise InvalidError(_l("write an amount, as 12500 or 99.90")) from None
    return int(amount.to_integral_value())


def amount_text(amount: int, currency: str) -> str:
    """Return minor units as ``read_amount`` reads them."""
    digits = get_currency_precision(currency)
    return f"{Decimal(amount).scaleb(-digits):f}" if amount % 10**digits else str(amount // 10**digits)
