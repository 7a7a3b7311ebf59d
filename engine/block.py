"""Blocks: what every type in the catalogue is.

A block is a frozen pydantic model: its fields are its settings form, its JSON Schema feeds the editor, and an instance is
its own unit test.  It decides from a clock reading and facts, and can reach nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from engine.calendar import WorkingCalendar
from engine.draw import draw
from engine.outcome import Leave, Outcome, Signal
from engine.template import parse

if TYPE_CHECKING:
    from engine.event import Event
    from engine.facts import Facts

Group = Literal["trigger", "crm", "task", "people", "message", "survey", "logic", "wait"]
ReferenceKind = Literal["plan", "stage", "user", "tag", "field", "channel", "loss_reason", "node", "country"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Marks a setting as the key of something that must exist; ``within`` names the setting that holds its plan."""

    kind: ReferenceKind
    within: str | None = None


@dataclass(frozen=True, slots=True)
class IsTemplate:
    """Marks a setting as a text with ``{path|filter}`` places."""


PlanKey = Annotated[str, Reference("plan")]
StageKey = Annotated[str, Reference("stage", within="plan")]
UserLogin = Annotated[str, Reference("user")]
TagName = Annotated[str, Reference("tag")]
LossReasonKey = Annotated[str, Reference("loss_reason")]
TemplateText = Annotated[str, IsTemplate()]


@dataclass(slots=True)
class Context:
    """What a block may look at while it decides.  Reused from node to node within one walk: do not keep it.

    ``now`` is aware UTC.  ``node`` is the node's id, ``visit`` counts from 1.  ``signal`` says why a resting node is asked again,
    ``None`` on arrival.  ``seed`` makes every draw repeatable (see ``draw``).  ``incoming`` is the number of edges into the node.
    """

    now: datetime
    facts: Facts
    calendar: WorkingCalendar
    seed: int
    node: str = ""
    visit: int = 1
    signal: Signal | None = None
    incoming: int = 1

    def render(self, text: str) -> str:
        """Fill the places of a template; a missing value is an empty string."""
        return parse(text).render(self.facts.get)

    def draw(self) -> float:
        """Return a number in [0, 1) that depends on the run, the node and the visit only."""
        return draw(self.seed, self.node, self.visit)


class Block(BaseModel):
    """A type in the catalogue.  Subclasses give ``key``, ``title``, their settings, and ``run``."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    key: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[Group]
    type_version: ClassVar[int] = 1
    main: ClassVar[str | None] = "next"
    """The port that ``done`` leaves by; ``None`` where no port follows."""
    more: ClassVar[tuple[str, ...]] = ()
    """Ports beside the main one that do not depend on the settings."""
    reads: ClassVar[tuple[str, ...]] = ()
    """Records (``lead``, ``deal`` ...) that ``run`` looks at beyond its conditions and templates."""
    rests: ClassVar[bool] = False
    """True where a run always rests here, so a cycle through the block cannot spin."""
    bounded: ClassVar[bool] = False
    """True where the block itself limits how often a run passes it."""
    splits: ClassVar[bool] = False
    joins: ClassVar[bool] = False

    def ports(self) -> tuple[str, ...]:
        """Return the named ways out, the main one first."""
        return (self.main, *self.more) if self.main is not None else self.more

    def paths(self) -> frozenset[str]:
        """Return the paths of facts that conditions in the settings read."""
        return frozenset()

    def run(self, ctx: Context) -> Outcome:
        """Decide.  Called on arrival, and again with ``ctx.signal`` when a rest ends."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does")


Enrolment = Literal["once", "one_at_a_time", "restart", "parallel"]


class Trigger(Block):
    """A block that starts runs.  Its settings say which events it looks at; ``accepts`` decides on one."""

    group: ClassVar[Group] = "trigger"
    kinds: ClassVar[frozenset[str]]
    """Kinds of events that can start it."""

    enrolment: Enrolment = "one_at_a_time"
    self_caused: bool = False

    def accepts(self, event: Event) -> str | None:
        """Return ``None`` where the event fits the trigger's own settings, else why it does not, for people."""
        return None

    def run(self, ctx: Context) -> Outcome:
        """Go on: a trigger has done its work by starting the run."""
        return Leave()


BlockCatalogue = Callable[[str], type[Block] | None]
