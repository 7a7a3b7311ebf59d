"""What blocks that send have in common: addresses, and waiting for what becomes of a message."""

from __future__ import annotations

import re
from typing import Final

from engine.block import Context
from engine.outcome import Awaited

_ADDRESS: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]{2,}")
_PERSONS: Final = ("contact.email", "lead.email")
PERSON_PATHS: Final = frozenset(_PERSONS)
KEY_PATHS: Final = frozenset({"run.id"})
"""What ``answer_to`` looks at."""


def person_address(ctx: Context) -> str:
    """Return the e-mail address of the run's person: the contact's, else the lead's; empty where there is none."""
    return next((found for path in _PERSONS if isinstance(found := ctx.facts.get(path), str) and found), "")


def is_address(text: str) -> bool:
    """Tell whether a text looks like one e-mail address."""
    return len(text) <= 320 and _ADDRESS.fullmatch(text) is not None


def answer_to(ctx: Context, kind: str, port: str) -> Awaited:
    """Return what a rest listens to: the event of this kind about the message that is sent here and now."""
    place = ctx.place
    return Awaited(kind, port, {"run": ctx.facts.get("run.id"), "node": place.node, "visit": place.visit})
