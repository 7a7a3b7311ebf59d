"""What the pages of mass starts share: the blueprint, and the chips of states."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from engine.text import LazyText, _l
from funnels.mass_starts import STATES

blueprint = Blueprint("mass_starts", __name__, url_prefix="/mass-starts")

_SIGNS: Final = {
    "sampling": ("accent", "hourglass"),
    "held": ("warn", "player-pause"),
    "running": ("accent", "player-play"),
    "aborted": ("", "hand-stop"),
    "finished": ("ok", "circle-check"),
}
CHIPS: Final[dict[str, tuple[LazyText, str, str]]] = {key: (words, *_SIGNS[key]) for key, words in STATES.items()}
"""The word, the kind of chip and the icon of each state."""

BECAME: Final[dict[str, tuple[LazyText, str, str]]] = {
    "waiting": (_l("on the way in"), "", "hourglass"),
    "inside": (_l("inside"), "accent", "route"),
    "ended": (_l("through"), "ok", "circle-check"),
    "parked": (_l("stands still"), "bad", "alert-triangle"),
    "refused": (_l("refused"), "warn", "ban"),
}
"""The same for what became of somebody who was let in."""
