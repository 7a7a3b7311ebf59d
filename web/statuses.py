"""The words for statuses of leads and types of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import LazyText, _l

LEAD_STATUSES: Final[Mapping[str, LazyText]] = {
    "not_processed": _l("Not processed"),
    "in_work": _l("In work"),
    "unreachable": _l("Unreachable"),
    "quality": _l("Quality"),
    "junk": _l("Junk"),
}
"""In the order in which a lead goes through them."""

STATUS_TONES: Final[Mapping[str, str]] = {
    "not_processed": "accent",
    "in_work": "warn",
    "unreachable": "bad",
    "quality": "ok",
    "junk": "",
}

TASK_TYPES: Final[Mapping[str, LazyText]] = {
    "todo": _l("To do"),
    "call": _l("Call"),
    "meeting": _l("Meeting"),
    "letter": _l("Letter"),
}

TASK_ICONS: Final[Mapping[str, str]] = {"call": "phone", "meeting": "users", "letter": "mail"}
