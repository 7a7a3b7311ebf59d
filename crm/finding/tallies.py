"""How many deals are wanted and what they are worth, together and by groups; from counts kept ready where those know it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from crm.access.actor import Viewer
from crm.conditions.fields import STATES, team_names
from crm.deals.board import Tally
from crm.directory import Directory, Plan, directory
from crm.errors import InvalidError
from crm.finding.conditions import clause_of, condition_of, login_of, read_condition, today_of, zone_of
from crm.finding.wanted import Facet, Wanted
from crm.tables.journal import stage_total
from crm.tables.records import deal, field_value, lead
from db.work import Work
from engine.condition import compile
from engine.facts import Facts
from engine.text import _l

_KEPT: Final = frozenset({"deal.plan", "deal.stage", "deal.owner", "deal.team", "deal.state"})
GROUPS: Final = ("deal.stage", "deal.owner", "deal.plan", "deal.state", "deal.lost_reason", "lead.source")
"""The built-in fields that deals are grouped by; custom ones of one choice come beside."""


class Group(NamedTuple):
    """Deals that have a value in common: as facets write it, ``None`` for those without one; and how it is written for people."""

    value: str | None
    words: str
    tally: Tally


class _Part(NamedTuple):
    """Counted deals of one place: as ``stage_total`` has them, or as they were counted."""

    key: Any
    currency: str
    deals: int
    amount: int


def deal_tally(work: Work, wanted: Wanted, *, viewer: Viewer, plan: Plan | None = None) -> Tally:
    """Return how many deals are wanted, and their sums.  One statement; of all, and by plan, stage, owner, team and state, quick.

    Raises:
        InvalidError: there is no such field, or the values do not fit it.
    """
    if is_kept(wanted):
        return _sum(_kept(work, wanted, viewer, plan, lambda _settings, _row: None))
    query = select(deal.c.currency, func.count(), func.sum(deal.c.amount)).group_by(deal.c.currency)
    rows = work.rows(query.where(_meant(work, wanted, viewer, plan)))
    return _sum(_Part(None, currency, number, int(amount)) for currency, number, amount in rows)


def can_group(path: str, settings: Directory) -> bool:
    """True where deals can be grouped by a field."""
    record, _, key = path.partition(".")
    known = settings.fields.get((record, key.removeprefix("field."))) if key.startswith("field.") else None
    return path in GROUPS or (known is not None and record == "deal" and known.type == "choice")


def deal_groups(
    work: Work, wanted: Wanted, path: str, *, viewer: Viewer, plan: Plan | None = None
) -> tuple[Group, ...]:
    """Return the deals that are wanted by the values of a field, the most numerous first, without empty groups.  One statement.

    Raises:
        InvalidError: deals cannot be grouped by this, or what is wanted cannot be asked.
    """
    settings = directory(work)
    if not can_group(path, settings):
        raise InvalidError(_l("deals cannot be grouped by {field}", field=path))
    if is_kept(wanted) and path in _KEPT:
        key_of = _KEYS[path]
        return _groups(_kept(work, wanted, viewer, plan, key_of), {})
    column, join = _column(path, settings)
    words = func.min(lead.c.source) if path == "lead.source" else func.min(column)
    query = select(column.label("key"), deal.c.currency, func.count(), func.sum(deal.c.amount), words)
    query = join(query.select_from(deal)).where(_meant(work, wanted, viewer, plan))
    rows = work.rows(query.group_by(column, deal.c.currency))
    key = _named(path, settings)
    parts = [_Part(key(value), currency, number, int(amount)) for value, currency, number, amount, _ in rows]
    return _groups(parts, {key(row[0]): str(row[4]) for row in rows if row[0] is not None})


def of_group(wanted: Wanted, path: str, value: str | None) -> Wanted:
    """Return exactly the deals of a group."""
    if value is None:
        return wanted.within(Facet(path, "empty"))
    # The group's value is one of those that were asked for, so it may stand in their place.
    rest = wanted.without(*(one for one in wanted.of(path) if one.op == "in"))
    return rest.within(Facet(path, "in", (value,)))


def is_kept(wanted: Wanted) -> bool:
    """True where counts that are kept ready know how many deals are wanted."""
    return not wanted.text and all(facet.field in _KEPT for facet in wanted.facets)


def _kept(
    work: Work,
    wanted: Wanted,
    viewer: Viewer,
    plan: Plan | None,
    key_of: Callable[[Directory, Any], str | None],
) -> Iterable[_Part]:
    settings = directory(work)
    at = stage_total.c
    query = select(at.plan_id, at.stage_id, at.owner_id, at.currency, func.sum(at.deals), func.sum(at.amount))
    seen = true()
    if viewer.owner_ids is not None:
        nobodys = and_(at.owner_id == 0, at.plan_id.in_(sorted(viewer.plan_ids or ())))
        seen = or_(at.owner_id.in_(sorted(viewer.owner_ids)), nobodys)  # type: ignore[assignment]  # both are clauses
    query = query.where(seen)
    if plan is not None:
        query = query.where(at.plan_id == plan.id)
    rows = work.rows(query.group_by(at.plan_id, at.stage_id, at.owner_id, at.currency))
    found = condition_of(wanted, settings, today_of(work), me=login_of(settings, viewer))
    holds = None if found is None else compile(read_condition(found), zone_of(settings)).test
    for row in rows:
        if holds is None or holds(Facts({"deal": _facts(settings, row)}), work.now):
            yield _Part(key_of(settings, row), row.currency, int(row[4]), int(row[5]))


def _facts(settings: Directory, row: Any) -> dict[str, object]:
    user = settings.users.get(row.owner_id)
    return {
        "plan": _plan(settings, row),
        "stage": _stage(settings, row),
        "owner": _owner(settings, row),
        "team": team_names(settings, user),
        "state": _state(settings, row),
    }


def _plan(settings: Directory, row: Any) -> str | None:
    plan = settings.plans.get(row.plan_id)
    return plan.key if plan is not None else None


def _stage(settings: Directory, row: Any) -> str | None:
    stage = settings.stages.get(row.stage_id)
    return stage.key if stage is not None else None


def _owner(settings: Directory, row: Any) -> str | None:
    user = settings.users.get(row.owner_id)
    return user.login if user is not None else None


def _state(settings: Directory, row: Any) -> str | None:
    stage = settings.stages.get(row.stage_id)
    return STATES[stage.state] if stage is not None else None


_KEYS: Final[Mapping[str, Callable[[Directory, Any], str | None]]] = {
    "deal.plan": _plan,
    "deal.stage": _stage,
    "deal.owner": _owner,
    "deal.state": _state,
}


def _meant(work: Work, wanted: Wanted, viewer: Viewer, plan: Plan | None) -> ColumnElement[bool]:
    clause = clause_of(work, wanted, viewer)
    return clause if plan is None else and_(deal.c.plan_id == plan.id, clause)


def _column(path: str, settings: Directory) -> tuple[ColumnElement[Any], Callable[[Any], Any]]:
    """Return the column that deals are grouped by, and what has to be joined for it."""
    if path == "lead.source":
        return lead.c.source_fold, lambda query: query.outerjoin(lead, lead.c.id == deal.c.lead_id)
    if path.startswith("deal.field."):
        known = settings.fields["deal", path.removeprefix("deal.field.")]
        values = field_value.alias()
        same = and_(values.c.record_id == deal.c.id, values.c.field_id == known.id, values.c.position == 0)
        return values.c.text_key, lambda query: query.outerjoin(values, same)
    columns: Mapping[str, ColumnElement[Any]] = {
        "deal.plan": deal.c.plan_id,
        "deal.stage": deal.c.stage_id,
        "deal.owner": deal.c.owner_id,
        "deal.state": deal.c.state,
        "deal.lost_reason": deal.c.loss_reason_id,
    }
    return columns[path], lambda query: query


def _named(path: str, settings: Directory) -> Callable[[Any], str | None]:
    """Return how a value of the column is written in facets."""
    names: Mapping[str, Mapping[Any, str]] = {
        "deal.plan": {plan.id: plan.key for plan in settings.plans.values()},
        "deal.stage": {stage.id: stage.key for stage in settings.stages.values()},
        "deal.owner": {user.id: user.login for user in settings.users.values()},
        "deal.state": STATES,
        "deal.lost_reason": settings.loss_reasons,
    }
    if path in names:
        return names[path].get
    if path.startswith("deal.field."):
        options = settings.fields["deal", path.removeprefix("deal.field.")].options
        known = {option.casefold(): option for option in options}
        return lambda value: known.get(value, value)
    return lambda value: value


def _sum(parts: Iterable[_Part]) -> Tally:
    sums: Counter[str] = Counter()
    deals = 0
    for part in parts:
        deals += part.deals
        sums[part.currency] += part.amount
    return Tally(deals, {currency: amount for currency, amount in sorted(sums.items()) if amount})


def _groups(parts: Iterable[_Part], words: Mapping[str | None, str]) -> tuple[Group, ...]:
    by_key: dict[str | None, list[_Part]] = defaultdict(list)
    for part in parts:
        by_key[part.key].append(part)
    found = [Group(key, words.get(key, key or ""), _sum(several)) for key, several in by_key.items()]
    return tuple(
        sorted(
            (one for one in found if one.tally.deals), key=lambda one: (-one.tally.deals, one.value is None, one.words)
        )
    )
