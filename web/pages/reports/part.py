"""What the pages of reports share: the blueprint, settings in addresses, links from figures to records, figures in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from babel.units import format_unit
from flask import Blueprint, request
from pydantic import Field, ValidationError
from werkzeug.datastructures import MultiDict

from crm.directory import Directory, directory
from crm.reports.asked import GROUPS, Asked, Type, usual
from crm.reports.dimensions import FIELD_TYPES
from crm.reports.narrowing import EMPTY, Narrowing
from crm.reports.saved import LONGEST_NAME
from crm.reports.table import Cell, Kind
from db.work import Work
from engine.setting_errors import problem_of
from engine.text import LazyText, _l
from web.finding import link_to
from web.forms import FormModel
from web.texts import language, money, number, span, translated
from web.visit import me, viewer

blueprint = Blueprint("reports", __name__, url_prefix="/reports")

SETTINGS: Final[Mapping[str, str]] = {
    "groups": "group",
    "plans": "plan",
    "people": "person",
    "period": "period",
    "since": "since",
    "until": "until",
    "basis": "basis",
}
"""The settings of a report, and their names in addresses and forms."""
_DAY: Final = timedelta(days=1)
_LISTS_OF: Final = {"deal": "/deals", "task": "/tasks"}
_LISTS: Final = frozenset({"groups", "plans", "people"})

GROUP_WORDS: Final[Mapping[str, LazyText]] = {
    "plan": _l("Sales plan"),
    "owner": _l("Manager"),
    "supervisor": _l("Team of"),
    "product": _l("Product"),
    "channel": _l("Sales channel"),
    "source": _l("Source"),
    "month": _l("Month"),
}


class NameForm(FormModel):
    """What is sent to save a report, beside its settings, which stand in the same form."""

    name: str = Field(max_length=LONGEST_NAME)
    is_shared: bool = False
    version: int | None = None


def asked_in(given: MultiDict[str, str], type_: Type, otherwise: Asked | None = None) -> tuple[Asked, str]:
    """Return what an address or a form asks, and what is wrong with it, in words, where something is.

    One that says nothing asks ``otherwise``, else what is usual for the type; so does one that cannot be.
    """
    otherwise = otherwise or usual(type_)
    if not any(name in given for name in SETTINGS.values()):
        return otherwise, ""
    values: dict[str, Any] = {"type": type_, "basis": usual(type_).basis}
    for key, name in SETTINGS.items():
        several = [one for one in dict.fromkeys(given.getlist(name)) if one]
        if several:
            values[key] = several if key in _LISTS else several[-1]
    try:
        return Asked.model_validate(values), ""
    except ValidationError as error:
        return otherwise, translated(problem_of(error.errors(include_url=False)[0])[1])


def parameters(asked: Asked) -> dict[str, Any]:
    """Return the settings of a report as they stand in an address."""
    found: dict[str, Any] = {}
    for key, value in asked.model_dump(mode="json").items():
        if key in SETTINGS and value:
            found[SETTINGS[key]] = value
    return found


def address(narrowing: Narrowing) -> str:
    """Return the address of the list with exactly these records; nothing where no page shows them together."""
    whose = dict(narrowing.fields).get("responsible", ())
    if narrowing.subject == "task" and (not whose or EMPTY in whose or (me().login in whose and len(whose) > 1)):
        return ""  # the page of tasks shows one's own, or those of others, and no list of both
    of_others = narrowing.subject == "task" and whose != (me().login,)
    return link_to(_LISTS_OF[narrowing.subject], narrowing.wanted, ("whose", "team" if of_others else ""))


def link(cell: Cell) -> str:
    """Return where a figure leads; nothing where there is nothing to show."""
    return address(cell.leads_to) if cell.leads_to is not None and cell.value else ""


def figure(cell: Cell, kind: Kind) -> str:
    """Return a figure as it is read; a dash where there is none."""
    value = cell.value
    if value is None or value == {}:
        return "–"
    if isinstance(value, timedelta):
        return length(value)
    if isinstance(value, Mapping):
        return " + ".join(money(amount, currency) for currency, amount in value.items())
    if kind == "share":
        return percent(float(value))
    return number(value)


def in_words(text: str) -> str:
    """Return a text of ours in the visitor's language; names that people gave stay as they are."""
    return translated(text) if isinstance(text, LazyText) else text


def length(value: timedelta) -> str:
    """Return a length of time: days with one decimal, less than a day in hours or minutes."""
    if value < _DAY:
        return span(value)
    return format_unit(round(value / _DAY, 1), "duration-day", length="short", locale=language())


def percent(part: float) -> str:
    """Return a part of 1 in hundredths, with one decimal where it is not whole."""
    return f"{number(round(part * 100, 1))}\u202f%"


def choices(work: Work, type_: Type) -> dict[str, Any]:
    """Return what the settings of a type offer to choose from."""
    settings = directory(work)
    seen = viewer()
    plans = [one for one in settings.plans.values() if seen.sees_plan(one.id)]
    groups = [(key, translated(GROUP_WORDS[key])) for key in GROUPS[type_]]
    if type_ == "sales":
        own = [one for (kind, _), one in settings.fields.items() if kind == "deal" and one.type in FIELD_TYPES]
        groups += sorted(((f"field.{one.key}", one.name) for one in own), key=lambda one: one[1].casefold())
    return {
        "plan_choices": sorted(((one.key, one.name) for one in plans), key=lambda one: one[1].casefold()),
        "people_choices": _people(settings),
        "group_choices": groups,
    }


def _people(settings: Directory) -> list[tuple[str, str]]:
    """Return whose deals a report may be narrowed to: logins and names."""
    seen = viewer().owner_ids
    users = [one for one in settings.users.values() if seen is None or one.id in seen]
    return sorted(((one.login, one.name) for one in users), key=lambda one: one[1].casefold())


def asked_here(type_: Type, otherwise: Asked | None = None) -> tuple[Asked, str]:
    """Return what the present address asks."""
    return asked_in(request.args, type_, otherwise)
