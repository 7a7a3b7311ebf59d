"""Put tags on a record."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine import effect
from engine.block import Block, Context
from engine.effect import Target
from engine.outcome import Fail, Leave, Outcome
from engine.setting import TagName
from engine.text import _l


class AddTags(Block):
    """Put tags on a record; those already there stay as they are.

    Leaves through ``next``; through ``failed`` where the run has no such record.
    """

    key: ClassVar = "crm.add_tags"
    title: ClassVar = _l("Add tags")
    about: ClassVar = _l("Puts tags on the lead, deal, contact or company")
    group: ClassVar = "crm"
    more: ClassVar = ("failed",)

    tags: frozenset[TagName] = Field(min_length=1, title=_l("Tags"), description=_l("Tags to put on"))
    on: Target = Field(default="lead", title=_l("Record"), description=_l("Whose tags they are"))

    def records(self) -> frozenset[str]:
        return frozenset({self.on})

    def run(self, ctx: Context) -> Outcome:
        if self.on not in ctx.facts.records:
            return Fail("no_record", _l("the run has no {record}", record=self.on))
        return Leave(effects=(effect.AddTags(self.tags, self.on),))
