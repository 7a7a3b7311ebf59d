"""Why a run stands still, as its row keeps it: the node, a code, and words that may become another language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.text import unpacked


def error_words(error: Mapping[str, Any]) -> str:
    """Return the words of a stored error, to be translated where they are shown; empty where it has none."""
    return unpacked(error.get("text") or error.get("message") or "")
