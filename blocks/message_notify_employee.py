"""Tell an employee something."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from engine.block import Block, Context
from engine.effect import NotifyEmployee, Whom
from engine.outcome import Leave, Outcome
from engine.setting import TemplateText, UserLogin
from engine.text import _l


class NotifyEmployeeBlock(Block):
    """Put a note beside the bell of an employee, and send it by e-mail too if wanted.

    Leaves through ``next``; through ``failed`` where there is nobody to tell: the deal has no owner, the owner no supervisor.
    """

    key: ClassVar = "message.notify_employee"
    title: ClassVar = _l("Notify employee")
    about: ClassVar = _l("Tells the owner, the supervisor or somebody else of the company")
    group: ClassVar = "message"
    more: ClassVar = ("failed",)
    sends: ClassVar = True

    whom: Whom = Field(
        default="owner",
        title=_l("Whom"),
        description=_l("The manager of the deal (or else of the lead), that manager's supervisor, or a user"),
    )
    user: UserLogin | None = Field(default=None, title=_l("User"), description=_l("Only where a user is told"))
    text: TemplateText = Field(title=_l("Text"))
    by_email: bool = Field(default=False, title=_l("By e-mail too"))

    @model_validator(mode="after")
    def _has_one_receiver(self) -> Self:
        if (self.whom == "user") != (self.user is not None):
            raise ValueError(_l("name a user where a user is told, and only there"))
        return self

    def paths(self) -> frozenset[str]:
        return frozenset() if self.whom == "user" else frozenset({"deal.owner_id", "lead.owner_id"})

    def run(self, ctx: Context) -> Outcome:
        return Leave(
            effects=(NotifyEmployee(ctx.place, self.whom, ctx.render(self.text).strip(), self.user, self.by_email),)
        )
