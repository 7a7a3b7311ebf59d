"""The fields of a public form as a page shows them: which control, filled with what, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crm.directory import Directory
from crm.ways.kinds import FormField
from engine.text import LazyText, _l

NAMES: Final[Mapping[str, LazyText]] = {
    "name": _l("Full name"),
    "phone": _l("Phone"),
    "email": _l("E-mail"),
    "company_name": _l("Company"),
    "title": _l("Subject"),
    "comment": _l("Message"),
}
"""What the built-in fields are called, also as their first labels."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field.  ``control`` is ``input``, ``area``, ``select``, ``check`` (yes or no) or ``checks`` (several of a list)."""

    key: str
    label: str
    required: bool
    control: str = "input"
    type: str = "text"
    mode: str = ""
    autocomplete: str = ""
    longest: int = 255
    options: tuple[str, ...] = ()
    unit: str = ""
    values: tuple[str, ...] = ()
    error: str = ""

    @property
    def value(self) -> str:
        """The last that was typed."""
        return self.values[-1] if self.values else ""


_CONTROLS: Final[Mapping[str, Mapping[str, object]]] = {
    "name": {"autocomplete": "name"},
    "phone": {"type": "tel", "mode": "tel", "autocomplete": "tel", "longest": 60},
    "email": {"type": "email", "mode": "email", "autocomplete": "email"},
    "company_name": {"autocomplete": "organization"},
    "title": {},
    "comment": {"control": "area", "longest": 5000},
}
_BY_TYPE: Final[Mapping[str, Mapping[str, object]]] = {
    "text": {"longest": 1000},
    "number": {"mode": "decimal", "longest": 40},
    "money": {"mode": "decimal", "longest": 40},
    "date": {"type": "date"},
    "datetime": {"type": "datetime-local"},
    "bool": {"control": "check"},
    "choice": {"control": "select"},
    "choices": {"control": "checks"},
    "long_text": {"control": "area", "longest": 5000},
    "address": {"longest": 1000, "autocomplete": "street-address"},
    "link": {"mode": "url", "longest": 1000},
}


def asked(
    settings: Directory,
    fields: Sequence[FormField],
    typed: Mapping[str, Sequence[str]],
    wrong: Mapping[str, str],
) -> tuple[Asked, ...]:
    """Return the fields of a form in order; those whose custom field is gone are left out."""
    found: list[Asked] = []
    for one in fields:
        control = dict(_CONTROLS.get(one.key, {}))
        if one.key.startswith("field."):
            definition = settings.fields.get(("lead", one.key.removeprefix("field.")))
            if definition is None or definition.type not in _BY_TYPE:
                continue
            control = {**_BY_TYPE[definition.type], "options": definition.options}
            if definition.type == "money":
                control["unit"] = settings.organization["currency"]
        found.append(
            Asked(
                one.key,
                one.label,
                one.required,
                values=tuple(typed.get(one.key, ())),
                error=wrong.get(one.key, ""),
                **control,  # type: ignore[arg-type]  # the tables above
            )
        )
    return tuple(found)
