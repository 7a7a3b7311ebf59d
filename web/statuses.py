"""The words for statuses of leads and types of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crm.leads.statuses import LEAD_STATUSES
from engine.text import LazyText, _l

__all__ = ["LEAD_STATUSES", "STATUS_TONES", "TASK_ICONS", "TASK_TYPES"]

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
