"""Start a run when a deal comes into a stage."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Trigger
from engine.event import Event, Origin
from engine.setting import PlanKey, StageKey
from engine.text import _l


class StageEntered(Trigger):
    """Start a run when a deal is opened in, or moved to, one of the stages.

    A stage that was jumped over counts with ``also_skipped``; a recall counts with ``on_recall``.  The run leaves through
    ``next``.
    """

    key: ClassVar = "trigger.stage_entered"
    title: ClassVar = _l("Stage entered")
    about: ClassVar = _l("Starts when a deal comes into a stage of a sales plan")
    kinds: ClassVar = frozenset({"deal.created", "deal.moved"})

    plan: PlanKey = Field(title=_l("Sales plan"))
    stages: frozenset[StageKey] = Field(
        default=frozenset(), title=_l("Stages"), description=_l("Only these stages; empty means any")
    )
    origins: frozenset[Origin] = Field(
        default=frozenset(), title=_l("Moved by"), description=_l("Only deals that came this way; empty means any")
    )
    also_skipped: bool = Field(
        default=False, title=_l("Also when jumped over"), description=_l("Count a stage that the deal was moved past")
    )
    on_recall: bool = Field(
        default=False,
        title=_l("Also on recall"),
        description=_l("Count a closed deal that was taken back to the stage"),
    )

    def accepts(self, event: Event) -> str | None:
        if event.data.get("plan") != self.plan:
            return _l("the sales plan is {plan}", plan=event.data.get("plan"))
        if event.origin == "recall" and not self.on_recall:
            return _l("the deal was recalled")
        if self.origins and event.origin not in self.origins:
            return _l("it was moved by {origin}", origin=event.origin)
        if self.stages and not self._came_by(event):
            return _l("the stage is {stage}", stage=event.data.get("stage"))
        return None

    def _came_by(self, event: Event) -> bool:
        if event.data.get("stage") in self.stages:
            return True
        skipped = event.data.get("skipped")
        return self.also_skipped and isinstance(skipped, list | tuple) and not self.stages.isdisjoint(skipped)
