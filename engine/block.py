"""Blocks: what every type in the catalogue is.

A block is a frozen pydantic model: its fields are its settings form, its JSON Schema feeds the editor, and an instance is
its own unit test.  It decides from a clock reading and facts, and can reach nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from engine.calendar import WorkingCalendar
from engine.draw import draw
from engine.duration import Duration
from engine.effect import Place
from engine.outcome import Leave, Outcome, Signal, Wait
from engine.setting import IsTemplate as IsTemplate
from engine.setting import Reference as Reference
from engine.setting import ReferenceKind as ReferenceKind
from engine.template import parse
from engine.template_filters import style_in
from engine.text import _l

if TYPE_CHECKING:
    from engine.event import Event
    from engine.facts import Facts
    from engine.writes import Caused, Write

Group = Literal["trigger", "crm", "task", "people", "message", "action", "survey", "logic", "wait"]


@dataclass(slots=True)
class Context:
    """What a block may look at while it decides.  Reused from node to node within one walk: do not keep it.

    ``now`` is aware UTC.  ``node`` is the node's id, ``visit`` counts from 1.  ``signal`` says why a resting node is asked again,
    ``None`` on arrival.  ``seed`` makes every draw repeatable (see ``draw``).  ``incoming`` is the number of edges into the node.
    ``memo`` is shared by the runs of one batch: a block may keep there what depends on ``now`` and ``calendar`` only.
    A block may look at what its ``paths``, its templates and its fields name, and at which records there are; at nothing else.
    """

    now: datetime
    facts: Facts
    calendar: WorkingCalendar
    seed: int
    node: str = ""
    visit: int = 1
    signal: Signal | None = None
    incoming: int = 1
    memo: dict[object, Any] = field(default_factory=dict)
    has_drawn: bool = False

    def render(self, text: str) -> str:
        """Fill the places of a template, moments in the calendar's zone; a missing value is an empty string."""
        return parse(text).render(self.facts.get, style=style_in(self.calendar.zone_info))

    @property
    def place(self) -> Place:
        """Where the run is: the key of the messages that are asked for here."""
        return Place(self.node, self.visit)

    def draw(self) -> float:
        """Return a number in [0, 1) that depends on the run, the node and the visit only."""
        self.has_drawn = True
        return draw(self.seed, self.node, self.visit)


class Block(BaseModel):
    """A type in the catalogue.  Subclasses give ``key``, ``title``, ``about``, their settings, and ``run``."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    key: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    """What it is for, in a sentence, for the person who draws a funnel."""
    group: ClassVar[Group]
    type_version: ClassVar[int] = 1
    main: ClassVar[str | None] = "next"
    """The port that ``done`` leaves by; ``None`` where it is the first of ``ports``, or where no port follows."""
    more: ClassVar[tuple[str, ...]] = ()
    """Ports beside the main one that do not depend on the settings."""
    rests: ClassVar[bool] = False
    """True where a run always rests here, so a cycle through the block cannot spin."""
    bounded: ClassVar[bool] = False
    """True where the block itself limits how often a run passes it."""
    splits: ClassVar[bool] = False
    """True where a token becomes several."""
    joins: ClassVar[bool] = False
    """True where the tokens of branches become one; such a block may have a setting ``cancel_rest``."""

    sends: ClassVar[bool] = False
    """True where the block asks for messages: visits are then always counted, for each is part of its message's key."""

    writes_to_client: ClassVar[bool] = False
    """True where a message reaches the client, who may be asleep."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Show the settings form under the block's own title and words."""
        json = handler.resolve_ref_schema(handler(schema))
        if cls.__dict__.get("key") is not None:
            json.update({"title": cls.title, "description": cls.about})
        return json

    def ports(self) -> tuple[str, ...]:
        """Return the named ways out, the main one first."""
        return (self.main, *self.more) if self.main is not None else self.more

    def paths(self) -> frozenset[str]:
        """Return the paths of facts that ``run`` looks at, beyond templates and settings marked as fields."""
        return frozenset()

    def records(self) -> frozenset[str]:
        """Return the records that ``run`` asks for as such, beyond those of ``paths``, templates and fields."""
        return frozenset()

    def awaits(self) -> frozenset[str]:
        """Return the kinds of events that can end a rest here."""
        return frozenset()

    def rest_since(self, came: datetime, now: datetime, calendar: WorkingCalendar) -> Wait | None:
        """Return what who came here at a moment waits for, where the settings alone say it; ``None``: he is asked anew.

        Used where another version of the funnel has other settings for those who rest here already.
        """
        return None

    def shadowed(self) -> tuple[tuple[str, str], ...]:
        """Return (setting, port) of the ports that nobody can ever leave by, for something earlier takes it all."""
        return ()

    def keeps_hours(self) -> bool | None:
        """Return whether runs leave within certain hours only.

        ``False`` where they leave whenever a wait happens to end, ``None`` where they leave when they came.
        """
        return None

    def waits_days(self) -> float:
        """Return how many days a run may wait here by a setting that is no ``Duration``."""
        return 0

    def writes(self) -> tuple[Write, ...]:
        """Return what it writes that other funnels may write too; see ``engine.writes``."""
        return ()

    def causes(self) -> tuple[Caused, ...]:
        """Return the events of which it knows that they may follow from what it writes, for triggers to look at."""
        return ()

    def run(self, ctx: Context) -> Outcome:
        """Decide.  Called on arrival, and again with ``ctx.signal`` when a rest ends."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does")


Enrolment = Literal["once", "one_at_a_time", "restart", "parallel"]


class Trigger(Block):
    """A block that starts runs.  Its settings say which events it looks at; ``accepts`` decides on one."""

    group: ClassVar[Group] = "trigger"
    kinds: ClassVar[frozenset[str]]
    """Kinds of events that can start it."""
    narrows: ClassVar[str] = "plan"
    """The setting, where there is such, that events must carry under the same name; others were never meant for the trigger."""

    enrolment: Enrolment = Field(
        default="one_at_a_time",
        title=_l("Coming back"),
        description=_l("Whether somebody who was in the funnel, or still is, may enter it again"),
    )
    cooldown: Duration | None = Field(
        default=None,
        title=_l("Not again within"),
        description=_l("How long after one entry the next is refused"),
    )
    existing_per_hour: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        title=_l("Also those who match now"),
        description=_l(
            "On publishing, also start those to whom it would apply now and who have not been through since; so many an hour"
        ),
    )
    self_caused: bool = Field(
        default=False,
        title=_l("Also what this funnel does"),
        description=_l("Start on events that this very funnel caused, too"),
    )

    @property
    def only(self) -> str | None:
        """The key of the one plan, form or webhook whose events are meant for it; ``None`` for any."""
        return getattr(self, self.narrows, None) or None

    def accepts(self, event: Event) -> str | None:
        """Return ``None`` where the event fits the trigger's own settings, else why it does not, for people."""
        return None

    def run(self, ctx: Context) -> Outcome:
        """Go on: a trigger has done its work by starting the run."""
        return Leave()


BlockCatalogue = Callable[[str], type[Block] | None]
