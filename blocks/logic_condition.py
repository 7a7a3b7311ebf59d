"""Choose one of two ways."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.condition import Compiled, Condition, always
from engine.condition import compile as compiled
from engine.outcome import Leave, Outcome
from engine.text import _l


class ConditionBlock(Block):
    """Leave through ``yes`` where the condition holds, else through ``no``."""

    key: ClassVar = "logic.condition"
    title: ClassVar = _l("Condition")
    about: ClassVar = _l("Sends the run one way or the other")
    group: ClassVar = "logic"
    main: ClassVar = "yes"
    more: ClassVar = ("no",)

    condition: Condition = Field(title=_l("Condition"))

    def paths(self) -> frozenset[str]:
        return _compiled(self, "UTC").paths

    def shadowed(self) -> tuple[tuple[str, str], ...]:
        answer = always(self.condition)
        return () if answer is None else (("condition", "no" if answer else "yes"),)

    def run(self, ctx: Context) -> Outcome:
        return Leave("yes" if _compiled(self, ctx.calendar.zone).test(ctx.facts, ctx.now) else "no")


@lru_cache(maxsize=4096)
def _compiled(block: ConditionBlock, zone: str) -> Compiled:
    return compiled(block.condition, zone)
