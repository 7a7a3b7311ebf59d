"""Products: their directory, and the lines of deals."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from crm.access.actor import Actor, Viewer
from crm.deals.visible import visible_deals
from crm.journal import Cause, cause_of, journal
from crm.records.visible import not_yours, only_seen
from crm.tables.records import deal, deal_product
from crm.tables.settings import product
from db.insert_new import insert_new
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE, Result
from engine.text import LazyText, _l

LONGEST_NAME = 255
MOST_LINES = 500
LARGEST_PRICE = 10**15
_LINE = ("deal_id", "position", "product_id", "name", "quantity", "price")


@dataclass(frozen=True, slots=True)
class Line:
    """One product of a deal; ``price`` of one piece is in minor units of the deal's currency."""

    name: str
    quantity: float = 1.0
    price: int = 0


def set_products(
    work: Work,
    items: Sequence[tuple[int, Sequence[Line]]],
    *,
    by: Actor,
    cause: Cause | None = None,
    versions: Mapping[int, int] | None = None,
) -> list[Result]:
    """Give deals (by id) exactly these lines; one answer per item.

    ``done``, ``unchanged``, ``no_deal``, ``not_yours``, ``invalid``, ``stale``.  A deal may be named once; ``versions`` refuse a
    change made on an old view of a deal.  Products nobody sold before come into the directory.  The deal's amount stays as it
    is.  Seven statements at most, whatever the number.
    """
    by.require("deals.edit")
    columns = (deal.c.id, deal.c.person_id, deal.c.version, deal.c.owner_id)
    query = only_seen(select(*columns).where(in_set(deal.c.id, "deals")), "deal", by)
    rows = work.rows(query.order_by(deal.c.id).with_for_update(), {"deals": [deal_id for deal_id, _ in items]})
    persons = {row.id: row.person_id for row in rows}
    foreign = {row.id for row in rows if not by.may_change("deals.edit", row.owner_id)}
    stale = {row.id for row in rows if (versions or {}).get(row.id, row.version) != row.version}
    known = lines_of(work, list(persons))
    answers: list[Result] = []
    changed: dict[int, tuple[Line, ...]] = {}
    for deal_id, given in items:
        lines = tuple(Line(" ".join(line.name.split()), float(line.quantity), line.price) for line in given)
        problem = _problem(lines)
        if deal_id not in persons:
            answers.append(Result("no_deal", detail=_l("there is no deal {deal}", deal=deal_id)))
        elif deal_id in foreign:
            answers.append(not_yours(deal_id))
        elif deal_id in stale:
            answers.append(Result("stale", (deal_id,), detail=_l("the deal was changed meanwhile; look at it again")))
        elif problem is not None:
            answers.append(Result("invalid", (deal_id,), detail=problem))
        elif lines == known.get(deal_id, ()):
            answers.append(Result("unchanged", (deal_id,)))
        else:
            changed[deal_id] = lines
            answers.append(Result(DONE, (deal_id,)))
    if not changed:
        return answers
    ids = ensure_products(work, list(dict.fromkeys(line.name for lines in changed.values() for line in lines)))
    ours = {"deals": list(changed)}
    work.execute(deal_product.delete().where(in_set(deal_product.c.deal_id, "deals")), ours)
    work.insert(
        deal_product,
        _LINE,
        [
            (deal_id, place, ids[line.name], line.name, line.quantity, line.price)
            for deal_id, lines in changed.items()
            for place, line in enumerate(lines)
        ],
    )
    work.execute(update(deal).where(in_set(deal.c.id, "deals")).values(version=deal.c.version + 1), ours)
    notes, why = journal(work), cause or cause_of(by)
    for deal_id in changed:
        notes.add_text("deal.changed", persons[deal_id], deal_id, _CHANGED, why)
    return answers


def products_of(work: Work, deal_ids: Sequence[int], *, viewer: Viewer) -> dict[int, tuple[Line, ...]]:
    """Return the lines of each deal that the viewer may see, in order; empty for one without any.  Two queries."""
    seen = visible_deals(work, deal_ids, viewer)
    found = lines_of(work, seen)
    return {deal_id: found.get(deal_id, ()) for deal_id in seen}


def ensure_products(work: Work, names: Sequence[str]) -> dict[str, int]:
    """Return the ids of products by name, making those that do not exist.  Upper and lower case are one product."""
    keys = {name: " ".join(name.split()).casefold() for name in names}
    known = _known(work, set(keys.values()))
    new = {key: name for name, key in reversed(keys.items()) if key not in known}
    ids = work.ids("product", len(new))
    rows = [(id_, new[key], key) for id_, key in zip(ids, sorted(new), strict=True)]
    if insert_new(work, product, ("id", "name", "name_key"), rows):
        known.update({key: id_ for id_, _, key in rows})
    else:
        known = _known(work, set(keys.values()))
    return {name: known[key] for name, key in keys.items()}


def _known(work: Work, keys: set[str]) -> dict[str, int]:
    query = select(product.c.name_key, product.c.id).where(in_set(product.c.name_key, "keys"))
    return {row.name_key: row.id for row in work.rows(query, {"keys": sorted(keys)})}


def lines_of(work: Work, deal_ids: Sequence[int]) -> dict[int, tuple[Line, ...]]:
    """Return the lines of deals that the caller may see, in order; deals without any are left out.  One query."""
    query = (
        select(deal_product.c.deal_id, deal_product.c.name, deal_product.c.quantity, deal_product.c.price)
        .where(in_set(deal_product.c.deal_id, "deals"))
        .order_by(deal_product.c.deal_id, deal_product.c.position)
    )
    found: dict[int, list[Line]] = defaultdict(list)
    for row in work.rows(query, {"deals": list(deal_ids)}):
        found[row.deal_id].append(Line(row.name, row.quantity, row.price))
    return {deal_id: tuple(lines) for deal_id, lines in found.items()}


def _problem(lines: Sequence[Line]) -> LazyText | None:
    if len(lines) > MOST_LINES:
        return _l("a deal has at most {limit} products", limit=MOST_LINES)
    for line in lines:
        if not line.name or len(line.name) > LONGEST_NAME:
            return _l("a product has a name of at most {limit} characters", limit=LONGEST_NAME)
        if not math.isfinite(line.quantity) or line.quantity <= 0:
            return _l("the quantity of “{name}” must be above 0", name=line.name)
        if abs(line.price) > LARGEST_PRICE:
            return _l("the price of “{name}” is too large", name=line.name)
    return None


_CHANGED = dumps({"fields": ["products"]})
