"""The statuses of leads in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import LazyText, _l

LEAD_STATUSES: Final[Mapping[str, LazyText]] = {
    "not_processed": _l("Not processed"),
    "in_work": _l("In work"),
    "unreachable": _l("Unreachable"),
    "quality": _l("Quality"),
    "junk": _l("Junk"),
}
"""In the order in which a lead goes through them."""
