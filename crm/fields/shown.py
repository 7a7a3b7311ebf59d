"""Custom fields as a card shows them: all that there are, filled or not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from crm.directory import Directory, FieldDefinition
from crm.fields.columns import FieldKind


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A custom field and its value as it is stored for display; ``None`` where it is empty."""

    definition: FieldDefinition
    value: Any
    title: str = ""
    """Of the record that it names: ``crm.fields.links`` has it."""


def fields_shown(settings: Directory, kind: FieldKind, stored: Any) -> tuple[FieldShown, ...]:
    """Return all custom fields of a kind of record in the order they were made, with a record's values."""
    values = json.loads(stored) if isinstance(stored, str) else stored or {}
    own = sorted((one for one in settings.fields.values() if one.record_kind == kind), key=lambda one: one.id)
    return tuple(FieldShown(one, values.get(one.key)) for one in own)
