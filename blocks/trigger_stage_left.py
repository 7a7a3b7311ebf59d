"""Start a run when a deal leaves a stage."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Trigger
from engine.event import Event, Origin
from engine.setting import PlanKey, StageKey
from engine.text import _l


class StageLeft(Trigger):
    """Start a run when a deal is moved out of one of the stages, wherever to unless ``to`` says it.

    The run leaves through ``next``.
    """

    key: ClassVar = "trigger.stage_left"
    title: ClassVar = _l("Stage left")
    about: ClassVar = _l("Starts when a deal leaves a stage of a sales plan")
    kinds: ClassVar = frozenset({"deal.moved"})

    plan: PlanKey = Field(title=_l("Sales plan"))
    stages: frozenset[StageKey] = Field(
        default=frozenset(), title=_l("Stages"), description=_l("Only these stages; empty means any")
    )
    to: frozenset[StageKey] = Field(
        default=frozenset(), title=_l("Next stages"), description=_l("Only when moved to these stages; empty means any")
    )
    origins: frozenset[Origin] = Field(
        default=frozenset(), title=_l("Moved by"), description=_l("Only deals that left this way; empty means any")
    )

    def accepts(self, event: Event) -> str | None:
        data = event.data
        if data.get("plan") != self.plan:
            return _l("the sales plan is {plan}", plan=data.get("plan"))
        if self.stages and data.get("from") not in self.stages:
            return _l("the stage left is {stage}", stage=data.get("from"))
        if self.to and data.get("stage") not in self.to:
            return _l("the next stage is {stage}", stage=data.get("stage"))
        if self.origins and event.origin not in self.origins:
            return _l("it was moved by {origin}", origin=event.origin)
        return None
