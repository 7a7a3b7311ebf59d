"""The blueprint that the pages of funnels share, and what their templates use."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, url_for

from engine.text import LazyText
from funnels.subjects import Whom
from funnels.words.names import STATES
from web.texts import translated

blueprint: Final = Blueprint("funnels", __name__)
SIGHT: Final = ("funnels.edit", "funnels.publish", "runs.repair")
"""Rights of which one is needed to look at funnels."""
STATE_CHIPS: Final = {"published": "ok", "paused": "warn", "draining": "accent", "stopped": "bad"}
STATE_ICONS: Final = {
    "published": "circle-check",
    "paused": "player-pause",
    "draining": "filter",
    "stopped": "hand-stop",
    "draft": "edit",
}
_ICONS: Final = {
    "trigger.lead_created": "user-plus",
    "trigger.stage_entered": "layout-kanban",
    "trigger.stage_left": "layout-kanban",
    "trigger.deal_won": "trophy",
    "trigger.manual_start": "player-play",
    "trigger.form_submitted": "forms",
    "trigger.webhook_received": "webhook",
    "crm.add_to_plan": "layout-kanban",
    "crm.change_stage": "arrow-right",
    "crm.set_fields": "edit",
    "crm.add_tags": "tag",
    "crm.remove_tags": "tag",
    "crm.add_comment": "message",
    "logic.condition": "git-branch",
    "logic.switch": "arrows-split-2",
    "logic.split": "arrows-split-2",
    "logic.filter": "filter",
    "logic.time_window": "clock",
    "logic.parallel": "sitemap",
    "logic.join": "arrows-exchange",
    "logic.go_to": "refresh",
    "logic.exit": "logout",
    "people.assign_manager": "user-check",
    "wait.until_date": "calendar",
}
_BY_GROUP: Final = {
    "trigger": "bolt",
    "crm": "layout-kanban",
    "task": "checkbox",
    "people": "users",
    "message": "mail",
    "action": "world",
    "survey": "star",
    "logic": "git-branch",
    "wait": "hourglass",
}


def said(text: str) -> str:
    """Return a text of ours in the visitor's language; what people typed stays as it is."""
    return translated(text) if isinstance(text, LazyText) else text


def block_icon(type_: str, group: str) -> str:
    """Return the icon of a block."""
    return _ICONS.get(type_) or _BY_GROUP.get(group, "help-circle")


def whom_link(about: Whom) -> str:
    """Return the address of the record that a run is about; empty where it has no page or may not be seen."""
    if not about.title or about.kind not in ("lead", "deal"):
        return ""
    return f"/deals/{about.id}" if about.kind == "deal" else f"/leads/{about.id}"


def funnel_link(key: str, **more: object) -> str:
    """Return the address of a funnel's page."""
    return url_for("funnels.show", key=key, **more)  # type: ignore[arg-type]  # what a query string takes


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "said": said,
        "block_icon": block_icon,
        "whom_link": whom_link,
        "state_name": lambda state: translated(STATES.get(state, state)),
        "state_chip": lambda state: STATE_CHIPS.get(state, ""),
        "state_icon": lambda state: STATE_ICONS.get(state, "info-circle"),
    }
