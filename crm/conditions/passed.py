"""What else of several a record has: products, stages it stood on or passed over; sources that its leads came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, exists, false, literal, not_, or_

from crm.directory import Directory, Plan, Stage
from crm.tables.journal import stage_stay
from crm.tables.records import deal_product, lead
from crm.tables.settings import product
from db.lengths import microseconds_between

Clause = ColumnElement[bool]
_DAY = 86_400_000_000


def has_product(of: Any, _: Directory, name: str | None) -> Clause:
    """Return that a deal has a product of this name, case-folded; any, for ``None``."""
    line = deal_product.alias().c
    found = exists().where(line.deal_id == of.id, line.product_id.is_not(None))
    if name is None:
        return found
    known = product.alias().c
    return found.where(known.id == line.product_id, known.name_key == name)


def has_been(of: Any, settings: Directory, key: str | None) -> Clause:
    """Return that a deal stood on an open stage of this key, or stands there; on any, for ``None``."""
    return _stood(of, [one.id for _, one in _open_stages(settings, key)])


def has_skipped(of: Any, settings: Directory, key: str | None) -> Clause:
    """Return that a deal got farther than an open stage of this key without ever standing on it; of any, for ``None``.

    A deal that came in closed has stood on no open stage, and has passed nothing over.
    """
    return or_(false(), *(_skipped(of, plan, one) for plan, one in _open_stages(settings, key)))


def persons_source(of: Any, _: Directory, name: str | None) -> Clause:
    """Return that a lead of a contact's person came from this source, case-folded; from any, for ``None``."""
    theirs = lead.alias().c
    return _came(theirs, theirs.person_id == of.person_id, name)


def companys_source(of: Any, _: Directory, name: str | None) -> Clause:
    """Return that a lead of a company came from this source, case-folded; from any, for ``None``."""
    theirs = lead.alias().c
    return _came(theirs, theirs.company_id == of.id, name)


def _came(theirs: Any, whose: Clause, name: str | None) -> Clause:
    return exists().where(whose, theirs.source_fold.is_not(None) if name is None else theirs.source_fold == name)


def days_between(since: ColumnElement[Any], until: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the whole days from one moment to another, none where they are the other way round."""
    days = microseconds_between(since, until) // literal(_DAY, BigInteger())
    return case((days < 0, 0), else_=days)


def _open_stages(settings: Directory, key: str | None) -> list[tuple[Plan, Stage]]:
    return [
        (plan, one)
        for plan in settings.plans.values()
        for one in plan.stages
        if one.kind == "open" and (key is None or one.key.casefold() == key)
    ]


def _skipped(of: Any, plan: Plan, here: Stage) -> Clause:
    beyond = [one.id for one in plan.stages if one.kind == "open" and one.position > here.position]
    beyond += [one.id for one in plan.stages if one.kind == "won"]
    opened = [one.id for one in plan.stages if one.kind == "open"]
    return and_(of.plan_id == plan.id, _stood(of, beyond), _stood(of, opened), not_(_stood(of, [here.id])))


def _stood(of: Any, stage_ids: Sequence[int]) -> Clause:
    stay = stage_stay.alias().c
    left = exists().where(stay.deal_id == of.id, stay.stage_id.in_(stage_ids))
    return or_(of.stage_id.in_(stage_ids), left)
