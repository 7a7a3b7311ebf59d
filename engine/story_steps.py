"""The steps of a test's story, as they are written and what they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, assert_never

from engine.duration import Unit
from engine.text import _l


@dataclass(frozen=True, slots=True)
class LeadComes:
    """The lead comes in; ``again``: once more, as another lead of the same person."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class FormSent:
    """The lead comes by a form."""

    form: str


@dataclass(frozen=True, slots=True)
class DealOpens:
    """The deal is opened."""


@dataclass(frozen=True, slots=True)
class DealMoves:
    """A person moves the deal to a stage."""

    stage: str


@dataclass(frozen=True, slots=True)
class DealCloses:
    """A person closes the deal; a lost one for a reason."""

    how: Literal["won", "lost"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TaskDone:
    """The last open task is done; of a node, where one is named."""

    node: str = ""


@dataclass(frozen=True, slots=True)
class FieldSet:
    """A field of the lead or the deal gets a value."""

    record: Literal["lead", "deal"]
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class TagPut:
    """The deal, or else the lead, gets or loses a tag."""

    tag: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Pressed:
    """Somebody presses the button that starts funnels."""

    label: str


@dataclass(frozen=True, slots=True)
class TimePasses:
    """So much time goes by, by the clock or in working time."""

    amount: int
    unit: Unit
    works: bool = False


@dataclass(frozen=True, slots=True)
class ClockShows:
    """Time goes by until the company's clock shows this: ``2026-03-05 10:00``."""

    moment: str


AnyStep = (
    LeadComes
    | FormSent
    | DealOpens
    | DealMoves
    | DealCloses
    | TaskDone
    | FieldSet
    | TagPut
    | Pressed
    | TimePasses
    | ClockShows
)
"""What may happen in a story."""

_UNITS: Final[Mapping[str, Unit]] = {
    "minute": "minutes",
    "hour": "hours",
    "day": "days",
    "week": "weeks",
}
_PLAIN = re.compile(r"\S.*")
_KEY = r"[A-Za-z0-9][A-Za-z0-9_.-]*"


def _value(text: str) -> Any:
    """Return what a value means: a number, ``true``, ``false``, ``null``, or a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _time(found: re.Match[str]) -> TimePasses:
    return TimePasses(int(found["amount"]), _UNITS[found["unit"]], found["works"] is not None)


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], AnyStep]], ...]] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"lead comes in(?P<again> again)?", lambda found: LeadComes(found["again"] is not None)),
        (rf"form (?P<form>{_KEY}) is sent", lambda found: FormSent(found["form"])),
        (r"deal is opened", lambda _: DealOpens()),
        (rf"deal moves to (?P<stage>{_KEY})", lambda found: DealMoves(found["stage"])),
        (r"deal is won", lambda _: DealCloses("won")),
        (rf"deal is lost(?:: (?P<reason>{_KEY}))?", lambda found: DealCloses("lost", found["reason"] or "")),
        (r"task is done", lambda _: TaskDone()),
        (rf"task from (?P<node>{_KEY}) is done", lambda found: TaskDone(found["node"])),
        (
            rf"(?P<record>lead|deal)\.(?P<key>{_KEY}) becomes (?P<value>\S.*)",
            lambda found: FieldSet(found["record"], found["key"], _value(found["value"])),
        ),
        (r"tag (?P<tag>\S.*) is added", lambda found: TagPut(found["tag"], is_on=True)),
        (r"tag (?P<tag>\S.*) is removed", lambda found: TagPut(found["tag"], is_on=False)),
        (r"button (?P<label>\S.*) is pressed", lambda found: Pressed(found["label"])),
        (r"(?P<amount>\d{1,4}) (?P<works>working )?(?P<unit>minute|hour|day|week)s? later", _time),
        (r"at (?P<moment>\d{4}-\d\d-\d\d \d\d:\d\d)", lambda found: ClockShows(found["moment"])),
    )
)
EXAMPLES: Final = (
    "lead comes in", "lead comes in again", "form webinar is sent", "deal is opened", "deal moves to offer", "deal is won",
    "deal is lost: expensive", "task is done", "task from call is done", "deal.amount becomes 50000", "tag VIP is added",
    "button start is pressed", "2 working days later", "at 2026-03-05 10:00",
)  # fmt: skip
"""One of each."""


def step_of(text: str) -> AnyStep:
    """Return what a step means.

    Raises:
        ValueError: it is none; with all that there are.
    """
    for pattern, meaning in _FORMS:
        found = pattern.fullmatch(text)
        if found is not None:
            return meaning(found)
    raise ValueError(
        _l("“{text}” is no step of a story; write one as these: {known}", text=text, known="; ".join(EXAMPLES))
    )


def written(step: AnyStep) -> str:
    """Return a step as it is written; ``step_of`` reads it again."""
    match step:
        case LeadComes():
            return "lead comes in again" if step.again else "lead comes in"
        case FormSent():
            return f"form {step.form} is sent"
        case DealOpens():
            return "deal is opened"
        case DealMoves():
            return f"deal moves to {step.stage}"
        case DealCloses():
            return f"deal is {step.how}: {step.reason}" if step.reason else f"deal is {step.how}"
        case TaskDone():
            return f"task from {step.node} is done" if step.node else "task is done"
        case FieldSet():
            value = step.value if _is_plain(step.value) else json.dumps(step.value, ensure_ascii=False)
            return f"{step.record}.{step.key} becomes {value}"
        case TagPut():
            return f"tag {step.tag} is {'added' if step.is_on else 'removed'}"
        case Pressed():
            return f"button {step.label} is pressed"
        case TimePasses():
            unit = step.unit if step.amount != 1 else step.unit[:-1]
            return f"{step.amount} {'working ' if step.works else ''}{unit} later"
        case ClockShows():
            return f"at {step.moment}"
        case _:
            assert_never(step)


def _is_plain(value: object) -> bool:
    """True for a text that means itself where it stands without quotes."""
    return (
        isinstance(value, str) and value.strip() == value and bool(_PLAIN.fullmatch(value)) and _value(value) == value
    )
