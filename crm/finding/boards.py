"""What is wanted, for the statements of boards; and which of some records fit it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from crm.access.actor import Viewer
from crm.conditions.fields import TABLES, team_names
from crm.deals.card_queries import Filter
from crm.directory import directory
from crm.finding.conditions import (
    clause_of,
    condition_of,
    login_of,
    narrowed,
    read_condition,
    today_of,
    zone_of,
)
from crm.finding.wanted import Wanted
from crm.searching.hints import is_few
from db.sets import in_set
from db.work import Work
from engine.condition import compile
from engine.facts import Facts


def board_filter(work: Work, wanted: Wanted, viewer: Viewer) -> Filter:
    """Return what is wanted of the deals of a plan; whose they are as what counts are kept ready for.

    Raises:
        InvalidError: there is no such field, or the values do not fit it.
    """
    if wanted.is_any:
        return Filter()
    settings = directory(work)
    meant = _owners(work, wanted, viewer)
    if meant is None:
        return Filter(also=narrowed(work, wanted, viewer), is_few=is_few(work, wanted.subject, wanted.text))
    if len(meant) == 1:
        return Filter(owner_id=next(iter(meant)))
    if not meant:
        return Filter(owner_id=-1)
    if meant == {0, *settings.users}:
        return Filter()
    return Filter(also=narrowed(work, wanted, viewer), owner_ids=meant)


def _owners(work: Work, wanted: Wanted, viewer: Viewer) -> frozenset[int] | None:
    """Return the owners who are meant, 0 for nobody, where the filter asks for nothing else."""
    if wanted.text or any(facet.field not in ("deal.owner", "deal.team") for facet in wanted.facets):
        return None
    settings = directory(work)
    plain = condition_of(wanted, settings, today_of(work), me=login_of(settings, viewer))
    if plain is None:
        return None
    holds = compile(read_condition(plain), zone_of(settings)).test
    people = {0: None, **settings.users}
    return frozenset(
        id_
        for id_, user in people.items()
        if holds(Facts({"deal": {"owner": user.login if user else None, "team": team_names(settings, user)}}), work.now)
    )


def fitting(work: Work, wanted: Wanted, ids: Sequence[int], viewer: Viewer) -> list[int]:
    """Return those of the records that are wanted and that the viewer may see, in order.  One query."""
    table = TABLES[wanted.subject]
    query = select(table.c.id).where(in_set(table.c.id, "ids"), clause_of(work, wanted, viewer))
    found = {row.id for row in work.rows(query, {"ids": list(ids)})}
    return [id_ for id_ in ids if id_ in found]
