"""What putting tags on a record and taking them off have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.effect import Effect, Target
from engine.outcome import Fail, Leave, Outcome
from engine.setting import TagName
from engine.text import _l


class ChangesTags(Block):
    """A block about the tags of a record; ``wished`` is what it asks for."""

    group: ClassVar = "crm"
    more: ClassVar = ("failed",)

    tags: frozenset[TagName] = Field(min_length=1, title=_l("Tags"))
    on: Target = Field(default="lead", title=_l("Record"), description=_l("Whose tags they are"))

    @abstractmethod
    def wished(self) -> Effect:
        """Return the effect on the record."""

    def records(self) -> frozenset[str]:
        return frozenset({self.on})

    def run(self, ctx: Context) -> Outcome:
        if self.on not in ctx.facts.records:
            return Fail("no_record", _l("the run has no {record}", record=self.on))
        return Leave(effects=(self.wished(),))
