"""Whom a mass action is about, as a page sends it: records chosen one by one, or all that a list's address shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from crm.access.actor import Viewer
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.finding.addresses import wanted_from
from crm.finding.conditions import condition_of, login_of, today_of
from crm.finding.wanted import Facet
from db.work import Work
from engine.text import _l
from funnels.starting import Kind


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
        InvalidError: the filter names a field that is not there, or a value does not fit its field.
        NotFoundError: there is no such plan, or the viewer does not see it.
    """
    settings = directory(work)
    wanted = wanted_from(parse_qsl(query), kind, settings)
    if plan:
        found = settings.plan_keys.get(plan)
        if found is None or not viewer.sees_plan(found.id):
            raise NotFoundError("sales plan", plan)
        wanted = wanted.within(Facet("deal.plan", "in", (plan,)))
    return condition_of(wanted, settings, today_of(work), me=login_of(settings, viewer))
