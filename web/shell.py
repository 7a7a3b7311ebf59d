"""The frame around every page of a signed-in user: where to go, with what waits there."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g, request, session

from crm.directory import Plan
from crm.today.counters import Counters, counters
from engine.text import LazyText, _l
from web.site import reading
from web.visit import THEMES, Visit, may, may_edit, viewer


@dataclass(frozen=True, slots=True)
class Item:
    """A place in the navigation.  ``rights`` are those of which one is needed; none: for everybody."""

    endpoint: str
    icon: str
    title: LazyText
    rights: tuple[str, ...] = ()
    counter: str = ""


NAVIGATION = (
    Item("start.show", "home", _l("Start"), counter="unread"),
    Item("boards.all_boards", "layout-kanban", _l("Boards")),
    Item("deal_lists.all_deals", "layout-list", _l("Deals")),
    Item("funnels.all_funnels", "route", _l("Funnels"), ("funnels.edit", "funnels.publish", "runs.repair")),
    Item("leads.all_leads", "user-plus", _l("Leads"), counter="new_leads"),
    Item("clients.all_contacts", "users", _l("Contacts")),
    Item("clients.all_companies", "building", _l("Companies")),
    Item("tasks.mine", "checkbox", _l("Tasks"), counter="due_tasks"),
    Item("reports.every", "chart-bar", _l("Reports"), ("reports.see",)),
    Item("notifications.show", "bell", _l("Notifications"), counter="unread"),
    Item("outbox.show", "send", _l("Outbox"), ("runs.repair",)),
    Item("imports.all_imports", "file-import", _l("Import"), ("records.import",)),
    Item(
        "settings.show",
        "settings",
        _l("Settings"),
        ("settings.edit", "plans.edit", "users.edit", "audit.see", "funnels.edit"),
    ),
)


def register(app: Flask) -> None:
    """Give every template the frame."""

    @app.context_processor
    def frame() -> dict[str, object]:
        found: Visit | None = g.get("visit")
        theme = session.get("theme", "system")
        common: dict[str, object] = {
            "visit": found,
            "theme": theme if theme in THEMES else "system",
            "language": found.language if found else "en",
            "may": may,
            "may_edit": may_edit,
        }
        if found is None or found.user is None or found.settings is None or _is_part():
            return common
        shown = [
            item
            for item in NAVIGATION
            if (not item.rights or may(*item.rights)) and item.endpoint in app.view_functions
        ]
        return {**common, "navigation": shown, "counters": _counters(), "plans": _plans(found)}


def _is_part() -> bool:
    """True where only a part of a page is asked for, which has no frame."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def _counters() -> Counters:
    with reading() as work:
        return counters(work, viewer=viewer())


def _plans(found: Visit) -> list[Plan]:
    """Return the plans that the visitor may see, in order of name."""
    assert found.settings is not None
    seen_by = viewer()
    plans = [plan for plan in found.settings.plans.values() if not plan.is_archived and seen_by.sees_plan(plan.id)]
    return sorted(plans, key=lambda plan: plan.name.casefold())
