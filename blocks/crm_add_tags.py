"""Put tags on a record."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from blocks.tags import ChangesTags
from engine import effect
from engine.setting import TagName
from engine.text import _l
from engine.writes import Write


class AddTags(ChangesTags):
    """Put tags on a record; those already there stay as they are.

    Leaves through ``next``; through ``failed`` where the run has no such record.
    """

    key: ClassVar = "crm.add_tags"
    title: ClassVar = _l("Add tags")
    about: ClassVar = _l("Puts tags on the lead, deal, contact or company")

    tags: frozenset[TagName] = Field(min_length=1, title=_l("Tags"), description=_l("Tags to put on"))

    def writes(self) -> tuple[Write, ...]:
        return tuple(Write("tag", self.on, tag) for tag in sorted(self.tags))

    def wished(self) -> effect.AddTags:
        return effect.AddTags(self.tags, self.on)
