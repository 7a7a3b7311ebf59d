"""Write a comment."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine import effect
from engine.block import Block, Context
from engine.effect import Target
from engine.outcome import Fail, Leave, Outcome
from engine.setting import TemplateText
from engine.text import _l


class AddComment(Block):
    """Write a comment into the timeline of a record.

    Leaves through ``next``; through ``failed`` where the run has no such record.
    """

    key: ClassVar = "crm.add_comment"
    title: ClassVar = _l("Add comment")
    about: ClassVar = _l("Writes a comment on the card of the lead, deal, contact or company")
    group: ClassVar = "crm"
    more: ClassVar = ("failed",)

    text: TemplateText = Field(title=_l("Comment"))
    on: Target = Field(default="lead", title=_l("Record"), description=_l("On whose card it is written"))

    def records(self) -> frozenset[str]:
        return frozenset({self.on})

    def run(self, ctx: Context) -> Outcome:
        if self.on not in ctx.facts.records:
            return Fail("no_record", _l("the run has no {record}", record=self.on))
        return Leave(effects=(effect.AddComment(ctx.render(self.text), self.on),))
