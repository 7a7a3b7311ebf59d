"""Take tags off a record."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine import effect
from engine.block import Block, Context
from engine.effect import Target
from engine.outcome import Fail, Leave, Outcome
from engine.setting import TagName
from engine.text import _l


class RemoveTags(Block):
    """Take tags off a record; those not there do no harm.

    Leaves through ``next``; through ``failed`` where the run has no such record.
    """

    key: ClassVar = "crm.remove_tags"
    title: ClassVar = _l("Remove tags")
    about: ClassVar = _l("Takes tags off the lead, deal, contact or company")
    group: ClassVar = "crm"
    more: ClassVar = ("failed",)

    tags: frozenset[TagName] = Field(min_length=1, title=_l("Tags"), description=_l("Tags to take off"))
    on: Target = Field(default="lead", title=_l("Record"), description=_l("Whose tags they are"))

    def records(self) -> frozenset[str]:
        return frozenset({self.on})

    def run(self, ctx: Context) -> Outcome:
        if self.on not in ctx.facts.records:
            return Fail("no_record", _l("the run has no {record}", record=self.on))
        return Leave(effects=(effect.RemoveTags(self.tags, self.on),))
