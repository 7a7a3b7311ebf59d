"""What deals are grouped by: the column, the words of its values, and the filter that holds exactly one group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, exists, func, literal, select

from crm.directory import Directory, FieldDefinition, directory
from crm.reports.narrowing import EMPTY, Narrowing
from crm.reports.periods import MOST_MONTHS, months_between
from crm.reports.scope import Scope
from crm.tables.records import deal, deal_product, field_value, lead
from crm.tables.settings import channel, loss_reason, product, user_account
from db.types import Utc
from db.work import Work
from engine.condition_moments import between
from engine.text import _l
from engine.wall_time import to_wall, zone_of

Raw = Any
"""A value of a dimension's column, as the database has it."""

_NO_OWNER, _NO_SUPERVISOR = -1, 0

FIELD_TYPES: Final = frozenset({"choice", "choices", "bool"})
"""The types of custom fields that have few enough values to group by."""


@dataclass(frozen=True, slots=True)
class Group:
    """One value of a dimension: its name, and the filter that holds it and nothing else.  ``order`` comes before the name."""

    name: str
    field: str
    values: tuple[str, ...]
    order: int = 0
    colour: str = ""

    def of(self, narrowing: Narrowing) -> Narrowing:
        """Return a filter narrowed to this group."""
        return narrowing.to(self.field, self.values)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A way of grouping.

    ``column`` is grouped by; ``joined`` adds to a query of deals what it needs; ``spelling``, where there is one, gives a name
    as it was written.  ``is_overlapping``: a deal may stand in several groups.
    """

    key: str
    title: str
    column: ColumnElement[Any]
    group: Callable[[Raw, str | None], Group]
    joins: tuple[tuple[FromClause, ColumnElement[bool]], ...] = ()
    spelling: ColumnElement[str] | None = None
    is_overlapping: bool = False

    def joined(self, query: Select[Any]) -> Select[Any]:
        """Return a query of deals with the tables that the column is of."""
        for table, on in self.joins:
            query = query.outerjoin(table, on)
        return query


def dimensions(work: Work, scope: Scope, keys: tuple[str, ...]) -> tuple[Dimension, ...]:
    """Return the dimensions of these keys, in order; those that are no more, as a field that was removed, are left out.

    At most one query for each, for names, or for the months that there are.
    """
    found = (_dimension(work, scope, key, place) for place, key in enumerate(keys))
    return tuple(one for one in found if one is not None)


def _dimension(work: Work, scope: Scope, key: str, place: int) -> Dimension | None:
    settings = directory(work)
    match key:
        case "month":
            return Dimension(key, _l("Month"), *_months(work, scope))
        case "plan":
            return Dimension(key, _l("Sales plan"), deal.c.plan_id, _plan(settings))
        case "owner":
            return Dimension(key, _l("Manager"), deal.c.owner_id, _owner(settings))
        case "supervisor":
            owner = user_account.alias(f"owner{place}")
            column = case(
                (deal.c.owner_id.is_(None), _NO_OWNER), else_=func.coalesce(owner.c.supervisor_id, _NO_SUPERVISOR)
            )
            on = owner.c.id == deal.c.owner_id
            return Dimension(key, _l("Team of"), column, _supervisor(settings), ((owner, on),))
        case "channel":
            of, on = _lead(place)
            named = _named(channel_names(work), "lead.channel", _l("Without a channel"))
            return Dimension(key, _l("Sales channel"), of.c.channel_id, named, ((of, on),))
        case "source":
            of, on = _lead(place)
            source = func.nullif(of.c.source_fold, "")
            return Dimension(key, _l("Source"), source, _source, ((of, on),), spelling=func.max(of.c.source))
        case "product":
            return _product(work, place)
        case _:
            definition = settings.fields.get(("deal", key.removeprefix("field.")))
            if definition is None or definition.type not in FIELD_TYPES:
                return None
            return _field(definition, place)


def _lead(place: int) -> tuple[FromClause, ColumnElement[bool]]:
    of = lead.alias(f"lead{place}")
    return of, of.c.id == deal.c.lead_id


def _plan(settings: Directory) -> Callable[[Raw, str | None], Group]:
    order = {plan.id: place for place, plan in enumerate(sorted(settings.plans.values(), key=_by_name))}

    def group(raw: Raw, _: str | None) -> Group:
        plan = settings.plans[raw]
        return Group(plan.name, "plan", (plan.key,), order[raw], plan.first_stage.colour)

    return group


def _owner(settings: Directory) -> Callable[[Raw, str | None], Group]:
    def group(raw: Raw, _: str | None) -> Group:
        if raw is None:
            return Group(_l("Nobody"), "owner", (EMPTY,), 1)
        user = settings.users[raw]
        return Group(user.name, "owner", (user.login,))

    return group


def _supervisor(settings: Directory) -> Callable[[Raw, str | None], Group]:
    def group(raw: Raw, _: str | None) -> Group:
        if raw == _NO_OWNER:
            return Group(_l("Nobody"), "owner", (EMPTY,), 2)
        if raw == _NO_SUPERVISOR:
            alone = tuple(one.login for one in settings.users.values() if one.supervisor_id is None)
            return Group(_l("In nobody’s team"), "owner", alone, 1)
        team = tuple(one.login for one in settings.users.values() if one.supervisor_id == raw)
        return Group(settings.users[raw].name, "owner", team)

    return group


def supervisor_of(settings: Directory, owner_id: int | None) -> int:
    """Return what the column of the teams holds for an owner."""
    return _NO_OWNER if owner_id is None else settings.users[owner_id].supervisor_id or _NO_SUPERVISOR


def _named(names: Mapping[int, tuple[str, str]], field: str, without: str) -> Callable[[Raw, str | None], Group]:
    """Return the groups of a directory whose keys and names are known by id."""

    def group(raw: Raw, _: str | None) -> Group:
        if raw is None or raw not in names:
            return Group(without, field, (EMPTY,), 1)
        key, name = names[raw]
        return Group(name, field, (key,))

    return group


def _source(raw: Raw, spelling: str | None) -> Group:
    if raw is None:
        return Group(_l("Without a source"), "lead.source", (EMPTY,), 1)
    return Group(spelling or str(raw), "lead.source", (str(raw),))


def _months(work: Work, scope: Scope) -> tuple[ColumnElement[Any], Callable[[Raw, str | None], Group]]:
    """Return the column of months, numbered from the first in which there is a deal, and their groups."""
    zone, column = zone_of(str(directory(work).organization["zone"])), scope.column
    [(first, last)] = work.rows(select(func.min(column), func.max(column)).select_from(deal).where(*scope.where()))
    months = months_between(to_wall(first or work.now, zone).date(), to_wall(last or work.now, zone).date())
    ends = [between(first, last, zone).until for first, last in months[:-1]]
    earlier = [(column < literal(end, Utc()), place) for place, end in enumerate(ends)]
    number = case(*earlier, (column.is_not(None), len(months) - 1), else_=0)

    def group(raw: Raw, _: str | None) -> Group:
        first, last = months[raw]
        if raw == 0 and len(months) == MOST_MONTHS:  # what is older yet stands here too
            return Group(_l("until {month}", month=f"{first:%Y-%m}"), scope.field, (f"..{last}",), raw)
        return Group(f"{first:%Y-%m}", scope.field, (f"{first}..{last}",), raw)

    return number, group


def _product(work: Work, place: int) -> Dimension:
    line, earlier = deal_product.alias(f"line{place}"), deal_product.alias(f"earlier{place}")
    is_first = ~exists().where(
        earlier.c.deal_id == line.c.deal_id,
        earlier.c.product_id == line.c.product_id,
        earlier.c.position < line.c.position,
    )
    on = and_(line.c.deal_id == deal.c.id, line.c.product_id.is_not(None), is_first)
    rows = work.rows(select(product.c.id, product.c.name))
    named = _named({row.id: (row.name, row.name) for row in rows}, "product", _l("Without a product"))
    return Dimension("product", _l("Product"), line.c.product_id, named, ((line, on),), is_overlapping=True)


def _field(definition: FieldDefinition, place: int) -> Dimension:
    value = field_value.alias(f"value{place}")
    on = and_(value.c.record_id == deal.c.id, value.c.field_id == definition.id)
    key, field = f"field.{definition.key}", f"field.{definition.key}"
    without = Group(_l("Without a value"), field, (EMPTY,), 2)
    if definition.type == "bool":

        def truth(raw: Raw, _: str | None) -> Group:
            if raw is None:
                return without
            return Group(_l("Yes") if raw else _l("No"), field, ("yes" if raw else "no",), 0 if raw else 1)

        return Dimension(key, definition.name, value.c.number, truth, ((value, on),))
    spelled = {option.casefold(): (place, option) for place, option in enumerate(definition.options)}

    def choice(raw: Raw, _: str | None) -> Group:
        if raw is None:
            return without
        at, name = spelled.get(raw, (len(spelled), str(raw)))
        return Group(name, field, (name,), at - len(spelled))

    is_list = definition.type == "choices"
    return Dimension(key, definition.name, value.c.text_key, choice, ((value, on),), is_overlapping=is_list)


def channel_names(work: Work) -> dict[int, tuple[str, str]]:
    """Return key and name of each channel.  One query."""
    return {row.id: (row.key, row.name) for row in work.rows(select(channel.c.id, channel.c.key, channel.c.name))}


def reasons(work: Work) -> Callable[[Raw, str | None], Group]:
    """Return the groups of reasons of refusal.  One query."""
    rows = work.rows(select(loss_reason.c.id, loss_reason.c.key, loss_reason.c.name))
    return _named({row.id: (row.key, row.name) for row in rows}, "lost_reason", _l("Without a reason"))


def _by_name(one: Any) -> str:
    return str(one.name).casefold()
