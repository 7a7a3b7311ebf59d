"""Whom a mass action is about, as a page sends it: records chosen one by one, or all that a list's address shows."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from crm.access.actor import Viewer
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from db.work import Work
from engine.text import _l
from funnels.audience_filter import AudienceFilter, condition_of
from funnels.starting import Kind

_PLACES: Final = frozenset({"after", "before", "sort", "columns", "group", "view"})
"""What an address holds beside its filter."""
_KNOWN: Final[dict[Kind, frozenset[str]]] = {
    "lead": frozenset({"q", "status", "source", "owner"}),
    "deal": frozenset({"q", "owner", "tag", "plan", "stage"}),
}


def chosen_ids(text: str) -> tuple[int, ...] | None:
    """Return the ids that were chosen, as ``1,2,3``; ``None`` where none was, so that a filter says whom.

    Raises:
        InvalidError: it is no list of ids.
    """
    if not text:
        return None
    parts = text.split(",")
    if not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise InvalidError(_l("the list of what was chosen cannot be read"))
    return tuple(sorted({int(part) for part in parts}))


def condition_in(work: Work, kind: Kind, plan: str, query: str, viewer: Viewer) -> Any:
    """Return what a list shows as a plain condition: ``query`` is its address after ``?``, ``plan`` the plan it is of.

    Raises:
        InvalidError: a part of the filter cannot be asked of many at once.
        NotFoundError: there is no such plan, or the viewer does not see it.
    """
    given = {name: value for name, value in parse_qsl(query) if name not in _PLACES and value.strip()}
    settings = directory(work)
    if plan:
        found = settings.plan_keys.get(plan)
        if found is None or not viewer.sees_plan(found.id):
            raise NotFoundError("sales plan", plan)
        given["plan"] = plan
    unknown = sorted(given.keys() - _KNOWN[kind])
    if unknown:
        raise InvalidError(
            _l(
                "“{field}” of the filter cannot be asked of all at once: choose the records one by one",
                field=unknown[0],
            )
        )
    owner = given.get("owner", "")
    user = settings.users.get(viewer.user_id) if owner == "me" else None
    owner = {"nobody": "-", "me": user.login if user is not None else ""}.get(owner, owner)
    wanted = AudienceFilter(
        kind,
        given.get("q", ""),
        owner,
        given.get("tag", ""),
        status=given.get("status", ""),
        source=given.get("source", ""),
        plan=given.get("plan", ""),
        stage=given.get("stage", ""),
    )
    today = work.now.astimezone(ZoneInfo(str(settings.organization["zone"]))).date()
    return condition_of(wanted, today)
