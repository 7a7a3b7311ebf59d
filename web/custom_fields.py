"""Custom fields on pages: how their values are shown, how forms ask for them and read them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import g, request

from crm.directory import Directory, FieldDefinition
from crm.fields.shown import FieldShown
from engine.text import LazyText, _l
from web.money import in_field, minor_units
from web.reasons import value_said
from web.texts import translated

PREFIX: Final = "field."


@dataclass(frozen=True, slots=True)
class FieldView:
    """A custom field on a page: ``said`` is its value in words, ``typed`` what stands in its control; a list for several."""

    definition: FieldDefinition
    said: str
    typed: str | list[str]

    @property
    def name(self) -> str:
        """The name of its control."""
        return f"{PREFIX}{self.definition.key}"


def field_views(settings: Directory, fields: Sequence[FieldShown], currency: str) -> list[FieldView]:
    """Return fields as pages show them."""
    return [
        FieldView(one.definition, _said(settings, one, currency), _typed(settings, one, currency)) for one in fields
    ]


def fields_sent(settings: Directory, kind: str, currency: str) -> tuple[dict[str, object], dict[str, str]]:
    """Return what the present request sent for custom fields, by path, and what is wrong with them, by control.

    Fields that were not sent stay as they are.
    """
    values: dict[str, object] = {}
    errors: dict[str, str] = {}
    for (record, key), definition in settings.fields.items():
        name = f"{PREFIX}{key}"
        if record != kind or name not in request.form:
            continue
        several = [one.strip() for one in request.form.getlist(name) if one.strip()]
        found = several if definition.type == "choices" else _read(definition, several[-1] if several else "", currency)
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
