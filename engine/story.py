"""Tests of a funnel: a story with a beginning (given), what happens (when), and what is true at its end (then)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from engine.story_steps import step_of
from engine.text import _l

MOST_TESTS: Final = 200
MOST_STEPS: Final = 200
BEGINNING: Final = "2026-03-02 10:00"
"""When a story begins where it does not say so: a Monday morning."""

NodeName = Annotated[str, Field(min_length=1, max_length=64)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]


def _moment(text: str) -> str:
    moment_of(text)
    return text


def moment_of(text: str) -> datetime:
    """Return a moment on the company's clock: ``2026-03-02 10:00``.

    Raises:
        ValueError: it is written otherwise.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007  what the wall clock shows
    except ValueError:
        raise ValueError(_l("write a day and a time of day as 2026-03-02 10:00")) from None


def _step(text: str) -> str:
    step_of(text)
    return text


Moment = Annotated[str, AfterValidator(_moment)]
Step = Annotated[str, AfterValidator(_step)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Given(_Strict):
    """What there is before anything happens.

    ``lead`` and ``deal`` are fields by key (``name``, ``source``, ``plan``, ``stage``, ``owner``, ``amount``, ``field.budget``).
    Each is there from the beginning, unless a step says that it comes.
    """

    at: Moment = BEGINNING
    lead: dict[ShortText, JsonValue] | None = None
    deal: dict[ShortText, JsonValue] | None = None
    tags: tuple[ShortText, ...] = ()


class DealThen(_Strict):
    """What is true of the deal: only what is named is looked at.  An ``owner`` is a login."""

    plan: ShortText | None = None
    stage: ShortText | None = None
    owner: ShortText | None = None
    amount: int | None = None


class TaskThen(_Strict):
    """A task that there is: made by a node, for a login, due at a moment, with these words in its name."""

    from_: NodeName | None = Field(default=None, alias="from")
    name: ShortText | None = None
    to: ShortText | None = None
    due: Moment | None = None
    done: bool | None = None


class SentThen(_Strict):
    """A message that was sent: by a node, to an address, with these words in it."""

    from_: NodeName | None = Field(default=None, alias="from")
    to: ShortText | None = None
    says: ShortText | None = None


class Then(_Strict):
    """What is true at the end; what is not named is not looked at.

    ``went_through`` are nodes that were passed, in this order; ``not_through`` were not.  ``rests_at`` are exactly the nodes
    where somebody rests.  ``started`` ``False``: no run began.
    """

    started: bool | None = None
    went_through: tuple[NodeName, ...] = ()
    not_through: tuple[NodeName, ...] = ()
    rests_at: tuple[NodeName, ...] | None = None
    ended: bool | None = None
    deal: DealThen | None = None
    tasks: tuple[TaskThen, ...] = ()
    no_task_from: tuple[NodeName, ...] = ()
    sent: tuple[SentThen, ...] = ()
    not_sent_from: tuple[NodeName, ...] = ()
    tags: tuple[ShortText, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self == type(self).model_construct():
            raise ValueError(_l("say what shall be true at the end, as rests_at: [wait]"))
        return self


class FunnelTest(_Strict):
    """One test: its name, and its story."""

    name: ShortText
    given: Given = Given()
    when: tuple[Step, ...] = Field(default=(), max_length=MOST_STEPS)
    then: Then

    @property
    def nodes(self) -> frozenset[str]:
        """The nodes that its end names."""
        then = self.then
        made = [one.from_ for one in then.tasks] + [one.from_ for one in then.sent]
        named = (then.went_through, then.not_through, then.rests_at or (), then.no_task_from, then.not_sent_from, made)
        return frozenset(node for several in named for node in several if node is not None)


def names_differ(tests: tuple[FunnelTest, ...]) -> tuple[FunnelTest, ...]:
    """Return the tests.

    Raises:
        ValueError: two of them have one name.
    """
    seen: set[str] = set()
    for one in tests:
        if one.name in seen:
            raise ValueError(_l("two tests are called “{name}”; give each its own name", name=one.name))
        seen.add(one.name)
    return tests


Tests = Annotated[tuple[FunnelTest, ...], Field(max_length=MOST_TESTS), AfterValidator(names_differ)]
