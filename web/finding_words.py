"""Fields and facets of filters in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from crm.conditions.fields import Subject, SubjectFields
from crm.directory import Directory
from crm.finding.days import STRETCH_WORDS
from crm.finding.figures import figure
from crm.finding.leaves import is_of_people
from crm.finding.wanted import ME, NOW, Facet
from engine.text import LazyText, _l
from web.statuses import LEAD_STATUSES, TASK_TYPES
from web.texts import counted, day, money, number, translated
from web.visit import viewer

NAMES: Final[Mapping[str, LazyText]] = {
    "amount": _l("Amount"),
    "archived_at": _l("Put into the archive"),
    "been": _l("Stood on stage"),
    "channel": _l("Sales channel"),
    "city": _l("City"),
    "closed_at": _l("Closed"),
    "created_at": _l("Created"),
    "currency": _l("Currency"),
    "due_at": _l("Deadline"),
    "email": _l("E-mail"),
    "ended_at": _l("Ended"),
    "has_task": _l("Has an open task"),
    "lasted": _l("Days until it was closed"),
    "late": _l("Needs attention"),
    "left_stage": _l("Closed from stage"),
    "lost_reason": _l("Loss reason"),
    "name": _l("Name"),
    "open_tasks": _l("Open tasks"),
    "overdue": _l("Overdue"),
    "owner": _l("Owner"),
    "phone": _l("Phone"),
    "plan": _l("Sales plan"),
    "product": _l("Product"),
    "responsible": _l("Responsible"),
    "skipped": _l("Passed over stage"),
    "source": _l("Source"),
    "stage": _l("Stage"),
    "stage_entered_at": _l("In stage since"),
    "state": _l("State"),
    "status": _l("Status"),
    "supervisor": _l("Supervisor"),
    "tags": _l("Tags"),
    "team": _l("Team"),
    "text": _l("Search"),
    "title": _l("Title"),
    "type": _l("Kind"),
}
"""What the built-in fields are called as labels of a filter and as headings of a list."""
_OF_RECORD: Final[Mapping[str, LazyText]] = {"contact.type": _l("Type")}
"""The same for fields whose names are another record's too."""
RECORDS: Final[Mapping[Subject, LazyText]] = {
    "lead": _l("Lead"),
    "deal": _l("Deal"),
    "contact": _l("Contact"),
    "company": _l("Company"),
    "task": _l("Task"),
}
STATE_WORDS: Final[Mapping[str, LazyText]] = {"open": _l("open"), "won": _l("won"), "lost": _l("lost")}
TASK_STATUS_WORDS: Final[Mapping[str, LazyText]] = {
    "open": _l("open"),
    "completed": _l("done"),
    "cancelled": _l("cancelled"),
}
HIDDEN: Final = frozenset({"id", "owner_id", "lead_id", "text"})
"""Fields that no form offers: people know these records by other names."""


def field_label(path: str, fields: SubjectFields) -> str:
    """Return what a field is called: *Amount*, *Contact: e-mail*, or the name that it was given."""
    record, _, key = path.partition(".")
    if key.startswith("field."):
        own = fields.settings.fields.get((record, key.removeprefix("field.")))
        name = own.name if own is not None else key
    else:
        known = _OF_RECORD.get(path) or NAMES.get(key)
        name = translated(known) if known is not None else key
    if record == fields.subject:
        return name
    whose = translated(RECORDS[record]) if record in RECORDS else record  # type: ignore[index]  # looked at just before
    return translated(
        _l("{record}: {field}", record=whose, field=name[:1].lower() + name[1:] if name[1:2].islower() else name)
    )


