"""Texts, dates and money as the visitor reads them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal, get_currency_precision
from flask import Flask, g
from markupsafe import Markup, escape

from engine.text import LazyText, _l, fill
from web.browsers import browser_in_words
from web.site import site
from web.visit import Visit


def language() -> str:
    """Return the visitor's language; English outside of a request."""
    found: Visit | None = g.get("visit")
    return found.language if found is not None else "en"


def translated(text: str, **values: object) -> str:
    """Return a text in the visitor's language with its values; markup among the values stays markup."""
    found_visit: Visit | None = g.get("visit")
    chosen = found_visit.language if found_visit is not None else "en"
    languages = site().languages
    if isinstance(text, LazyText):
        return languages.translate(text, chosen)
    found = languages.gettext(text, chosen)
    return _filled(found, values) if values else found


def counted(singular: str, plural: str, count: int, **values: object) -> str:
    """Return the form of a text that a number asks for; ``{count}`` is filled by itself."""
    form = site().languages.ngettext(singular, plural, count, language())
    return _filled(form, {"count": number(count), **values})


def _filled(text: str, values: dict[str, object]) -> str:
    known = {
        name: site().languages.translate(value, language()) if isinstance(value, LazyText) else value
        for name, value in values.items()
    }
    if any(isinstance(value, Markup) for value in known.values()):
        return Markup(fill(str(escape(text)), {name: escape(value) for name, value in known.items()}))  # noqa: S704
    return fill(text, known)


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(g.visit.zone))


def moment(value: datetime | None, style: str = "short") -> str:
    """Return day and time: ``19 Nov, 10:00``, with the year where it is another; ``full`` is all of it, ``date`` the weekday."""
    if value is None:
        return ""
    local = _local(value)
    if style == "date":
        return format_datetime(local, "EEEE, d MMMM", locale=language())
    if style == "full":
        return format_datetime(local, "d MMMM y, HH:mm:ss", locale=language())
    same_year = local.year == datetime.now(local.tzinfo).year
    return format_datetime(local, "d MMM, HH:mm" if same_year else "d MMM y, HH:mm", locale=language())


def day(value: datetime | date | None) -> str:
    """Return a day: ``19 Nov``, with the year where it is another."""
    if value is None:
        return ""
    local = _local(value).date() if isinstance(value, datetime) else value
    return _day(local, "d MMM" if local.year == date.today().year else "d MMM y", language())  # noqa: DTZ011


def weekday(value: date) -> str:
    """Return a day with its weekday: ``Mon 24 Nov``, with the year where it is another."""
    return f"{_weekday(value, language())} {day(value)}"


def clock(value: datetime) -> str:
    """Return the time of a day: ``10:00``."""
    local = _local(value)
    return _clock(local.hour, local.minute, language())


def due(value: datetime, now: datetime) -> str:
    """Return a deadline as one says it: today 14:30, tomorrow, Wed 10:00, 3 Dec."""
    local, today = _local(value), _local(now).date()
    days = (local.date() - today).days
    if days == 0:
        return translated(_l("Today {time}", time=_clock(local.hour, local.minute, language())))
    if days == 1:
        return translated(_l("Tomorrow {time}", time=_clock(local.hour, local.minute, language())))
    if 1 < days < 7:
        return f"{_weekday(local.date(), language())} {_clock(local.hour, local.minute, language())}"
    return day(value)


@lru_cache(maxsize=10_000)
def _clock(hour: int, minute: int, locale: str) -> str:
    return format_time(time(hour, minute), "HH:mm", locale=locale)


@lru_cache(maxsize=10_000)
def _weekday(value: date, locale: str) -> str:
    return format_date(value, "EEE", locale=locale)


@lru_cache(maxsize=10_000)
def _day(value: date, style: str, locale: str) -> str:
    return format_date(value, style, locale=locale)


def ago(value: datetime, now: datetime) -> str:
    """Return a span of time in one short unit: ``3 h``, ``6 d``."""
    return span(now - value)


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit, short."""
    return span_in(max(int(length.total_seconds()) // 60, 1), language())


@lru_cache(maxsize=10_000)
def span_in(minutes: int, locale: str) -> str:
    """Return so many minutes in their largest unit, short, in a language."""
    return format_timedelta(
        timedelta(minutes=minutes), granularity="minute", threshold=1, format="short", locale=locale
    )


def money(amount: int, currency: str, *, cents: bool = False) -> str:
    """Return minor units as money; cents only where there are some, or where asked for."""
    return money_in(amount, currency, cents, language())


@lru_cache(maxsize=10_000)
def money_in(amount: int, currency: str, cents: bool, locale: str) -> str:
    """Return the same in a language."""
    digits = get_currency_precision(currency)
    whole = not cents and not amount % 10**digits
    value = Decimal(amount).scaleb(-digits)
    figures = format_decimal(value, "#,##0" if whole else f"#,##0.{'0' * digits}", locale=locale)
    sign = SIGNS.get(currency, currency)
    return f"{sign}{_THIN}{figures}".replace("\xa0", _THIN)


SIGNS = {
    "CZK": "Kč", "EUR": "€", "GBP": "£", "GEL": "₾", "KZT": "₸", "PLN": "zł", "RUB": "₽", "TRY": "₺", "UAH": "₴", "USD": "$",
}  # fmt: skip
"""Signs of currencies that everybody here reads; others are written by their three letters."""
_THIN = "\u202f"


def number(value: float) -> str:
    """Return a number with its groups of digits."""
    return _number(value, language())


@lru_cache(maxsize=10_000)
def _number(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=10_000)
def initials(name: str) -> str:
    """Return two letters for a name."""
    words = [word for word in name.split() if word[:1].isalnum()] or ["?"]
    return (words[0][0] + (words[1][0] if len(words) > 1 else "")).upper()


def browser(agent: str) -> str:
    """Return what a browser is called."""
    return translated(browser_in_words(agent))


def register(app: Flask) -> None:
    """Give templates these functions."""
    app.jinja_env.globals.update(_=translated, ngettext=counted)
    for view in (moment, day, weekday, clock, due, ago, span, money, number, initials, browser):
        app.jinja_env.filters[view.__name__] = view
