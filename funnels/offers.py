"""What quick fixes may put in: the things there are, under the names that people know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from crm.directory import Directory
from engine.setting import ReferenceKind
from funnels.choices import Choice, choices_of
from funnels.words.names import port_name


class InstallationOffers:
    """Answers the quick fixes from the directory of settings."""

    def __init__(self, settings: Directory) -> None:
        self._settings = settings

    @cached_property
    def _choices(self) -> dict[ReferenceKind, tuple[Choice, ...]]:
        return dict(choices_of(self._settings))

    def offered(self, kind: ReferenceKind, within: str | None = None) -> Sequence[tuple[str, str]]:
        """Return (key, name) of what a setting may name, in the order in which people know it."""
        found = self._choices.get(kind, ())
        return list({one.key: one.name for one in found if within is None or one.within == within}.items())

    def port(self, key: str) -> str:
        """Return what people call a port."""
        return port_name(key)
