"""Tags and products: the words that come by themselves when they are first used, put in order here."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from crm.access.actor import Actor
from crm.deals.products import LARGEST_PRICE, LONGEST_NAME, ensure_products
from crm.directory import settings_changed
from crm.errors import InvalidError, NotFoundError
from crm.records.tags import ensure_tags
from crm.settings.change import Refers, clean_name, note
from crm.settings.errors import InUseError
from crm.tables.records import deal_product, record_tag
from crm.tables.settings import product, tag
from db.work import Work
from engine.text import LazyText, _l, _ln


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, and how many records have it."""

    id: int
    name: str
    uses: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product, its price in minor units of the company's currency where it is known, and how many deals have it."""

    id: int
    name: str
    price: int | None
    uses: int


def all_tags(work: Work) -> tuple[Tag, ...]:
    """Return all tags by name.  Two queries."""
    uses = dict(work.tuples(select(record_tag.c.tag_id, func.count()).group_by(record_tag.c.tag_id), {}))
    rows = work.rows(select(tag.c.id, tag.c.name).order_by(tag.c.name_key))
    return tuple(Tag(row.id, row.name, int(uses.get(row.id, 0))) for row in rows)


def add_tag(work: Work, name: str, *, by: Actor) -> None:
    """Add a tag; one that is there already stays as it is.

    Raises:
        InvalidError: the name is empty or too long.
    """
    by.require("settings.edit")
    clean = clean_name(name, _TAG)
    [tag_id] = ensure_tags(work, [clean]).values()
    note(work, "tag", clean, "created", tag_id, by)


def rename_tag(work: Work, tag_id: int, name: str, *, refers: Refers | None = None, by: Actor) -> None:
    """Give a tag another name; records keep it.

    Raises:
        NotFoundError: there is no such tag.
        InvalidError: the name cannot be, or another tag has it.
        InUseError: funnels name it, which would make a tag of the old name again.
    """
    by.require("settings.edit")
    old = _tag_name(work, tag_id)
    clean = clean_name(name, _TAG)
    taken = work.scalar(select(tag.c.id).where(tag.c.name_key == clean.casefold(), tag.c.id != tag_id))
    if taken is not None:
        raise InvalidError(_l("there is a tag “{name}” already", name=clean))
    if clean.casefold() != old.casefold():
        _refuse_used(old, (), refers)
    work.execute(tag.update().where(tag.c.id == tag_id).values(name=clean, name_key=clean.casefold()))
    settings_changed(work)
    note(work, "tag", clean, "renamed", tag_id, by)


def remove_tag(work: Work, tag_id: int, *, refers: Refers | None = None, by: Actor) -> None:
    """Remove a tag that no record has.

    Raises:
        NotFoundError: there is no such tag.
        InUseError: records have it, or funnels name it.
    """
    by.require("settings.edit")
    name = _tag_name(work, tag_id)
    uses = work.scalar(select(func.count()).select_from(record_tag).where(record_tag.c.tag_id == tag_id))
    _refuse_used(name, [_ln("{count} record", "{count} records", uses)] if uses else (), refers)
    work.execute(tag.delete().where(tag.c.id == tag_id))
    settings_changed(work)
    note(work, "tag", name, "removed", tag_id, by)


def all_products(work: Work) -> tuple[Product, ...]:
    """Return all products by name.  Two queries."""
    counted = select(deal_product.c.product_id, func.count(deal_product.c.deal_id.distinct())).group_by(
        deal_product.c.product_id
    )
    uses = dict(work.tuples(counted, {}))
    rows = work.rows(select(product.c.id, product.c.name, product.c.price).order_by(product.c.name_key))
    return tuple(Product(row.id, row.name, row.price, int(uses.get(row.id, 0))) for row in rows)


def add_product(work: Work, name: str, price: int | None, *, by: Actor) -> None:
    """Add a product, or give one of this name another price.

    Raises:
        InvalidError: the name or the price cannot be.
    """
    by.require("settings.edit")
    clean = clean_name(name, _PRODUCT, longest=LONGEST_NAME)
    [product_id] = ensure_products(work, [clean]).values()
    work.execute(product.update().where(product.c.id == product_id).values(price=_price(price)))
    note(work, "product", clean, "created", product_id, by)


def change_product(work: Work, product_id: int, name: str, price: int | None, *, by: Actor) -> None:
    """Rename a product or change its price; lines of deals keep what they were sold as.

    Raises:
        NotFoundError: there is no such product.
        InvalidError: the name or the price cannot be, or another product has the name.
    """
    by.require("settings.edit")
    _product_name(work, product_id)
    clean = clean_name(name, _PRODUCT, longest=LONGEST_NAME)
    same = product.c.name_key == clean.casefold()
    if work.scalar(select(product.c.id).where(same, product.c.id != product_id)) is not None:
        raise InvalidError(_l("there is a product “{name}” already", name=clean))
    values = {"name": clean, "name_key": clean.casefold(), "price": _price(price)}
    work.execute(product.update().where(product.c.id == product_id).values(**values))
    note(work, "product", clean, "changed", product_id, by)


def remove_product(work: Work, product_id: int, *, by: Actor) -> None:
    """Remove a product that no deal has.

    Raises:
        NotFoundError: there is no such product.
        InUseError: deals have it.
    """
    by.require("settings.edit")
    name = _product_name(work, product_id)
    which = deal_product.c.product_id == product_id
    uses = work.scalar(select(func.count(deal_product.c.deal_id.distinct())).where(which))
    if uses:
        raise InUseError("product", name, [_ln("{count} deal", "{count} deals", uses)])
    work.execute(product.delete().where(product.c.id == product_id))
    note(work, "product", name, "removed", product_id, by)


def _tag_name(work: Work, tag_id: int) -> str:
    found = work.scalar(select(tag.c.name).where(tag.c.id == tag_id).with_for_update())
    if found is None:
        raise NotFoundError("tag", tag_id)
    return str(found)


def _product_name(work: Work, product_id: int) -> str:
    found = work.scalar(select(product.c.name).where(product.c.id == product_id).with_for_update())
    if found is None:
        raise NotFoundError("product", product_id)
    return str(found)


def _refuse_used(name: str, places: list[LazyText] | tuple[()], refers: Refers | None) -> None:
    found = (*places, *(refers("tag", name) if refers else ()))
    if found:
        raise InUseError("tag", name, found)


def _price(price: int | None) -> int | None:
    if price is not None and not 0 <= price <= LARGEST_PRICE:
        raise InvalidError(_l("a price cannot be {price}", price=price))
    return price


_TAG = _l("the tag's name")
_PRODUCT = _l("the product's name")
