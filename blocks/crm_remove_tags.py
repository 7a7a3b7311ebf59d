"""Take tags off a record."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from blocks.tags import ChangesTags
from engine import effect
from engine.setting import TagName
from engine.text import _l
from engine.writes import Write


class RemoveTags(ChangesTags):
    """Take tags off a record; those not there do no harm.

    Leaves through ``next``; through ``failed`` where the run has no such record.
    """

    key: ClassVar = "crm.remove_tags"
    title: ClassVar = _l("Remove tags")
    about: ClassVar = _l("Takes tags off the lead, deal, contact or company")

    tags: frozenset[TagName] = Field(min_length=1, title=_l("Tags"), description=_l("Tags to take off"))

    def writes(self) -> tuple[Write, ...]:
        return tuple(Write("tag", self.on, tag, takes_off=True) for tag in sorted(self.tags))

    def wished(self) -> effect.RemoveTags:
        return effect.RemoveTags(self.tags, self.on)
