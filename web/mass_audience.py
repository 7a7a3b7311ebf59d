"""Whom a mass action is about, as a page sends it: records chosen one by one, or all that a list's address shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from crm.access.actor import Viewer
from crm.directory import Plan, directory
from crm.errors import InvalidError, NotFoundError
from crm.finding.addresses import wanted_from
from crm.finding.conditions import condition_of, login_of, today_of
from crm.finding.wanted import Facet, Wanted
from db.work import Work
from engine.text import _l
from funnels.starting import Kind


def chosen_ids(text: str) -> tuple[int, ...] | None:
    """Return the ids that were chosen, as ``1,2,3``, each once; ``None`` where none was, so that a filter says whom.

    Raises:
        InvalidError: it is no list of ids.
    """
    if not text:
        return None
    parts = text.split(",")
    if not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise InvalidError(_l("the list of what was chosen cannot be read"))
    return tuple(dict.fromkeys(int(part) for part in parts))


def wanted_in(work: Work, kind: Kind, query: str) -> Wanted:
    """Return what a list shows whose address is ``query`` after ``?``.

    Raises:
        InvalidError: the filter names a field that is not there, or a value does not fit its field.
    """
    return wanted_from(parse_qsl(query), kind, directory(work))


def plan_in(work: Work, key: str, viewer: Viewer) -> Plan | None:
    """Return the plan that a list is of; ``None`` without a key.

    Raises:
        NotFoundError: there is no such plan, or the viewer does not see it.
    """
    if not key:
        return None
    plan = directory(work).plan_keys.get(key)
    if plan is None or not viewer.sees_plan(plan.id):
        raise NotFoundError("sales plan", key)
    return plan


def condition_in(work: Work, kind: Kind, plan: str, query: str, viewer: Viewer) -> Any:
    """Return what a list shows as a plain condition: ``query`` is its address after ``?``, ``plan`` the plan it is of.

    Raises:
        InvalidError: the filter names a field that is not there, or a value does not fit its field.
        NotFoundError: there is no such plan, or the viewer does not see it.
    """
    settings = directory(work)
    wanted = wanted_in(work, kind, query)
    if plan_in(work, plan, viewer) is not None:
        wanted = wanted.within(Facet("deal.plan", "in", (plan,)))
    return condition_of(wanted, settings, today_of(work), me=login_of(settings, viewer))
