"""What exists in this installation, as the publish checks ask for it."""

from __future__ import annotations

from typing import Final

from crm.conditions.fields import CUSTOM_KINDS
from crm.directory import Directory
from crm.ways.kinds import TOLD_TYPES
from engine.condition import FieldKind
from engine.setting import ReferenceKind

BUILT_IN: Final[dict[str, FieldKind]] = {
    "person.id": "number",
    "lead.id": "number",
    "lead.external_id": "text",
    "lead.title": "text",
    "lead.name": "text",
    "lead.phone": "text",
    "lead.email": "text",
    "lead.source": "text",
    "lead.channel": "choice",
    "lead.status": "choice",
    "lead.owner": "reference",
    "lead.created_at": "datetime",
    "lead.archived_at": "datetime",
    "lead.tags": "tags",
    "lead.open_tasks": "number",
    "deal.id": "number",
    "deal.title": "text",
    "deal.plan": "choice",
    "deal.stage": "choice",
    "deal.amount": "money",
    "deal.currency": "choice",
    "deal.owner": "reference",
    "deal.lost_reason": "choice",
    "deal.created_at": "datetime",
    "deal.stage_entered_at": "datetime",
    "deal.closed_at": "datetime",
    "deal.archived_at": "datetime",
    "deal.tags": "tags",
    "deal.open_tasks": "number",
    "contact.id": "number",
    "contact.name": "text",
    "contact.phone": "text",
    "contact.email": "text",
    "contact.type": "choice",
    "contact.city": "text",
    "contact.owner": "reference",
    "contact.created_at": "datetime",
    "contact.archived_at": "datetime",
    "company.id": "number",
    "company.name": "text",
    "company.owner": "reference",
    "company.created_at": "datetime",
    "company.archived_at": "datetime",
    "trigger.kind": "text",
    "trigger.origin": "choice",
    "trigger.source": "text",
    "trigger.channel": "choice",
    "trigger.plan": "choice",
    "trigger.stage": "choice",
    "trigger.from": "choice",
    "trigger.amount": "money",
    "trigger.reason": "choice",
    "trigger.label": "text",
    "trigger.form": "choice",
    "trigger.webhook": "choice",
}


class Installation:
    """Answers the publish checks from the directory of settings."""

    def __init__(self, settings: Directory) -> None:
        self._settings = settings

    def has(self, kind: ReferenceKind, key: str, within: str | None = None) -> bool:
        """Tell whether there is such a thing; a stage is looked for in the plan ``within``, in any plan without one.

        Tags always exist: one that nobody used before is made when it is first put on.
        """
        settings = self._settings
        match kind:
            case "plan":
                plan = settings.plan_keys.get(key)
                return plan is not None and not plan.is_archived
            case "stage":
                plans = settings.plans.values() if within is None else [settings.plan_keys.get(within)]
                return any(plan is not None and key in plan.by_key for plan in plans)
            case "user":
                user = settings.logins.get(key)
                return user is not None and user.is_active
            case "channel":
                return key in settings.channel_keys
            case "loss_reason":
                return key in settings.loss_reason_keys
            case "form":
                return key in settings.forms
            case "webhook":
                return key in settings.webhooks
            case "field":
                return self.field(key) is not None
            case _:
                return True

    def has_left(self, user: str) -> bool:
        """Tell whether there is such a user, who no longer works here."""
        found = self._settings.logins.get(user)
        return found is not None and not found.is_active

    def field(self, path: str) -> FieldKind | None:
        """Return the kind of value at a path of the facts, ``None`` for an unknown path."""
        built_in = BUILT_IN.get(path)
        if built_in is not None:
            return built_in
        record, _, key = path.partition(".")
        if record == "variable" and key:
            return "text"
        if record == "trigger" and key.startswith("value."):
            return self._told(key.removeprefix("value."))
        if key.startswith("field."):
            own = self._settings.fields.get((record, key.removeprefix("field.")))
            return CUSTOM_KINDS.get(own.type) if own is not None else None
        return None

    def _told(self, name: str) -> FieldKind | None:
        """Return the kind of a value that webhooks and forms tell under a name; the first one that tells it decides."""
        for hook in self._settings.webhooks.values():
            for one in hook.mapping:
                if one.target == f"value.{name}":
                    return one.kind
        asked = any(one.key == f"field.{name}" for form in self._settings.forms.values() for one in form.fields)
        own = self._settings.fields.get(("lead", name)) if asked else None
        return CUSTOM_KINDS.get(own.type) if own is not None and own.type in TOLD_TYPES else None
