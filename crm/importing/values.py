"""Cells into values: money, figures, yes and no, phones, e-mails, lists.

Expected badness is a value too: every parser answers with what the cell means or with a `CellProblem` saying why not.
Dates are in `crm.importing.moments`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from crm.people.identity import normalise_email, normalise_phone
from engine.text import LazyText, _l

DecimalMark = Literal[".", ","]

# ISO 4217: currencies whose minor unit is not a hundredth.
_DECIMALS: Final = dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX"), 0) | (
    dict.fromkeys(("UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
)
_MOST_MINOR_UNITS: Final = 10**17
_SIGNS: Final = re.compile(
    r"[$€£¥₴₽₸₺₹¤]|(?<![^\W\d_])(?:руб|грн|uah|rub|rur|usd|eur|kzt|byn|р)\.?(?![^\W\d_])", re.IGNORECASE
)
_SPACES: Final = re.compile(r"[\s\u00a0\u202f\u2009'’]")
_GROUPED: Final = r"\d{1,3}(?:%s\d{3})+"
_YES: Final = frozenset({"1", "y", "yes", "true", "t", "on", "да", "так", "истина", "правда", "є", "+"})
_NO: Final = frozenset({"0", "n", "no", "false", "f", "off", "нет", "ні", "ложь", "хиба", "-"})
_CURRENCY_NAMES: Final = {
    "₴": "UAH", "грн": "UAH", "гривня": "UAH", "гривна": "UAH",
    "₽": "RUB", "руб": "RUB", "р": "RUB", "рубль": "RUB", "рублей": "RUB", "российский рубль": "RUB", "RUR": "RUB",
    "$": "USD", "доллар": "USD", "доллар сша": "USD", "долар": "USD", "долар сша": "USD",
    "€": "EUR", "евро": "EUR", "євро": "EUR", "£": "GBP", "₸": "KZT", "тенге": "KZT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Why a cell does not mean what its column asks for, and what to do."""

    reason: LazyText


def decimals_of(currency: str) -> int:
    """Return how many decimals a currency's minor unit has: 2 for all but a few (ISO 4217)."""
    return _DECIMALS.get(currency, 2)


def parse_money(text: str, *, decimals: int = 2, mark: DecimalMark | None = None) -> int | CellProblem:
    """Return an amount in minor units: ``1 054,50`` is 105450 with two decimals.

    Without a told decimal ``mark`` the cell must speak for itself: of a point and a comma the last is the mark; one
    that repeats groups thousands; a single comma before exactly three digits groups thousands (``1,054``), a single
    point there could be either and is refused.
    """
    number = _number(text, mark)
    if isinstance(number, CellProblem):
        return number
    minor = number.scaleb(decimals)
    if minor != minor.to_integral_value():
        return CellProblem(
            _l(
                "“{text}” has more than {decimals} decimals: round it, or tell the decimal mark",
                text=text,
                decimals=decimals,
            )
        )
    if abs(minor) >= _MOST_MINOR_UNITS:
        return CellProblem(_l("“{text}” is too large an amount", text=text))
    return int(minor)


def parse_quantity(text: str, *, mark: DecimalMark | None = None) -> Decimal | CellProblem:
    """Return a quantity above nothing, with at most three decimals."""
    number = _number(text, mark)
    if isinstance(number, CellProblem):
        return number
    if number <= 0 or number.scaleb(3) % 1 or number >= 10**9:
        return CellProblem(_l("“{text}” is no quantity: it must be above 0, with at most 3 decimals", text=text))
    return number


def parse_boolean(text: str) -> bool | CellProblem:
    """Return what yes and no mean in English, Russian and Ukrainian tables."""
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    return CellProblem(_l("“{text}” is neither yes nor no", text=text))


def parse_currency(text: str) -> str | CellProblem:
    """Return an ISO 4217 code in capitals, also for the usual signs and names."""
    word = text.strip().rstrip(".")
    known = _CURRENCY_NAMES.get(word) or _CURRENCY_NAMES.get(word.upper()) or _CURRENCY_NAMES.get(word.casefold())
    if known is not None:
        return known
    if len(word) == 3 and word.isascii() and word.isalpha():
        return word.upper()
    return CellProblem(_l("“{text}” is no currency: write its three letters, like UAH", text=text))


def parse_phones(text: str, *, region: str | None) -> tuple[str, ...] | CellProblem:
    """Return the phones in a cell in E.164, each once, in order; several stand apart by ``,``, ``;`` or line ends."""
    found: list[str] = []
    for part in _parts(text, r"[,;|\n]"):
        phone = normalise_phone(part, region)
        if phone is None:
            return CellProblem(
                _l("“{text}” is no phone number: write it with + and the country code", text=part)
                if region is None
                else _l(
                    "“{text}” is no phone number, neither of {region} nor with a country code", text=part, region=region
                )
            )
        found.append(phone)
    return tuple(dict.fromkeys(found))


def parse_emails(text: str) -> tuple[str, ...] | CellProblem:
    """Return the e-mail addresses in a cell, each once, in order; several stand apart by ``,``, ``;`` or line ends."""
    found: list[str] = []
    for part in _parts(text, r"[,;|\n]"):
        email = normalise_email(part)
        if email is None:
            return CellProblem(_l("“{text}” is no e-mail address", text=part))
        found.append(email)
    return tuple(dict.fromkeys(found))


def parse_words(text: str) -> tuple[str, ...]:
    """Return the words of a list, as tags: apart by ``,``, ``;`` or ``|``, each once, in order."""
    return tuple(dict.fromkeys(_parts(text, r"[,;|\n]")))


def _parts(text: str, separators: str) -> list[str]:
    return [part.strip() for part in re.split(separators, text) if part.strip()]


def _number(text: str, mark: DecimalMark | None) -> Decimal | CellProblem:
    bare = _SPACES.sub("", _SIGNS.sub("", text)).replace("−", "-")
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    sign, digits = ("-", bare[1:]) if bare.startswith("-") else ("", bare.removeprefix("+"))
    plain = _plain(digits, mark)
    if plain is None:
        return CellProblem(_l("“{text}” is no number", text=text))
    if plain == "":
        return CellProblem(
            _l('“{text}” may be a thousand or a fraction: tell the decimal mark in the map, as decimal: "."', text=text)
        )
    return Decimal(sign + plain)


def _plain(digits: str, mark: DecimalMark | None) -> str | None:
    """Return a figure with a decimal point and no groups; ``None`` for no figure, empty for an ambiguous one."""
    if len(digits) > 40 or not digits.isascii():
        return None
    if digits.isdigit():
        return digits
    if mark is None:
        last = max(digits.rfind("."), digits.rfind(","))
        if last < 0:
            return None
        only = digits[last]
        if digits.count(only) > 1 and ("," if only == "." else ".") not in digits:
            mark = "," if only == "." else "."
        elif re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", digits):
            return ""
        elif re.fullmatch(r"[1-9]\d{0,2},\d{3}", digits):
            mark = "."
        else:
            mark = "." if only == "." else ","
    group = re.escape("," if mark == "." else ".")
    whole, _, fraction = digits.partition(mark)
    if re.fullmatch(_GROUPED % group, whole):
        whole = re.sub(group, "", whole)
    if not re.fullmatch(r"\d*", whole) or not re.fullmatch(r"\d*", fraction) or not whole + fraction:
        return None
    return f"{whole or '0'}.{fraction or '0'}"
