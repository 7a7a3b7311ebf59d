"""Amounts of money for people and for programs."""

from __future__ import annotations

from crm.importing.values import decimals_of


def in_figures(minor: int, currency: str) -> str:
    """Return an amount as a plain decimal: ``105450`` of UAH is ``1054.50``."""
    places = decimals_of(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def in_words(minor: int, currency: str, language: str) -> str:
    """Return an amount as a reader of the language writes it: ``$1,054.50``, ``1 054,50 ₴``; whole ones without decimals."""
    from decimal import Decimal

    from babel.numbers import format_currency, get_currency_symbol

    amount = Decimal(in_figures(minor, currency))
    places = 0 if amount == amount.to_integral_value() else decimals_of(currency)
    number = f"#,##0.{'0' * places}" if places else "#,##0"
    gap = "\N{NO-BREAK SPACE}" if get_currency_symbol(currency, locale=language)[-1:].isalpha() else ""
    pattern = f"¤{gap}{number}" if language == "en" else f"{number}\N{NO-BREAK SPACE}¤"
    return str(format_currency(amount, currency, format=pattern, locale=language, currency_digits=False))
