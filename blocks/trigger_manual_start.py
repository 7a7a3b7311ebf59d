"""Start a run when a person says so."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Trigger
from engine.event import Event
from engine.setting import Text
from engine.text import _l


class ManualStart(Trigger):
    """Start a run when somebody presses the button of this label, on a card or for a whole list.

    The run leaves through ``next``.
    """

    key: ClassVar = "trigger.manual_start"
    title: ClassVar = _l("Started by hand")
    about: ClassVar = _l("Starts when a person presses a button")
    kinds: ClassVar = frozenset({"manual.start"})

    label: Text = Field(default="start", title=_l("Label of the button"), description=_l("What the button says"))

    def accepts(self, event: Event) -> str | None:
        pressed = event.data.get("label")
        return None if pressed == self.label else _l("the button is {label}", label=pressed)
