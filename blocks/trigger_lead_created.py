"""Start a run when a lead appears."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Trigger
from engine.event import Event, Origin
from engine.setting import ChannelKey, Text
from engine.text import _l


class LeadCreated(Trigger):
    """Start a run for every new lead, or for those from some sources, channels or origins only.

    An empty choice means any.  The run leaves through ``next``.
    """

    key: ClassVar = "trigger.lead_created"
    title: ClassVar = _l("Lead created")
    about: ClassVar = _l("Starts when a new lead appears: from a form, a message, an import or by hand")
    kinds: ClassVar = frozenset({"lead.created"})

    sources: frozenset[Text] = Field(
        default=frozenset(), title=_l("Sources"), description=_l("Only leads from these sources; empty means any")
    )
    channels: frozenset[ChannelKey] = Field(
        default=frozenset(), title=_l("Sales channels"), description=_l("Only leads of these channels; empty means any")
    )
    origins: frozenset[Origin] = Field(
        default=frozenset(), title=_l("Made by"), description=_l("Only leads that came this way; empty means any")
    )

    def accepts(self, event: Event) -> str | None:
        if self.sources and event.data.get("source") not in self.sources:
            return _l("the source is {source}", source=event.data.get("source"))
        if self.channels and event.data.get("channel") not in self.channels:
            return _l("the sales channel is {channel}", channel=event.data.get("channel"))
        if self.origins and event.origin not in self.origins:
            return _l("it was made by {origin}", origin=event.origin)
        return None
