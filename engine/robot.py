"""Robots of a stage: what a board draws as a column of small actions.  They compile to ordinary funnels."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.condition import Condition
from engine.document import OnError, WhenLate
from engine.duration import Duration
from engine.event import Origin
from engine.setting import EventName, FactPath
from engine.story import Tests
from engine.text import _l

RobotId = Annotated[str, Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=24)]
"""Survives renaming and moving.  No two dashes in a row: those mark the nodes that the compiler adds."""

MOST_AT_ONCE = 20
RESERVED_IDS = frozenset({"left"})


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class OnEntry(_Strict):
    """When the deal comes into the stage."""

    kind: Literal["entry"] = "entry"


class AfterStay(_Strict):
    """When the deal has been in the stage for a while, counted from its coming."""

    kind: Literal["after"]
    lasting: Duration = Field(title=_l("How long in the stage"))


class AroundDate(_Strict):
    """Some time before or after the date in a field of the deal; it moves when the date does.

    A deal without a date is passed over.  ``if_past`` says what to do where the moment has passed when the robot's turn comes.
    """

    kind: Literal["date"]
    field: FactPath = Field(title=_l("Date field"))
    days: int = Field(default=0, ge=0, le=3660, title=_l("Days"))
    side: Literal["before", "after"] = Field(default="before", title=_l("Before or after the date"))
    if_past: Literal["run", "skip"] = Field(default="run", title=_l("If the moment has passed"))


class OnEvent(_Strict):
    """Each time one of these events happens while the deal is in the stage."""

    kind: Literal["event"]
    events: Annotated[tuple[EventName, ...], Field(min_length=1, max_length=10)] = Field(title=_l("Events"))


class OnLeaving(_Strict):
    """When the deal leaves the stage."""

    kind: Literal["leaving"]


When = Annotated[OnEntry | AfterStay | AroundDate | OnEvent | OnLeaving, Field(discriminator="kind")]


class AgainAfter(_Strict):
    """Not again before this many days after the last time."""

    days: int = Field(ge=1, le=3660, title=_l("Days"))


class ExistingNow(_Strict):
    """Deals that are in the stage when the robot is published start too, so many an hour."""

    per_hour: int = Field(ge=1, le=1_000_000, title=_l("Deals an hour"))


class ByOrigin(_Strict):
    """Whose moves a robot answers to: a person's, a robot's or funnel's, the API's, an import's, a recall."""

    hand: bool = True
    robot: bool = True
    api: bool = True
    import_: bool = Field(default=False, alias="import")
    recall: bool = True

    @model_validator(mode="after")
    def _answers_to_some(self) -> Self:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError(_l("switch on one origin at least, or remove the robot"))
        return self


class Action(_Strict):
    """What a robot does: any action of the catalogue with its settings."""

    type: str = Field(min_length=1, max_length=100)
    type_version: int = 1
    config: dict[str, Any] = Field(default_factory=dict)


class Robot(_Strict):
    """One action bound to a stage, and when, again and for whom it runs.

    Attributes:
        order: after the robot above has done its work, or at once, beside it.
        condition: asked when the robot's turn has come; where it does not hold the robot is passed over.
        again: on every entry; on the first only; or not before some days have passed.
        if_skipped: what to do when the deal jumped over the stage.
        if_left: what to do when the deal left the stage before the robot's turn.
        on_recall: whether a deal recalled into the stage counts as an entry.
        by_origin: whose moves count.
        existing: on publishing, new entries only; or also the deals that are in the stage now.
    """

    id: RobotId
    title: str | None = Field(default=None, max_length=200)
    note: str | None = None
    when: When = OnEntry()
    order: Literal["after_previous", "at_once"] = "after_previous"
    condition: Condition | None = None
    again: Literal["each_entry", "first_entry"] | AgainAfter = "each_entry"
    if_skipped: Literal["ignore", "run"] = "ignore"
    if_left: Literal["cancel", "run"] = "cancel"
    on_recall: Literal["ignore", "run"] = "ignore"
    by_origin: ByOrigin = ByOrigin()
    existing: Literal["new_only"] | ExistingNow = "new_only"
    on_error: OnError = OnError()
    when_late: WhenLate = WhenLate()
    action: Action

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.id in RESERVED_IDS:
            raise ValueError(_l("the id {id} is taken by the board itself; choose another", id=self.id))
        if self.when.kind == "leaving" and self.existing != "new_only":
            raise ValueError(_l("deals in the stage have not left it: a robot on leaving takes new ones only"))
        if not self.origins:
            raise ValueError(_l("the robot would never run: it answers to recalls only, and on_recall says ignore"))
        return self

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Whose moves the robot answers to, as events name them; ``on_recall`` is looked at, too."""
        on = self.by_origin
        found: list[Origin] = []
        found += ["hand"] if on.hand else []
        found += ["robot", "system"] if on.robot else []
        found += ["api"] if on.api else []
        found += ["import"] if on.import_ else []
        found += ["recall"] if on.recall and self.on_recall == "run" else []
        return tuple(found)

    @property
    def stands_alone(self) -> bool:
        """True where the robot listens all the time or remembers whom it had: then it needs a funnel of its own."""
        return isinstance(self.when, OnEvent) or self.again != "each_entry" or self.existing != "new_only"


class StageRobots(_Strict):
    """The robots of one stage of one sales plan, in the order of the board, and the tests they must pass."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    plan: str = Field(min_length=1, max_length=200)
    stage: str = Field(min_length=1, max_length=200)
    robots: tuple[Robot, ...] = Field(default=(), max_length=100)
    tests: Tests = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [robot.id for robot in self.robots]
        for robot_id in ids:
            if ids.count(robot_id) > 1:
                raise ValueError(_l("two robots have the id {id}; give each its own", id=robot_id))
        if sum(robot.order == "at_once" for robot in self.robots) >= MOST_AT_ONCE:
            raise ValueError(_l("fewer than {most} robots may start at once", most=MOST_AT_ONCE))
        return self
