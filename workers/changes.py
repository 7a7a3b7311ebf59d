"""What an event changed, for conditions on *changed* and *was*."""

from __future__ import annotations

from typing import Any

from crm.directory import Directory
from engine.event import Event

CHANGES = frozenset(
    {
        "lead.changed",
        "deal.changed",
        "contact.changed",
        "company.changed",
        "lead.status_changed",
        "deal.moved",
        "deal.won",
        "deal.lost",
        "deal.assigned",
        "lead.assigned",
    }
)
"""The kinds of events for which ``changes_of`` may return something."""


def changes_of(settings: Directory, event: Event) -> dict[str, Any]:
    """Return the paths that an event changed, each with the value before; ``None`` where there was none, or it is personal."""
    data: Any = event.data
    record = event.subject_kind
    match event.kind:
        case "lead.changed" | "deal.changed" | "contact.changed" | "company.changed":
            before = data.get("before") or {}
            return {f"{record}.{key}": before.get(key) for key in data.get("fields") or ()}
        case "lead.status_changed":
            return {"lead.status": data.get("from")}
        case "deal.moved" | "deal.won" | "deal.lost":
            return {"deal.stage": data.get("from")}
        case "deal.assigned" | "lead.assigned":
            owner = settings.users.get(data.get("from"))
            return {f"{record}.owner": owner.login if owner else None, f"{record}.owner_id": data.get("from")}
        case _:
            return {}
