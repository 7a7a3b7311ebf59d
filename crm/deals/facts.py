"""How a deal looks to funnels: its row as a record of facts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from crm.directory import Directory
from crm.fields.values import from_shown


def deal_record(settings: Directory, row: Mapping[str, Any]) -> dict[str, object]:
    """Return the facts of a deal from its row: ids become keys, custom fields become ``field.<key>``."""
    stage = settings.stages.get(row["stage_id"])
    plan = settings.plans.get(row["plan_id"])
    owner = settings.users.get(row["owner_id"]) if row["owner_id"] is not None else None
    reason = row["loss_reason_id"]
    return {
        "id": row["id"],
        "title": row["title"],
        "plan": plan.key if plan is not None else None,
        "stage": stage.key if stage is not None else None,
        "amount": row["amount"],
        "currency": row["currency"],
        "owner": owner.login if owner is not None else None,
        "owner_id": row["owner_id"],
        "lead_id": row["lead_id"],
        "lost_reason": settings.loss_reasons.get(reason) if reason is not None else None,
        "created_at": row["created_at"],
        "stage_entered_at": row["stage_entered_at"],
        "closed_at": row["closed_at"],
        "archived_at": row.get("archived_at"),
        **custom(settings, "deal", row["fields"]),
    }


def custom(settings: Directory, kind: str, fields: Any) -> dict[str, object]:
    """Return the custom field values of a record, by ``field.<key>``; days and moments as such."""
    values = json.loads(fields) if isinstance(fields, str) else fields
    if not values:
        return {}
    known = settings.fields
    found = {}
    for key, value in values.items():
        definition = known.get((kind, key))
        found[f"field.{key}"] = value if definition is None else from_shown(definition, value)
    return found


def empty_of(settings: Directory, paths: Sequence[str], row: Mapping[str, Any]) -> list[str]:
    """Return those of the fields that a stage may require (``amount``, ``owner``, ``field.budget``) that a deal's row lacks.

    An amount of 0 is none.
    """
    if not paths:
        return []
    values = {**custom(settings, "deal", row["fields"]), **row}
    found = ((path, values.get(_LINKS.get(path, path))) for path in paths)
    return [path for path, value in found if value in (None, "", []) or (path == "amount" and value == 0)]


_LINKS: Final = {"owner": "owner_id", "contact": "contact_id", "company": "company_id"}