def facet_words(facet: Facet, fields: SubjectFields, names: Mapping[str, str]) -> tuple[str, str]:
    """Return a facet as what is asked and what of: *Owner is*, *Ann or Bob*.  ``names`` are words for values by key."""
    label = field_label(facet.field, fields)
    kind = fields.kind(facet.field)
    said = [value_words(value, facet.field, fields, names) for value in facet.values]
    either = said[0] if said else ""
    for other in said[1:]:
        either = translated(_l("{first} or {second}", first=either, second=other))
    match facet.op:
        case "in" if kind == "bool":
            return f"{label}:", either
        case "in":
            return translated(_l("{field} is", field=label)), either
        case "not_in":
            return translated(_l("{field} is not", field=label)), either
        case "contains":
            return translated(_l("{field} contains", field=label)), f"“{facet.values[0]}”"
        case "not_contains":
            return translated(_l("{field} does not contain", field=label)), f"“{facet.values[0]}”"
        case "empty":
            return label, translated(_l("is empty"))
        case "not_empty":
            return label, translated(_l("is filled in"))
        case "within_last":
            return label, translated(_l("within the last {length}", length=_length(facet.values[0])))
        case "within_next":
            return label, translated(_l("within the next {length}", length=_length(facet.values[0])))
        case "during":
            return label, translated(STRETCH_WORDS[facet.values[0]])
        case _:
            return label, _ends(facet, fields)


def value_words(value: str, path: str, fields: SubjectFields, names: Mapping[str, str]) -> str:
    """Return a value of a facet in words."""
    settings, key = fields.settings, path.rpartition(".")[2]
    kind = fields.kind(path)
    if kind == "bool":
        return translated(_l("yes") if value == "yes" else _l("no"))
    if kind == "money":
        return _money(value, settings)
    if is_of_people(path, fields):
        if value == ME and ME not in settings.logins:
            return translated(_l("me")) if key != "team" else translated(_l("mine"))
        return settings.logins[value].name if value in settings.logins else value
    if kind == "date":
        return _day(value)
    return names.get(value, value)


def names_of(path: str, settings: Directory, plan: str | None = None) -> dict[str, str]:
    """Return the words for the values of a field that has keys, in order; empty for others.

    Plans are those that the visitor may see, stages those of one ``plan``, or of all that he may see.
    """
    key = path.partition(".")[2]
    seen = [one for one in settings.plans.values() if viewer().sees_plan(one.id) and not one.is_archived]
    match key:
        case "plan":
            return {one.key: one.name for one in sorted(seen, key=lambda one: one.name.casefold())}
        case "stage" | "been" | "skipped" | "left_stage":
            only = settings.plan_keys.get(plan or "")
            of = [only] if only is not None else seen
            return {stage.key: stage.name for one in of for stage in one.stages}
        case "state":
            return {value: translated(words) for value, words in STATE_WORDS.items()}
        case "status" if path == "task.status":
            return {value: translated(words) for value, words in TASK_STATUS_WORDS.items()}
        case "status":
            return {value: translated(words) for value, words in LEAD_STATUSES.items()}
        case "type" if path == "task.type":
            return {value: translated(words) for value, words in TASK_TYPES.items()}
        case "tags":
            return {name: name for name in sorted(settings.tags.values(), key=str.casefold)}
        case "currency":
            codes = sorted({str(settings.organization["currency"]), *(one.currency for one in settings.plans.values())})
            return {code: code for code in codes}
        case _:
            record = path.partition(".")[0]
            own = settings.fields.get((record, key.removeprefix("field."))) if key.startswith("field.") else None
            return {option: option for option in own.options} if own is not None else {}


def _length(text: str) -> str:
    count, unit = int(text[:-1]), text[-1]
    match unit:
        case "h":
            return counted("{count} hour", "{count} hours", count)
        case "d":
            return counted("{count} day", "{count} days", count)
        case _:
            return counted("{count} week", "{count} weeks", count)


def _ends(facet: Facet, fields: SubjectFields) -> str:
    low, high = (_end(value, facet.field, fields) if value else "" for value in facet.values)
    if facet.values == ("", NOW):
        return translated(_l("is past"))
    if facet.values == (NOW, ""):
        return translated(_l("is still to come"))
    if not high:
        return translated(_l("from {low}", low=low))
    if not low:
        return translated(_l("up to {high}", high=high))
    return low if low == high else translated(_l("from {low} to {high}", low=low, high=high))


def _end(value: str, path: str, fields: SubjectFields) -> str:
    kind = fields.kind(path)
    if kind == "money":
        return _money(value, fields.settings)
    if kind == "number":
        return number(float(value))
    return value if value == NOW else _day(value)


def _money(value: str, settings: Directory) -> str:
    currency = str(settings.organization["currency"])
    found = figure(value, "money", settings)
    return money(int(found), currency) if found is not None else value


def _day(value: str) -> str:
    return day(date.fromisoformat(value))
