"""More words for templates: events, reasons, phones, types of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from flask import Flask

from engine.condition import Reason
from engine.text import LazyText, _l
from web.money import in_field
from web.reasons import reason_said
from web.statuses import LEAD_STATUSES, STATUS_TONES, TASK_ICONS, TASK_TYPES
from web.texts import translated
from web.visit import visit

EVENTS: Final[Mapping[str, LazyText]] = {
    "lead.created": _l("new lead"),
    "lead.changed": _l("lead changed"),
    "lead.status_changed": _l("status of the lead changed"),
    "lead.assigned": _l("lead given to somebody"),
    "contact.created": _l("contact made"),
    "contact.changed": _l("contact changed"),
    "company.created": _l("company made"),
    "company.changed": _l("company changed"),
    "deal.created": _l("deal opened"),
    "deal.moved": _l("deal moved"),
    "deal.won": _l("deal won"),
    "deal.lost": _l("deal lost"),
    "deal.assigned": _l("deal given to somebody"),
    "deal.changed": _l("deal changed"),
    "deal.recalled": _l("deal taken up again"),
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
    "task.created": _l("task set"),
    "task.completed": _l("task done"),
    "task.cancelled": _l("task cancelled"),
    "task.moved": _l("task moved"),
    "task.reopened": _l("task opened again"),
    "tag.added": _l("tag added"),
    "tag.removed": _l("tag removed"),
    "comment.added": _l("comment"),
    "manual.start": _l("start by hand"),
    "form.submitted": _l("form filled in"),
    "webhook.received": _l("another system called"),
    "person.merged": _l("two persons found to be one"),
    "message.sent": _l("e-mail sent"),
    "message.failed": _l("e-mail not sent"),
    "http.answered": _l("another system answered"),
    "access.signed_in": _l("signed in"),
    "access.refused": _l("signing in refused"),
    "access.signed_out": _l("signed out"),
    "records.exported": _l("saved as a file"),
}


def event_name(kind: str) -> str:
    """Return what a kind of event is called within a sentence; one without a word is its own."""
    return translated(EVENTS.get(kind, kind))


def said(reason: Reason, currency: str) -> str:
    """Return a reason of a condition in the visitor's words."""
    settings = visit().settings
    return reason_said(settings, reason, currency) if settings is not None else translated(reason.text)


def translated_pair(pair: tuple[str, str]) -> tuple[str, str]:
    """Return a value and its words, the words in the visitor's language: for options of a select."""
    return pair[0], translated(pair[1])


@lru_cache(maxsize=1024)
def phone(number: str) -> str:
    """Return a phone as people read it: ``+380 67 123 4567``."""
    import phonenumbers  # late: its tables take long to load

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def register(app: Flask) -> None:
    """Give templates these words."""
    app.jinja_env.filters.update(
        event_name=event_name,
        reason_said=said,
        translated=translated,
        translated_pair=translated_pair,
        phone=phone,
        in_field=in_field,
    )
    app.jinja_env.globals.update(
        task_types=TASK_TYPES, task_icons=TASK_ICONS, lead_statuses=LEAD_STATUSES, status_tones=STATUS_TONES
    )
