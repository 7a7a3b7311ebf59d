"""The built-in fields that people and funnels may write: their columns, and what fits them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from crm.directory import Directory
from crm.people.identity import normalise_email, normalise_phone
from engine.text import LazyText, _l

FieldKind = Literal["lead", "deal", "contact", "company"]

LONGEST_TEXT: Final = 255
LARGEST_AMOUNT: Final = 10**15
LEAD_STATUSES: Final = ("not_processed", "in_work", "unreachable", "quality", "junk")

Check = Callable[[object, Directory], "Mapping[str, Any] | LazyText"]
"""Returns the new values of columns, or why the value does not fit."""


@dataclass(frozen=True, slots=True)
class Column:
    """A built-in field: its check, and whether its values are personal data, which stay out of events."""

    check: Check
    is_personal: bool


def _text(name: str, *, required: bool = False, folded: bool = False) -> Check:
    def check(value: object, _settings: Directory) -> Mapping[str, Any] | LazyText:
        text = " ".join(str(value).replace("\x00", "").split()) if value is not None else ""
        if len(text) > LONGEST_TEXT:
            return _l("the text is longer than {limit} characters: shorten it", limit=LONGEST_TEXT)
        if required and not text:
            return _l("it cannot be empty")
        kept = text or None
        return {name: kept, f"{name}_fold": text.casefold() if text else None} if folded else {name: kept}

    return check


def _phone(value: object, settings: Directory) -> Mapping[str, Any] | LazyText:
    if value in (None, ""):
        return {"phone": None}
    phone = normalise_phone(str(value), home_region(settings))
    return _l("“{value}” is no phone number", value=value) if phone is None else {"phone": phone}


def _email(value: object, _settings: Directory) -> Mapping[str, Any] | LazyText:
    if value in (None, ""):
        return {"email": None}
    email = normalise_email(str(value))
    return _l("“{value}” is no e-mail address", value=value) if email is None else {"email": email}


def _amount(value: object, _settings: Directory) -> Mapping[str, Any] | LazyText:
    number: Any = value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = None
    if value is None or value == "":
        number = 0
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not float(number).is_integer():
        return _l("“{value}” is no amount in whole minor units", value=value)
    if not 0 <= number <= LARGEST_AMOUNT:
        return _l("an amount is from 0 to {limit} minor units", limit=LARGEST_AMOUNT)
    return {"amount": int(number)}


def _currency(value: object, _settings: Directory) -> Mapping[str, Any] | LazyText:
    code = str(value).strip().upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        return _l("“{value}” is no currency: write three letters, as EUR", value=value)
    return {"currency": code}


def _channel(value: object, settings: Directory) -> Mapping[str, Any] | LazyText:
    if value in (None, ""):
        return {"channel_id": None}
    found = settings.channel_keys.get(value) if isinstance(value, str) else None
    return _l("there is no channel “{value}”", value=value) if found is None else {"channel_id": found}


def _status(value: object, _settings: Directory) -> Mapping[str, Any] | LazyText:
    if value not in LEAD_STATUSES:
        return _l("“{value}” is no status: choose one of {known}", value=value, known=", ".join(LEAD_STATUSES))
    return {"status": value}


def _owner(value: object, settings: Directory) -> Mapping[str, Any] | LazyText:
    if value in (None, ""):
        return {"owner_id": None}
    user = settings.logins.get(value) if isinstance(value, str) else None
    if user is None or not user.is_active:
        return _l("there is no active user “{user}”", user=value)
    return {"owner_id": user.id}


def _id(name: str) -> Check:
    def check(value: object, _settings: Directory) -> Mapping[str, Any] | LazyText:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            return _l("“{value}” is no id", value=value)
        return {name: value}

    return check


def home_region(settings: Directory) -> str | None:
    """Return the country that phones without ``+`` belong to: the first whose holidays the company keeps."""
    countries = settings.calendar.countries
    return countries[0][:2] if countries else None


COLUMNS: Final[Mapping[FieldKind, Mapping[str, Column]]] = {
    "lead": {
        "title": Column(_text("title", required=True, folded=True), True),
        "name": Column(_text("name", folded=True), True),
        "phone": Column(_phone, True),
        "email": Column(_email, True),
        "company_name": Column(_text("company_name"), True),
        "source": Column(_text("source", folded=True), False),
        "channel": Column(_channel, False),
        "status": Column(_status, False),
        "contact_id": Column(_id("contact_id"), False),
        "company_id": Column(_id("company_id"), False),
    },
    "deal": {
        "title": Column(_text("title", required=True, folded=True), True),
        "amount": Column(_amount, False),
        "currency": Column(_currency, False),
        "contact_id": Column(_id("contact_id"), False),
        "company_id": Column(_id("company_id"), False),
    },
    "contact": {
        "name": Column(_text("name", required=True, folded=True), True),
        "phone": Column(_phone, True),
        "email": Column(_email, True),
        "type": Column(_text("type", folded=True), False),
        "city": Column(_text("city", folded=True), True),
        "company_id": Column(_id("company_id"), False),
        "owner": Column(_owner, False),
    },
    "company": {
        "name": Column(_text("name", required=True, folded=True), True),
        "owner": Column(_owner, False),
    },
}

WRITTEN: Final[Mapping[FieldKind, tuple[str, ...]]] = {
    "lead": (
        "title", "title_fold", "name", "name_fold", "phone", "email", "company_name", "source", "source_fold",
        "channel_id", "status", "contact_id", "company_id", "fields", "version",
    ),
    "deal": ("title", "title_fold", "amount", "currency", "contact_id", "company_id", "fields", "version"),
    "contact": (
        "name", "name_fold", "phone", "email", "type", "type_fold", "city", "city_fold", "company_id", "owner_id", "fields",
        "version",
    ),
    "company": ("name", "name_fold", "owner_id", "fields", "version"),
}  # fmt: skip
"""The columns of each kind that a change writes."""
