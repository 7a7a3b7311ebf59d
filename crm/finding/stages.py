"""Filters that people keep, where a stage goes away: they ask for the one that takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from sqlalchemy import select

from crm.access.actor import Actor
from crm.conditions.fields import Subject
from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.finding.addresses import query_string, value_of, wanted_from
from crm.finding.wanted import Facet
from crm.journal import cause_of, journal
from crm.tables.accounts import board_view
from crm.tables.finding import saved_filter
from db.work import Work

_STAGE: Final = "deal.stage"


class _Kept(NamedTuple):
    """A filter that somebody saved, and what it asks for with the other stage."""

    id: int
    version: int
    query: str


def filters_naming(work: Work, plan: str, stage: str) -> int:
    """Return how many saved filters ask for a stage of a plan (keys).  One query."""
    return sum(1 for _ in _saved(work, plan, stage, stage))


def ask_for_another_stage(work: Work, plan: str, stage: str, instead: str, *, by: Actor) -> int:
    """Let saved filters, and what people looked at last, ask for another stage; returns how many saved filters there were.

    A key that stages of several plans have means this one only where the filter names the plan.  Four statements.
    """
    found = list(_saved(work, plan, stage, instead))
    work.update(saved_filter, ("id",), ("query", "version"), [(one.id, one.query, one.version + 1) for one in found])
    for one in found:
        journal(work).add(
            "config.changed", 0, one.id, {"what": "filter", "key": str(one.id), "action": "changed"}, cause_of(by)
        )
    plan_id = directory(work).plan(plan).id
    views = work.rows(select(board_view.c.user_id, board_view.c.query).where(board_view.c.plan_id == plan_id))
    rows = [
        (row.user_id, plan_id, other)
        for row in views
        if (other := _swapped(row.query, "deal", stage, instead, directory(work))) is not None
    ]
    work.update(board_view, ("user_id", "plan_id"), ("query",), rows)
    return len(found)


def _saved(work: Work, plan: str, stage: str, instead: str) -> Iterator[_Kept]:
    settings = directory(work)
    alone = sum(stage in one.by_key for one in settings.plans.values()) == 1
    for row in work.rows(select(saved_filter).where(saved_filter.c.query.contains("stage", autoescape=True))):
        if not alone and ("plan", plan) not in parse_qsl(row.query):
            continue
        query = _swapped(row.query, row.subject, stage, instead, settings)
        if query is not None:
            yield _Kept(row.id, row.version, query)


def _swapped(query: str, subject: Subject, stage: str, instead: str, settings: Directory) -> str | None:
    """Return the questions of an address with another stage; ``None`` where they do not ask for this one."""
    is_other = False
    found: list[tuple[str, str]] = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        facet = _of_stage(name, value, subject, settings)
        if facet is None or stage not in facet.values:
            found.append((name, value))
            continue
        is_other = True
        values = tuple(dict.fromkeys(instead if one == stage else one for one in facet.values))
        found.append((name, value_of(facet._replace(values=values))))
    return query_string(found) if is_other else None


def _of_stage(name: str, value: str, subject: Subject, settings: Directory) -> Facet | None:
    try:
        facets: Any = wanted_from([(name, value)], subject, settings).facets
    except InvalidError:
        return None  # it asks for a field that was removed, and is refused as it is
    return facets[0] if facets and facets[0].field == _STAGE else None
