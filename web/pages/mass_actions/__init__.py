"""Mass actions: the list, one with its progress and results, and the form that asks for one."""

from __future__ import annotations

from web.pages.mass_actions import asking, showing
from web.pages.mass_actions.part import blueprint

__all__ = ["asking", "blueprint", "showing"]
