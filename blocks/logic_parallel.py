"""Go several ways at once."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.block import Block, Context
from engine.outcome import Leave, Outcome
from engine.text import _l


class Parallel(Block):
    """Send the run down all branches at once, through ``branch_1``, ``branch_2`` and so on.

    A branch that leads nowhere is over at once.  The run is over when every branch is.
    """

    key: ClassVar = "logic.parallel"
    title: ClassVar = _l("Parallel")
    about: ClassVar = _l("Sends the run down several branches at once")
    group: ClassVar = "logic"
    main: ClassVar = "branch_1"
    splits: ClassVar = True

    branches: int = Field(default=2, ge=2, le=20, title=_l("How many branches"))

    def ports(self) -> tuple[str, ...]:
        return tuple(f"branch_{number}" for number in range(1, self.branches + 1))

    def run(self, ctx: Context) -> Outcome:
        first, *others = self.ports()
        return Leave(first, also=tuple(others))
