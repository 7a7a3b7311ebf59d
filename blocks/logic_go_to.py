"""Go back, but not for ever."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.outcome import Leave, Outcome
from engine.text import _l


class GoTo(Block):
    """Leave through ``next``, which may lead back, as often as allowed; after that through ``limit``."""

    key: ClassVar = "logic.go_to"
    title: ClassVar = _l("Go to")
    about: ClassVar = _l("Leads back to an earlier block, a limited number of times")
    group: ClassVar = "logic"
    more: ClassVar = ("limit",)
    bounded: ClassVar = True

    max_visits: int = Field(
        default=3, ge=1, le=1000, title=_l("How often"), description=_l("How many times a run may pass here")
    )

    def run(self, ctx: Context) -> Outcome:
        return Leave("next" if ctx.visit <= self.max_visits else "limit")
