"""Reasons of conditions in the reader's words: names of fields instead of paths, money and moments as he writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from crm.directory import Directory
from engine.condition import Reason
from engine.text import LazyText, _l
from web.statuses import LEAD_STATUSES
from web.texts import day, moment, money, number, translated

FIELDS: Final[Mapping[str, LazyText]] = {
    "amount": _l("amount"),
    "archived_at": _l("moment of archiving"),
    "channel": _l("sales channel"),
    "city": _l("city"),
    "closed_at": _l("moment of closing"),
    "created_at": _l("moment of creation"),
    "currency": _l("currency"),
    "email": _l("e-mail"),
    "external_id": _l("number in the other system"),
    "from": _l("stage before"),
    "kind": _l("event"),
    "label": _l("button"),
    "lost_reason": _l("loss reason"),
    "name": _l("name"),
    "open_tasks": _l("number of open tasks"),
    "origin": _l("whose doing it was"),
    "owner": _l("owner"),
    "phone": _l("phone"),
    "plan": _l("sales plan"),
    "reason": _l("loss reason"),
    "source": _l("source"),
    "stage": _l("stage"),
    "stage_entered_at": _l("moment of entering the stage"),
    "status": _l("status"),
    "tags": _l("tags"),
    "title": _l("title"),
    "type": _l("type"),
    "company_name": _l("company"),
    "contact_id": _l("contact"),
    "company_id": _l("company"),
    "products": _l("products"),
}


def field_name(settings: Directory, path: str) -> str:
    """Return what a field is called: ``deal.amount`` is *amount*, ``lead.field.budget`` the name that it was given."""
    record, _, key = path.partition(".")
    if key.startswith("field."):
        own = settings.fields.get((record, key.removeprefix("field.")))
        return own.name if own is not None else key
    return FIELDS.get(key, path)


def reason_said(settings: Directory, reason: Reason, currency: str) -> str:
    """Return a part of a condition and how it came out: *amount is 27 400 UAH, needs more than 30 000 UAH*."""
    return translated(_readable(settings, reason, currency).text)


def _readable(settings: Directory, reason: Reason, currency: str) -> Reason:
    parts = tuple(_readable(settings, part, currency) for part in reason.parts)
    if reason.field is None:
        return replace(reason, parts=parts)
    path = reason.field

    def said(value: object) -> bool | int | float | str | None:
        return value_said(settings, path, value, currency)

    seen = tuple(said(one) for one in reason.seen) if isinstance(reason.seen, tuple) else said(reason.seen)
    name = translated(field_name(settings, path))
    return replace(reason, field=name, seen=seen, wanted=tuple(said(one) for one in reason.wanted), parts=parts)


def value_said(settings: Directory, path: str, value: object, currency: str) -> bool | int | float | str | None:
    """Return a value of a field as people read it."""
    if value is None or isinstance(value, bool):
        return value
    record, _, key = path.partition(".")
    own = settings.fields.get((record, key.removeprefix("field."))) if key.startswith("field.") else None
    kind = own.type if own is not None else key
    if isinstance(value, Mapping):
        known = settings.resources.get(value.get("resource", 0))
        return f"{known.name if known is not None else '?'}, {_moment(str(value.get('from')))}"
    if kind in ("contact", "company", "deal") and isinstance(value, int):
        return translated(_l("No. {number}", number=value))
    if kind in ("amount", "money") and isinstance(value, int):
        return money(value, currency)
    if isinstance(value, (int, float)):
        user = settings.users.get(int(value)) if kind in ("user", "owner", "owner_id") else None
        return user.name if user is not None else number(value)
    text = str(value)
    match kind:
        case "owner" | "user":
            return settings.logins[text].name if text in settings.logins else text
        case "plan":
            return settings.plan_keys[text].name if text in settings.plan_keys else text
        case "stage" | "from":
            plans = settings.plan_keys.values()
            return next((plan.by_key[text].name for plan in plans if text in plan.by_key), text)
        case "status":
            return translated(LEAD_STATUSES[text]) if text in LEAD_STATUSES else text
        case "date" | "datetime" | "resource" | "created_at" | "archived_at" | "closed_at" | "stage_entered_at":
            return _moment(text)
    return text


def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) == 10:
        return day(date.fromisoformat(text))
    return moment(found) if found.tzinfo is not None else text
