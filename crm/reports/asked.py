"""What a report is asked: its type, how it groups, and what it is narrowed to.  Stored with saved reports, and in addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crm.reports.periods import CHOSEN, PERIODS
from engine.text import LazyText, _l

Type = Literal["refusals", "conversion", "tempo", "managers", "sales"]
Basis = Literal["closed", "created"]
Name = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]+$")]


@dataclass(frozen=True, slots=True)
class TypeWords:
    """A type of report in words: its name, the question it answers, and an icon."""

    title: LazyText
    about: LazyText
    icon: str


TYPES: Final[Mapping[Type, TypeWords]] = MappingProxyType(
    {
        "refusals": TypeWords(
            _l("By refusal reasons"),
            _l("Why deals are lost: won and lost by plan and manager, and how often each reason was given."),
            "thumb-down",
        ),
        "conversion": TypeWords(
            _l("Conversion of a plan"),
            _l(
                "How far deals get: who reached each stage, who passed it over, where they are lost, how long it takes."
            ),
            "filter",
        ),
        "tempo": TypeWords(
            _l("Tempo of deals"),
            _l("How long deals take from the first day to the last: half of them, nine of ten, and how they spread."),
            "clock",
        ),
        "managers": TypeWords(
            _l("Managers compared"),
            _l("Who wins how much: open, won and lost deals, sums, the average deal, tasks that are overdue."),
            "users",
        ),
        "sales": TypeWords(
            _l("Sales by channel or field"),
            _l("Where sales come from: by channel, source, product, team, plan or a field of your own."),
            "chart-bar",
        ),
    }
)
"""All types, in the order in which they are offered."""

GROUPS: Final[Mapping[Type, tuple[str, ...]]] = MappingProxyType(
    {
        "refusals": ("plan", "owner", "supervisor", "product", "month"),
        "conversion": (),
        "tempo": ("plan", "owner", "supervisor", "channel", "month"),
        "managers": ("owner", "supervisor"),
        "sales": ("channel", "source", "product", "supervisor", "owner", "plan", "month"),
    }
)
"""What each type groups by; sales by custom fields of deals too, as ``field.<key>``."""

MOST_GROUPS: Final = 2


class Asked(BaseModel):
    """The settings of a report.  No plans or people: all that one may see.  ``people`` are logins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Type
    groups: tuple[Name, ...] = Field(default=(), max_length=MOST_GROUPS)
    plans: tuple[Name, ...] = Field(default=(), max_length=500)
    people: tuple[Name, ...] = Field(default=(), max_length=2000)
    period: Name = "all"
    since: date | None = Field(default=None, ge=date(1900, 1, 1), le=date(2200, 1, 1))
    until: date | None = Field(default=None, ge=date(1900, 1, 1), le=date(2200, 1, 1))
    basis: Basis = "closed"

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.period not in PERIODS:
            raise ValueError(_l("there is no such period: choose one of the list"))
        if self.period == CHOSEN and self.since and self.until and self.since > self.until:
            raise ValueError(_l("the first day lies after the last: exchange them"))
        known = GROUPS[self.type]
        for group in self.groups:
            if group not in known and not (self.type == "sales" and group.startswith("field.")):
                raise ValueError(_l("this report cannot be grouped so: choose one of the list"))
        if len(set(self.groups)) != len(self.groups):
            raise ValueError(_l("it is grouped twice by the same: choose another one"))
        return self


def usual(type_: Type) -> Asked:
    """Return what a type is asked at first."""
    match type_:
        case "refusals":
            return Asked(type=type_, groups=("plan",), period="last-365d")
        case "conversion":
            return Asked(type=type_, period="last-90d", basis="created")
        case "tempo":
            return Asked(type=type_, groups=("owner",), period="last-365d")
        case "managers":
            return Asked(type=type_, groups=("owner",), period="this-month")
        case "sales":
            return Asked(type=type_, groups=("channel",), period="last-365d")
