"""Custom fields on pages: how their values are shown, how forms ask for them and read them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import g, request

from crm.directory import Directory, FieldDefinition, Resource
from crm.fields.shown import FieldShown
from engine.text import LazyText, _l
from web.files import files_sent
from web.maps import map_link
from web.money import in_field, minor_units
from web.reasons import value_said
from web.texts import moment, translated

PREFIX: Final = "field."
_ROOMS: Final = {"deal": "deals", "lead": "leads", "contact": "contacts", "company": "companies"}
NAMING: Final = frozenset({"deal", "contact", "company"})
"""Types of fields that name another record."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a field."""

    sha256: str
    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class BookingView:
    """A booking as a form shows it: the key of the resource, and the ends as controls take them."""

    resource: str = ""
    starts: str = ""
    ends: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """A custom field on a page.

    ``said`` is its value in words, ``typed`` what stands in its control; a list for several.  ``link`` is where the value leads,
    if anywhere; ``resources`` are what can be booked.
    """

    definition: FieldDefinition
    said: str
    typed: str | list[str]
    link: str = ""
    files: tuple[FileView, ...] = ()
    booking: BookingView = field(default_factory=BookingView)
    resources: tuple[Resource, ...] = ()

    @property
    def name(self) -> str:
        """The name of its control."""
        return f"{PREFIX}{self.definition.key}"


def field_views(settings: Directory, fields: Sequence[FieldShown], currency: str) -> list[FieldView]:
    """Return fields as pages show them."""
    return [_view(settings, one, currency) for one in fields]


def fields_sent(settings: Directory, kind: str, currency: str) -> tuple[dict[str, object], dict[str, str]]:
    """Return what the present request sent for custom fields, by path, and what is wrong with them, by control.

    Fields that were not sent stay as they are.  Files come as ``web.files.FilesSent``: ``with_files`` keeps them.
    """
    values: dict[str, object] = {}
    errors: dict[str, str] = {}
    for (record, key), definition in settings.fields.items():
        name = f"{PREFIX}{key}"
        if record != kind or name not in request.form:
            continue
        several = [one.strip() for one in request.form.getlist(name) if one.strip()]
        found: object
        match definition.type:
            case "choices":
                found = several
            case "file":
                found = files_sent(name)
            case "resource":
                found = _booking_sent(name)
            case _:
                found = _read(definition, several[-1] if several else "", currency)
        if isinstance(found, LazyText):
            errors[name] = translated(found)
        else:
            values[name] = found
    return values, errors


def typed_again() -> Mapping[str, Any]:
    """Return what stood in the controls of custom fields, to fill them again."""
    return {
        name: request.form.getlist(name) if len(request.form.getlist(name)) > 1 else request.form[name]
        for name in request.form
        if name.startswith(PREFIX)
    }


def _booking_sent(name: str) -> object:
    resource, starts, ends = (request.form.get(f"{name}.{part}", "").strip() for part in ("resource", "from", "to"))
    if not resource:
        return None
    if not starts or not ends:
        return _l("say from when and until when it is booked")
    zone = ZoneInfo(g.visit.zone)
    try:
        start, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (starts, ends))
    except ValueError:
        return _l("say from when and until when it is booked")
    return {"resource": resource, "from": start, "to": end}


def _read(definition: FieldDefinition, text: str, currency: str) -> object:
    if not text:
        return None
    if definition.type == "money":
        amount = minor_units(text, currency)
        return _l("“{value}” is no amount: write it as 1234.50", value=text) if amount is None else amount
    if definition.type == "datetime":
        try:
            return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(g.visit.zone))
        except ValueError:
            return text
    return text


def _view(settings: Directory, one: FieldShown, currency: str) -> FieldView:
    definition, value = one.definition, one.value
    match definition.type:
        case "address":
            link = map_link(value, str(settings.organization["map_site"])) if value else ""
            return FieldView(definition, value or "", value or "", link)
        case "link":
            return FieldView(definition, value or "", value or "", value or "")
        case "file":
            files = tuple(FileView(each["sha256"], each["name"], each["bytes"]) for each in value or ())
            return FieldView(definition, ", ".join(each.name for each in files), "", files=files)
        case "deal" | "contact" | "company" if value is None:
            return FieldView(definition, "", "")
        case "deal" | "contact" | "company":
            number = translated(_l("No. {number}", number=value))
            link = f"/{_ROOMS[definition.type]}/{value}" if one.title else ""
            return FieldView(definition, one.title or number, f"{value} · {one.title}".rstrip(" ·"), link)
        case "resource":
            return _booked(settings, definition, value)
    return FieldView(definition, _said(settings, one, currency), _typed(settings, one, currency))


def _booked(settings: Directory, definition: FieldDefinition, value: Mapping[str, Any] | None) -> FieldView:
    known = settings.resources.get(value["resource"]) if value else None
    resources = tuple(one for one in settings.resources.values() if one.is_active or one == known)
    if value is None:
        return FieldView(definition, "", "", resources=resources)
    said = booking_said(known, datetime.fromisoformat(value["from"]), datetime.fromisoformat(value["to"]))
    zone = ZoneInfo(g.visit.zone)
    ends = [datetime.fromisoformat(value[name]).astimezone(zone).strftime("%Y-%m-%dT%H:%M") for name in ("from", "to")]
    booking = BookingView(known.key if known is not None else "", *ends)
    return FieldView(definition, said, "", booking=booking, resources=resources)


def booking_said(known: Resource | None, start: datetime, end: datetime) -> str:
    """Return a booking in words: what, from when until when."""
    zone = ZoneInfo(g.visit.zone)
    same_day = start.astimezone(zone).date() == (end - timedelta(microseconds=1)).astimezone(zone).date()
    until = f"{end.astimezone(zone):%H:%M}" if same_day else moment(end)
    return f"{known.name if known is not None else '?'}, {moment(start)} – {until}"


def _said(settings: Directory, one: FieldShown, currency: str) -> str:
    if one.value is None:
        return ""
    path = f"{one.definition.record_kind}.field.{one.definition.key}"
    several = one.value if isinstance(one.value, list) else [one.value]
    said = [value_said(settings, path, value, currency) for value in several]
    return ", ".join(
        translated(_l("yes") if value else _l("no")) if isinstance(value, bool) else str(value) for value in said
    )


def _typed(settings: Directory, one: FieldShown, currency: str) -> str | list[str]:
    value = one.value
    if value is None:
        return [] if one.definition.type == "choices" else ""
    match one.definition.type:
        case "choices":
            return [str(each) for each in value]
        case "money":
            return in_field(int(value), currency)
        case "bool":
            return "true" if value else "false"
        case "datetime":
            return datetime.fromisoformat(value).astimezone(ZoneInfo(g.visit.zone)).strftime("%Y-%m-%dT%H:%M")
        case "user":
            user = settings.users.get(value)
            return user.login if user is not None else ""
    return str(value)
