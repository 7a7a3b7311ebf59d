"""Move a deal to another stage."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.outcome import Do, Outcome
from engine.request import MoveDeal
from engine.setting import LossReasonKey, PlanKey, StageKey
from engine.text import _l
from engine.writes import Caused, Write


class ChangeStage(Block):
    """Move the run's deal, or the person's open deal on a plan, to a stage.

    Leaves through ``next`` when it is there, also if it was before; through ``required_missing`` where the stage asks for
    fields that are empty; through ``no_deal`` where there is none; through ``not_forward`` where the stage lies behind and
    only forward is allowed; through ``failed`` where the stage is gone.
    """

    key: ClassVar = "crm.change_stage"
    title: ClassVar = _l("Change deal stage")
    about: ClassVar = _l("Moves the deal to another stage, or closes it")
    group: ClassVar = "crm"
    more: ClassVar = ("required_missing", "no_deal", "not_forward", "failed")

    stage: StageKey = Field(title=_l("Stage"))
    plan: PlanKey | None = Field(
        default=None,
        title=_l("Sales plan"),
        description=_l("Take the open deal on this plan; empty means the run's deal"),
    )
    only_forward: bool = Field(default=False, title=_l("Only forward"), description=_l("Never move the deal back"))
    loss_reason: LossReasonKey | None = Field(
        default=None, title=_l("Reason of the loss"), description=_l("For a stage that closes the deal as lost")
    )

    def writes(self) -> tuple[Write, ...]:
        return (Write("stage", self.plan or "", self.stage),)

    def causes(self) -> tuple[Caused, ...]:
        return (Caused("deal.moved", {"plan": self.plan, "stage": self.stage, "from": None}),)

    def run(self, ctx: Context) -> Outcome:
        return Do(MoveDeal(self.stage, self.plan, self.only_forward, self.loss_reason))
