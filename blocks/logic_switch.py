"""Choose one of several ways by a field."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.block import Block, Context
from engine.outcome import Leave, Outcome
from engine.setting import FactPath, PortName
from engine.text import _l


class Case(BaseModel):
    """One way out and the values that take it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: PortName = Field(title=_l("Port"))
    values: tuple[bool | int | float | str, ...] = Field(
        min_length=1,
        max_length=500,
        title=_l("Values"),
        description=_l("Any of these; for a list, that it has any of them"),
    )

    def fits(self, value: object) -> bool:
        """Tell whether a value takes this way.  Texts compare without regard to case."""
        seen = value if isinstance(value, frozenset | set | tuple | list) else (value,)
        return not _folded(seen).isdisjoint(_folded(self.values))


def _folded(values: frozenset[object] | set[object] | tuple[object, ...] | list[object]) -> set[object]:
    # A yes is no 1: True == 1 in Python, so yes and no go by their names.
    return {
        (bool, value) if isinstance(value, bool) else value.casefold() if isinstance(value, str) else value
        for value in values
    }


class Switch(Block):
    """Leave through the port of the first case that the field's value fits, through ``else`` where none does.

    An empty field fits no case.
    """

    key: ClassVar = "logic.switch"
    title: ClassVar = _l("Switch")
    about: ClassVar = _l("Sends the run one of several ways by the value of a field")
    group: ClassVar = "logic"
    main: ClassVar = "else"

    field: FactPath = Field(title=_l("Field"))
    cases: tuple[Case, ...] = Field(min_length=1, max_length=50, title=_l("Cases, the first that fits is taken"))

    @model_validator(mode="after")
    def _has_ports_once(self) -> Self:
        names = [case.port for case in self.cases]
        if "else" in names or len(set(names)) < len(names):
            raise ValueError(_l("each case needs a port of its own, and else is for the rest"))
        return self

    def ports(self) -> tuple[str, ...]:
        return (*(case.port for case in self.cases), "else")

    def shadowed(self) -> tuple[tuple[str, str], ...]:
        taken: set[object] = set()
        found = []
        for place, case in enumerate(self.cases):
            values = _folded(case.values)
            if values <= taken:
                found.append((f"cases.{place}.values", case.port))
            taken |= values
        return tuple(found)

    def run(self, ctx: Context) -> Outcome:
        value = ctx.facts.get(self.field)
        return Leave(next((case.port for case in self.cases if case.fits(value)), "else"))
