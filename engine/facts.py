"""Facts: what a run may look at.  A small immutable map of records, overlaid by the run's own effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.effect import Effect

Record = Mapping[str, object]


class Facts:
    """The records a run may look at, by name: ``lead``, ``deal``, ``contact``, ``person``, ``trigger``, ``variable``, ``run``.

    A path is the record's name, a dot, and the key inside it (``lead.source``, ``deal.field.budget``).  Never changed in
    place: ``after`` and ``with_records`` return another object, so a walk can be repeated.
    """

    __slots__ = ("records",)

    def __init__(self, records: Mapping[str, Record]) -> None:
        self.records = records

    def get(self, path: str) -> object | None:
        """Return the value at ``path``, ``None`` where the record or the value is missing."""
        name, _, key = path.partition(".")
        record = self.records.get(name)
        return None if record is None else record.get(key)

    def after(self, effect: Effect) -> Facts:
        """Return the facts as they will be once ``effect`` is written, so that later blocks need no re-read."""
        return Facts({**self.records, **effect.overlay(self.records)})

    def with_records(self, records: Mapping[str, Record]) -> Facts:
        """Return the facts with some records replaced: the answer of a command."""
        return Facts({**self.records, **records}) if records else self
