"""Give a deal or a lead its manager."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.outcome import Do, Outcome
from engine.request import AssignManager as Assign
from engine.setting import PlanKey, UserLogin
from engine.text import _l
from engine.writes import Write


class AssignManager(Block):
    """Give the run's deal, or its lead where there is no deal, to a certain manager or to whom the distribution finds.

    Leaves through ``next`` when the owner is another; through ``unchanged`` when it stays the same; through ``no_manager``
    where nobody could take it; through ``failed`` where there is neither deal nor lead, or the manager is gone.
    """

    key: ClassVar = "people.assign_manager"
    title: ClassVar = _l("Assign manager")
    about: ClassVar = _l("Gives the deal or the lead to a manager")
    group: ClassVar = "people"
    more: ClassVar = ("no_manager", "unchanged", "failed")

    owner: UserLogin | None = Field(
        default=None, title=_l("Manager"), description=_l("Empty means that a distribution decides")
    )
    plan: PlanKey | None = Field(
        default=None, title=_l("Distribution of the plan"), description=_l("Empty means the plan of the deal")
    )

    def writes(self) -> tuple[Write, ...]:
        return (Write("owner", "deal"),)

    def run(self, ctx: Context) -> Outcome:
        return Do(Assign(self.owner, self.plan))
