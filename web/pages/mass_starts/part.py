"""What the pages of mass starts share: the blueprint, and the chips of states."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from engine.text import _l
from funnels.jobs import MASS_START
from web.job_pages import Chip, chips_of

blueprint = Blueprint("mass_starts", __name__, url_prefix="/mass-starts")

CHIPS: Final = chips_of(MASS_START)

BECAME: Final[dict[str, Chip]] = {
    "waiting": (_l("on the way in"), "", "hourglass"),
    "inside": (_l("inside"), "accent", "route"),
    "ended": (_l("through"), "ok", "circle-check"),
    "parked": (_l("stands still"), "bad", "alert-triangle"),
    "refused": (_l("refused"), "warn", "ban"),
}
"""How what became of somebody who was let in looks."""
