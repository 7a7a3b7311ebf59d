"""What forms offer: languages, time zones, currencies, countries."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import get_currency_name

LANGUAGES = (("en", "English"), ("ru", "Русский"), ("uk", "Українська"))
CURRENCIES = ("UAH", "USD", "EUR", "PLN", "KZT", "GEL", "GBP", "RUB", "CZK", "TRY")
_NO_PLACES = ("Etc/", "posix", "right", "SystemV", "US/", "Canada/", "Brazil/", "Mexico/", "Chile/")


@cache
def zones() -> list[tuple[str, str]]:
    """Return the time zones of places, by name."""
    names = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(_NO_PLACES))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in names)]


def currencies(locale: str, *, also: str = "") -> list[tuple[str, str]]:
    """Return currencies as code and name; ``also`` is one that must be among them."""
    codes = [*CURRENCIES, *([also] if also and also not in CURRENCIES else [])]
    return [(code, f"{code} · {get_currency_name(code, locale=locale)}") for code in codes]


@cache
def country_names(locale: str) -> list[tuple[str, str]]:
    """Return the countries whose holidays are known, as code and name, in order of name."""
    import holidays  # a quarter of a second, needed on two pages

    names = Locale(locale).territories
    return sorted(
        ((code, names.get(code, code)) for code in holidays.list_supported_countries()), key=lambda one: one[1]
    )
