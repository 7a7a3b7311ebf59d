"""Counts and sums of deals in words."""

from __future__ import annotations

from crm.deals.board import Tally
from web.texts import counted, money


def sums_in_words(tally: Tally) -> str:
    """Return sums as money, those of different currencies apart."""
    return " + ".join(money(amount, currency) for currency, amount in tally.sums.items())


def total_in_words(tally: Tally) -> str:
    """Return a count and its sums."""
    words = counted("{count} deal", "{count} deals", tally.deals)
    sums = sums_in_words(tally)
    return f"{words} · {sums}" if sums else words
