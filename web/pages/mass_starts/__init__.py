"""Mass starts: the list, one with its progress, and a new one."""

from __future__ import annotations

from web.pages.mass_starts import asking, showing
from web.pages.mass_starts.part import blueprint

__all__ = ["asking", "blueprint", "showing"]
