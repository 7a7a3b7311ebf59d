"""Let through only those for whom a condition holds."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.condition import Compiled, Condition, always
from engine.condition import compile as compiled
from engine.outcome import Leave, Outcome
from engine.text import _l


class Filter(Block):
    """Go on through ``next`` where the condition holds; the others leave through ``filtered``, which may lead nowhere."""

    key: ClassVar = "logic.filter"
    title: ClassVar = _l("Filter")
    about: ClassVar = _l("Lets through only those for whom a condition holds")
    group: ClassVar = "logic"
    more: ClassVar = ("filtered",)

    condition: Condition = Field(title=_l("Condition"))

    def paths(self) -> frozenset[str]:
        return _compiled(self, "UTC").paths

    def shadowed(self) -> tuple[tuple[str, str], ...]:
        answer = always(self.condition)
        return () if answer is None else (("condition", "filtered" if answer else "next"),)

    def run(self, ctx: Context) -> Outcome:
        return Leave("next" if _compiled(self, ctx.calendar.zone).test(ctx.facts, ctx.now) else "filtered")


@lru_cache(maxsize=4096)
def _compiled(block: Filter, zone: str) -> Compiled:
    return compiled(block.condition, zone)
