"""What is wanted: a text to search for, facets that all hold, and an order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from crm.conditions.fields import Subject

Op = Literal[
    "in",
    "not_in",
    "contains",
    "not_contains",
    "between",
    "within_last",
    "within_next",
    "during",
    "empty",
    "not_empty",
]
ME: Final = "me"
"""Stands in a facet of people for whoever looks."""
NOW: Final = "now"
"""Stands for the present moment as an end of ``between``."""
LONGEST_TEXT: Final = 200


class Facet(NamedTuple):
    """One part of a filter.

    ``field`` is a path as conditions have it: ``deal.stage``, ``contact.email``, ``deal.field.budget``.  ``values`` are texts in
    one form each, whatever the field holds:

    - ``in``, ``not_in``: keys of settings, logins, words of a list, names of tags, texts, numbers, ``yes`` or ``no``; the value
      is one of these, the tags have one of these
    - ``contains``, ``not_contains``: a part of a text
    - ``between``: two ends, of which one may be empty: numbers, amounts in whole units of the company's currency (``1000.5``),
      days (``2026-12-31``), ``now``; both ends are included
    - ``within_last``, ``within_next``: a distance from now: ``30d``, ``6h``, ``2w``
    - ``during``: a stretch of the calendar: ``today``, ``this-month``; see ``crm.finding.days``
    - ``empty``, ``not_empty``: nothing
    """

    field: str
    op: Op
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records of a kind are wanted, and in which order.

    ``text`` is looked for in titles, names, e-mails and phones.  ``sort`` is the path of a field, empty for the list's own order.
    """

    subject: Subject
    text: str = ""
    facets: tuple[Facet, ...] = ()
    sort: str = ""
    descending: bool = False

    @property
    def is_any(self) -> bool:
        """True where nothing is left out."""
        return not self.text and not self.facets

    def of(self, field: str) -> tuple[Facet, ...]:
        """Return the facets of a field."""
        return tuple(one for one in self.facets if one.field == field)

    def without(self, *facets: Facet) -> Wanted:
        """Return the same without some facets."""
        return replace(self, facets=tuple(one for one in self.facets if one not in facets))

    def also(self, *facets: Facet) -> Wanted:
        """Return the same with more facets; those of the same fields give way."""
        fields = {one.field for one in facets}
        return replace(self, facets=(*(one for one in self.facets if one.field not in fields), *facets))

    def within(self, *facets: Facet) -> Wanted:
        """Return the same with more facets, beside those that are there."""
        return replace(self, facets=(*self.facets, *(one for one in facets if one not in self.facets)))
