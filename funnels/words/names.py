"""Names of things that settings speak of: fields, events, ports, units, and what the directory knows by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crm.directory import Directory
from engine.setting import ReferenceKind
from engine.text import LazyText, _l, _ln

FIELDS: Final[Mapping[str, LazyText]] = {
    "lead.external_id": _l("lead's number elsewhere"),
    "lead.title": _l("lead's title"),
    "lead.name": _l("lead's name"),
    "lead.phone": _l("lead's phone"),
    "lead.email": _l("lead's e-mail"),
    "lead.source": _l("lead's source"),
    "lead.channel": _l("lead's sales channel"),
    "lead.status": _l("lead's status"),
    "lead.owner": _l("lead's manager"),
    "lead.created_at": _l("lead's creation"),
    "lead.archived_at": _l("lead's archiving"),
    "lead.tags": _l("lead's tags"),
    "lead.open_tasks": _l("lead's open tasks"),
    "lead.has_task": _l("lead has an open task"),
    "lead.overdue": _l("lead has a late task"),
    "lead.team": _l("lead's team"),
    "lead.text": _l("what the lead is looked for by"),
    "deal.title": _l("deal's title"),
    "deal.plan": _l("deal's sales plan"),
    "deal.stage": _l("deal's stage"),
    "deal.amount": _l("deal's amount"),
    "deal.currency": _l("deal's currency"),
    "deal.owner": _l("deal's manager"),
    "deal.lost_reason": _l("reason of the loss"),
    "deal.created_at": _l("deal's creation"),
    "deal.stage_entered_at": _l("coming into the stage"),
    "deal.closed_at": _l("deal's closing"),
    "deal.archived_at": _l("deal's archiving"),
    "deal.tags": _l("deal's tags"),
    "deal.open_tasks": _l("deal's open tasks"),
    "deal.has_task": _l("deal has an open task"),
    "deal.overdue": _l("deal has a late task"),
    "deal.late": _l("deal needs attention"),
    "deal.state": _l("deal's state"),
    "deal.team": _l("deal's team"),
    "deal.text": _l("what the deal is looked for by"),
    "contact.name": _l("contact's name"),
    "contact.phone": _l("contact's phone"),
    "contact.email": _l("contact's e-mail"),
    "contact.type": _l("contact's type"),
    "contact.city": _l("contact's city"),
    "contact.owner": _l("contact's manager"),
    "company.owner": _l("company's manager"),
    "contact.archived_at": _l("contact's archiving"),
    "company.archived_at": _l("company's archiving"),
    "company.name": _l("company's name"),
    "trigger.kind": _l("what happened"),
    "trigger.origin": _l("by what means"),
    "trigger.source": _l("source of the event"),
    "trigger.channel": _l("channel of the event"),
    "trigger.plan": _l("plan of the event"),
    "trigger.stage": _l("stage of the event"),
    "trigger.from": _l("stage before"),
    "trigger.amount": _l("amount at the event"),
    "trigger.reason": _l("reason at the event"),
}
EVENTS: Final[Mapping[str, LazyText]] = {
    "lead.created": _l("lead created"),
    "lead.changed": _l("lead changed"),
    "lead.status_changed": _l("lead's status changed"),
    "lead.assigned": _l("lead given to a manager"),
    "contact.created": _l("contact created"),
    "contact.changed": _l("contact changed"),
    "company.created": _l("company created"),
    "company.changed": _l("company changed"),
    "deal.created": _l("deal opened"),
    "deal.moved": _l("deal moved to another stage"),
    "deal.won": _l("deal won"),
    "deal.lost": _l("deal lost"),
    "deal.assigned": _l("deal given to a manager"),
    "deal.changed": _l("deal changed"),
    "deal.recalled": _l("deal recalled"),
    "task.created": _l("task created"),
    "task.completed": _l("task done"),
    "task.cancelled": _l("task cancelled"),
    "task.moved": _l("task postponed"),
    "tag.added": _l("tag added"),
    "tag.removed": _l("tag removed"),
    "comment.added": _l("comment added"),
    "manual.start": _l("started by hand"),
    "lead.archived": _l("lead put into the archive"),
    "lead.restored": _l("lead restored from the archive"),
    "contact.archived": _l("contact put into the archive"),
    "contact.restored": _l("contact restored from the archive"),
    "company.archived": _l("company put into the archive"),
    "company.restored": _l("company restored from the archive"),
    "deal.archived": _l("deal put into the archive"),
    "deal.restored": _l("deal restored from the archive"),
    "lead.merged": _l("lead merged with another"),
    "contact.merged": _l("contact merged with another"),
    "company.merged": _l("company merged with another"),
    "deal.merged": _l("deal merged with another"),
    "lead.parted": _l("lead parted again from another"),
    "contact.parted": _l("contact parted again from another"),
    "company.parted": _l("company parted again from another"),
    "deal.parted": _l("deal parted again from another"),
    "person.parted": _l("one person found to be two"),
    "person.merged": _l("person merged with another"),
}
PORTS: Final[Mapping[str, LazyText]] = {
    "next": _l("next"),
    "yes": _l("yes"),
    "no": _l("no"),
    "else": _l("else"),
    "failed": _l("failed"),
    "skipped": _l("skipped"),
    "timeout": _l("time is up"),
    "interrupted": _l("interrupted"),
    "already_there": _l("already there"),
    "no_manager": _l("no manager"),
    "not_eligible": _l("nowhere to send"),
    "required_missing": _l("fields missing"),
    "no_deal": _l("no deal"),
    "not_forward": _l("not forward"),
    "unchanged": _l("unchanged"),
    "empty": _l("no date"),
    "past": _l("date is past"),
    "limit": _l("limit reached"),
    "merged": _l("joined"),
}
STATES: Final[Mapping[str, LazyText]] = {
    "draft": _l("draft"),
    "published": _l("published"),
    "paused": _l("paused"),
    "draining": _l("draining"),
    "stopped": _l("stopped"),
    "archived": _l("archived"),
}


def field_name(path: str, settings: Directory) -> str:
    """Return what people call a field; its path where nobody gave it a name."""
    record, _, key = path.partition(".")
    own = settings.fields.get((record, key.removeprefix("field."))) if key.startswith("field.") else None
    return own.name if own is not None else FIELDS.get(path, path)


def event_name(kind: str) -> str:
    """Return what people call an event."""
    return EVENTS.get(kind, kind)


def port_name(port: str) -> str:
    """Return what people call a way out; names that an author gave stay as they are."""
    if port.startswith("branch_") and port[7:].isdigit():
        return _l("branch {number}", number=int(port[7:]))
    return PORTS.get(port, port)


def thing(kind: ReferenceKind, key: str, settings: Directory, within: str | None = None) -> str:
    """Return the name of what a key stands for; the key itself where there is no such thing any more."""
    match kind:
        case "plan":
            plan = settings.plan_keys.get(key)
            return plan.name if plan is not None else key
        case "stage":
            plans = [settings.plan_keys.get(within)] if within else list(settings.plans.values())
            return next((one.by_key[key].name for one in plans if one is not None and key in one.by_key), key)
        case "user":
            user = settings.logins.get(key)
            return user.name if user is not None else key
        case "field":
            return field_name(key, settings)
        case _:
            return key


def amount_of(count: int, unit: str) -> LazyText:
    """Return a number of units of time."""
    match unit:
        case "seconds":
            return _ln("{count} second", "{count} seconds", count)
        case "minutes":
            return _ln("{count} minute", "{count} minutes", count)
        case "hours":
            return _ln("{count} hour", "{count} hours", count)
        case "weeks":
            return _ln("{count} week", "{count} weeks", count)
        case _:
            return _ln("{count} day", "{count} days", count)


def working_amount_of(count: int, unit: str) -> LazyText:
    """Return a number of units of working time."""
    match unit:
        case "days":
            return _ln("{count} working day", "{count} working days", count)
        case "hours":
            return _ln("{count} working hour", "{count} working hours", count)
        case _:
            return _l("{amount} of working time", amount=amount_of(count, unit))


def listed(names: list[str], *, last: str = "") -> str:
    """Return names one after another: ``a, b``; at most five, then how many more.  ``last`` stands before the last one."""
    if len(names) > 5:
        return _ln("{names} and {count} more", "{names} and {count} more", len(names) - 4, names=_joined(names[:4]))
    if last and len(names) > 1:
        return _l("{names} or {name}", names=_joined(names[:-1]), name=names[-1])
    return _joined(names)


def _joined(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    first = names[0]
    for name in names[1:]:
        first = _l("{first}, {second}", first=first, second=name)
    return first
