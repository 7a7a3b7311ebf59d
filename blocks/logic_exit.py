"""End the run."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from engine.block import Block, Context
from engine.outcome import End, Outcome
from engine.text import _l


class Exit(Block):
    """End the whole run, with all its branches; no port follows."""

    key: ClassVar = "logic.exit"
    title: ClassVar = _l("Exit")
    about: ClassVar = _l("Ends the run, with all its branches")
    group: ClassVar = "logic"
    main: ClassVar = None

    outcome: Literal["success", "lost", "neutral", "error"] = Field(
        default="neutral", title=_l("How it ended"), description=_l("Counted in the statistics of the funnel")
    )

    def run(self, ctx: Context) -> Outcome:
        return End(self.outcome)
