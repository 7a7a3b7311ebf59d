"""Become one again after a Parallel."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from engine.block import Block, Context
from engine.duration import Duration, NeverOpenError
from engine.outcome import Fail, Leave, Merged, Outcome, Wait
from engine.text import _l


class Join(Block):
    """Wait until all branches of a Parallel have come, any, or a number of them, then go on once.

    Leaves through ``next`` when enough branches came, or when nobody is left who could come; through ``timeout`` where
    that took too long.  The port exists only with a timeout, which counts from the first branch that came.  Branches
    that come later are merged without a trace, or cancelled with ``cancel_rest``.
    """

    key: ClassVar = "logic.join"
    title: ClassVar = _l("Join")
    about: ClassVar = _l("Brings the branches of a Parallel together again")
    group: ClassVar = "logic"
    joins: ClassVar = True

    wait_for: Literal["all", "any", "number"] = Field(
        default="all", title=_l("Wait for"), description=_l("All branches that can still come, any one, or a number")
    )
    number: int | None = Field(default=None, ge=1, le=20, title=_l("How many branches"))
    timeout: Duration | None = Field(
        default=None, title=_l("Not longer than"), description=_l("Counted from the first branch; empty means for ever")
    )
    cancel_rest: bool = Field(
        default=False, title=_l("Cancel the rest"), description=_l("Stop the branches that have not come")
    )

    @model_validator(mode="after")
    def _has_number(self) -> Self:
        if (self.wait_for == "number") != (self.number is not None):
            raise ValueError(_l("say how many branches, and only when waiting for a number"))
        return self

    def ports(self) -> tuple[str, ...]:
        return ("next", "timeout") if self.timeout is not None else ("next",)

    def run(self, ctx: Context) -> Outcome:
        if not isinstance(ctx.signal, Merged):
            return Leave("timeout")
        needed = {"any": 1, "number": self.number}.get(self.wait_for)
        enough = ctx.signal.coming == 0 if needed is None else ctx.signal.arrived >= needed
        if enough:
            return Leave()
        try:
            until = self.timeout.after(ctx.now, ctx.calendar) if self.timeout is not None else None
        except NeverOpenError as error:
            return Fail(error.code, error.message)
        return Wait(until, for_branches=True)
