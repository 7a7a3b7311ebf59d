"""What a form and a webhook are, as every part of the program knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

BUILT_IN: Final = ("name", "phone", "email", "company_name", "title", "comment")
"""What a form may ask and a webhook may fill beside the custom fields of leads (``field.budget``)."""

TOLD_TYPES: Final = frozenset({"number", "money", "bool", "choice"})
"""Types of custom fields whose values an event may hold: they name nobody."""

ValueKind = Literal["text", "number", "bool"]


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form: what it fills (one of ``BUILT_IN``, or ``field.`` and a key), and how it asks."""

    key: str
    label: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A public form.  ``redirect`` is empty or leads away after sending; ``channel`` is a key or empty."""

    id: int
    key: str
    public_id: str
    name: str
    title: str
    intro: str
    fields: tuple[FormField, ...]
    button: str
    thanks: str
    redirect: str
    source: str
    channel: str
    is_active: bool
    version: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """What becomes of the value at a path of a payload (``order.items.0.name``).

    ``target`` is one of ``BUILT_IN``, ``external_id``, ``source``, ``field.`` and a key, or ``value.`` and a name: then funnels
    find it as ``trigger.value.<name>``, read as ``kind``.
    """

    path: str
    target: str
    kind: ValueKind = "text"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that another program sends to.  ``start`` is how its secret begins."""

    id: int
    key: str
    name: str
    start: str
    mapping: tuple[Mapped, ...]
    makes_leads: bool
    source: str
    channel: str
    is_active: bool
    version: int = field(default=1)


def form_of(row: Any) -> Form:
    """Return the form of a row."""
    return Form(
        row.id,
        row.key,
        row.public_id,
        row.name,
        row.title,
        row.intro,
        tuple(FormField(**one) for one in row.fields),
        row.button,
        row.thanks,
        row.redirect,
        row.source,
        row.channel,
        row.is_active,
        row.version,
    )


def webhook_of(row: Any) -> Webhook:
    """Return the webhook of a row."""
    return Webhook(
        row.id,
        row.key,
        row.name,
        row.start,
        tuple(Mapped(**one) for one in row.mapping),
        row.makes_leads,
        row.source,
        row.channel,
        row.is_active,
        row.version,
    )
