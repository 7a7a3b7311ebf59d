"""Which records a figure counts, said as the filter of a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from crm.finding.wanted import Facet, Wanted

EMPTY: Final = "\x00empty"
"""Stands for records without a value; no value is written so."""
FILLED: Final = "\x00filled"
"""Stands for records with any value."""


def _overlap(one: str, other: str) -> str:
    """Return the days that lie in both stretches, as far as they have ends."""
    (low, _, high), (least, _, most) = one.partition(".."), other.partition("..")
    return f"{max(low, least)}..{min(high or most, most or high)}"


_STRETCHES: Final = frozenset({"closed_at", "created_at", "lasted"})
_OF_OTHERS: Final = ("lead.",)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A filter of deals or tasks: for each field (its path without the subject's own name) the values of which a record has one.

    Of days and lengths of time the value is a stretch, ``2026-01-01..2026-01-31``.
    """

    subject: Literal["deal", "task"] = "deal"
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def to(self, name: str, values: Iterable[str]) -> Narrowing:
        """Return the narrower filter: a field that is narrowed already keeps what both allow."""
        chosen = tuple(dict.fromkeys(values))
        known = dict(self.fields)
        if name in known and name in _STRETCHES:
            chosen = (_overlap(known[name][0], chosen[0]),)
        elif name in known:
            chosen = tuple(one for one in known[name] if one in chosen)
        return replace(self, fields=(*((key, several) for key, several in self.fields if key != name), (name, chosen)))

    @property
    def wanted(self) -> Wanted:
        """The filter as lists know it."""
        return Wanted(self.subject, facets=tuple(self._facet(name, values) for name, values in self.fields))

    def _facet(self, name: str, values: tuple[str, ...]) -> Facet:
        path = name if name.startswith(_OF_OTHERS) else f"{self.subject}.{name}"
        if values == (EMPTY,):
            return Facet(path, "empty")
        if values == (FILLED,):
            return Facet(path, "not_empty")
        if name in _STRETCHES:
            low, _, high = values[0].partition("..")
            return Facet(path, "between", (low, high))
        return Facet(path, "in", values)
