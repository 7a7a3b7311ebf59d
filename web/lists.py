"""What lists of records have in common: headings that sort, groups, and places where a page ends, as the address holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask import abort, request

from crm.finding.orders import Order, Place, place_of
from crm.finding.wanted import Wanted
from web.deal_columns import ColumnShown
from web.finding import link_to


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a list: the address that sorts by it, and whether the list is sorted so (``ascending``, ``descending``)."""

    column: ColumnShown
    address: str
    sorted: str


def headings(path: str, wanted: Wanted, columns: Sequence[ColumnShown], grouped: str = "") -> list[Heading]:
    """Return the headings; a second press turns the order round."""
    found = []
    for column in columns:
        is_on = wanted.sort == column.path
        turned = replace(wanted, sort=column.path, descending=not wanted.descending if is_on else False)
        said = ("descending" if wanted.descending else "ascending") if is_on else ""
        found.append(Heading(column, link_to(path, turned, ("group", grouped)) if column.can_sort else "", said))
    return found


def place_asked(order_of: Callable[[], Order]) -> Place | None:
    """Return the place in the address after which a page begins; 400 for what is none.

    ``order_of`` is asked where there is one.
    """
    text = request.args.get("after", "")
    try:
        return place_of(text, order_of()) if text else None
    except (ValueError, TypeError):
        abort(400)
