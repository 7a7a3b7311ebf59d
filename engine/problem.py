"""A problem found while checking what a person wrote: where it is and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to put right.

    ``where`` is the place inside the checked value: names and numbers joined by dots (``of.2.value``), or the number of
    a character, counted from 0.  ``code`` is stable; ``message`` is for people (a ``LazyText``).
    """

    where: str
    code: str
    message: str
