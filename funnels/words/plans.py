"""What the publish plan says, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import LazyText, _l
from funnels.publication.choices_for_people import ChoiceKind
from funnels.publication.plan import Change

CHANGES: Final[Mapping[Change, LazyText]] = {
    "same": _l("as before"),
    "rewired": _l("leads elsewhere"),
    "changed": _l("changed"),
    "removed": _l("gone"),
}
CHOICES: Final[Mapping[ChoiceKind, LazyText]] = {
    "stay": _l("stay on the old version"),
    "follow": _l("follow to the new version"),
    "move": _l("move to another node"),
    "release": _l("follow little by little"),
    "exit": _l("leave the funnel"),
}
