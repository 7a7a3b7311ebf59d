"""Open a deal on a sales plan."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.outcome import Do, Outcome
from engine.request import IfOpen, OpenDeal
from engine.setting import Money, PlanKey, StageKey, TemplateText, UserLogin
from engine.text import _l
from engine.writes import Caused


class AddToPlan(Block):
    """Open a deal of the run's person on a sales plan, for a manager whom the plan's distribution finds.

    Leaves through ``next`` with the deal; through ``already_there`` where an open deal is on the plan and is left alone;
    through ``no_manager`` where nobody could take it; through ``failed`` where the plan or the stage is gone.
    """

    key: ClassVar = "crm.add_to_plan"
    title: ClassVar = _l("Add to sales plan")
    about: ClassVar = _l("Opens a deal on a sales plan and finds a manager for it")
    group: ClassVar = "crm"
    more: ClassVar = ("already_there", "no_manager", "failed")

    plan: PlanKey = Field(title=_l("Sales plan"))
    stage: StageKey | None = Field(default=None, title=_l("Stage"), description=_l("Empty means the first stage"))
    name: TemplateText | None = Field(
        default=None, title=_l("Name of the deal"), description=_l("Empty means the plan's own")
    )
    amount: Money | None = Field(
        default=None, title=_l("Amount"), description=_l("Empty means the plan's average check")
    )
    owner: UserLogin | None = Field(
        default=None, title=_l("Manager"), description=_l("Empty means that the plan's distribution decides")
    )
    if_open: IfOpen = Field(
        default="leave",
        title=_l("If a deal is open there"),
        description=_l("Leave it alone, go on with it, move it to the stage, or open another"),
    )

    def records(self) -> frozenset[str]:
        return frozenset({"lead"})  # the plan's own name of deals is filled from it

    def causes(self) -> tuple[Caused, ...]:
        return (Caused("deal.created", {"plan": self.plan, "stage": self.stage}),)

    def run(self, ctx: Context) -> Outcome:
        name = ctx.render(self.name) if self.name is not None else None
        return Do(OpenDeal(self.plan, self.stage, name or None, self.amount, self.owner, self.if_open))
