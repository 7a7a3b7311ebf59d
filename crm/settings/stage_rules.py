"""What a plan's stages must be: descriptions, checks, and the rows made of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from crm.directory import Directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import clean_name
from crm.settings.keys import new_key
from db.types import dumps
from engine.text import _l

StageKind = Literal["open", "won", "lost"]

UNDEFINED: Final = "undefined"
"""Key and kind of the stage that takes the deals of removed ones."""

LONGEST_STAGE_NAME: Final = 80
MOST_STAGES: Final = 100
LONGEST_DWELL: Final = 3650
LONGEST_EXIT_FACT: Final = 120

# Of equal lightness, so that cards read alike on all of them.
COLOURS: Final = ("#8ab4f8", "#a5c8f0", "#9fd8cb", "#b5dd9e", "#e6d37f", "#f2bd7c", "#eba58e", "#d9a5d4", "#b9b1ec")
KIND_COLOURS: Final = {"won": "#7bc47f", "lost": "#d98080", UNDEFINED: "#b0b5bc"}
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")

BUILT_IN_FIELDS: Final = frozenset({"title", "amount", "owner", "contact", "company"})
"""What a stage may require of a deal beside its custom fields."""

STAGE_COLUMNS: Final = (
    "id",
    "plan_id",
    "key",
    "name",
    "colour",
    "position",
    "kind",
    "asks_reason",
    "probability",
    "is_folded",
    "required_fields",
    "version",
)


@dataclass(frozen=True, slots=True)
class NewStage:
    """A column to draw.

    ``colour`` is ``#rrggbb``, ``None`` takes the next of a palette.  ``asks_reason`` belongs to the lost stage.
    ``required_fields`` are ``amount``, ``owner`` ... or ``field.<key>`` of a deal.  ``probability`` is a percentage.  ``key``
    ``None`` is made from the name.
    """

    name: str
    kind: StageKind = "open"
    colour: str | None = None
    asks_reason: bool = False
    required_fields: Sequence[str] = ()
    probability: int | None = None
    is_folded: bool = False
    key: str | None = None


def stage_rows(stages: Sequence[NewStage], settings: Directory) -> list[tuple[Any, ...]]:
    """Return rows of ``STAGE_COLUMNS`` from ``key`` on, in order, "Undefined" last.

    Raises:
        InvalidError: a value cannot be; or there is not exactly one won, one lost and at least one open stage.
    """
    kinds = Counter(one.kind for one in stages)
    if kinds["won"] != 1 or kinds["lost"] != 1 or not kinds["open"]:
        raise InvalidError(
            _l(
                "a plan has exactly one won stage, one lost stage and at least one between:"
                " here are {won} won, {lost} lost, {open} between",
                won=kinds["won"],
                lost=kinds["lost"],
                open=kinds["open"],
            )
        )
    if len(stages) > MOST_STAGES:
        raise InvalidError(_l("a plan has at most {limit} stages", limit=MOST_STAGES))
    taken = {UNDEFINED}
    rows = []
    for position, one in enumerate(stages):
        row = stage_row(one, position, taken, settings)
        taken.add(row[0])
        rows.append(row)
    undefined = (UNDEFINED, str(_l("Undefined")), KIND_COLOURS[UNDEFINED], len(stages), UNDEFINED)
    rows.append((*undefined, False, None, True, "[]", 1))
    return rows


def stage_row(new: NewStage, position: int, taken: set[str], settings: Directory) -> tuple[Any, ...]:
    """Return the row of one stage, of ``STAGE_COLUMNS`` from ``key`` on.

    Raises:
        InvalidError: a value cannot be.
    """
    name = stage_name(new.name)
    check_reason(new.kind, new.asks_reason)
    return (
        new_key(name, taken, wanted=new.key, otherwise="stage"),
        name,
        known_colour(new.colour or KIND_COLOURS.get(new.kind) or COLOURS[position % len(COLOURS)]),
        position,
        new.kind,
        new.asks_reason,
        known_probability(new.probability),
        new.is_folded,
        dumps(known_required(new.required_fields, settings)),
        1,
    )


def stage_name(text: str) -> str:
    """Return a stage's name.

    Raises:
        InvalidError: it is empty or too long.
    """
    return clean_name(text, _l("the stage's name"), longest=LONGEST_STAGE_NAME)


def known_colour(text: str) -> str:
    """Return a colour in small letters.

    Raises:
        InvalidError: it is not ``#rrggbb``.
    """
    colour = text.strip().lower()
    if not _COLOUR.fullmatch(colour):
        raise InvalidError(_l("“{text}” is no colour: write it as #1a73e8", text=text))
    return colour


def known_probability(percent: int | None) -> int | None:
    """Return a percentage of success.

    Raises:
        InvalidError: it is not from 0 to 100.
    """
    if percent is not None and not 0 <= percent <= 100:
        raise InvalidError(_l("a probability is from 0 to 100 %, not {percent}", percent=percent))
    return percent


def known_required(paths: Sequence[str], settings: Directory) -> list[str]:
    """Return what a stage requires, each once, in order.

    Raises:
        InvalidError: something cannot be required.
        NotFoundError: there is no such custom field.
    """
    for path in paths:
        if path.startswith("field."):
            if ("deal", path.removeprefix("field.")) not in settings.fields:
                raise NotFoundError("field of a deal", path.removeprefix("field."))
        elif path not in BUILT_IN_FIELDS:
            raise InvalidError(
                _l(
                    "“{path}” cannot be required: choose field.<key> or one of {known}",
                    path=path,
                    known=", ".join(sorted(BUILT_IN_FIELDS)),
                )
            )
    return list(dict.fromkeys(paths))


def check_reason(kind: str, asks_reason: bool) -> None:
    """Refuse a question for the reason of refusal anywhere but on the lost stage.

    Raises:
        InvalidError: another stage asks.
    """
    if asks_reason and kind != "lost":
        raise InvalidError(_l("only the lost stage asks for a reason"))


def check_forward(kind: str, only_forward: bool) -> None:
    """Refuse to hold deals back anywhere but on an intermediate stage: closed deals are recalled by their own rule.

    Raises:
        InvalidError: it is another stage.
    """
    if only_forward and kind != "open":
        raise InvalidError(_l("only from an intermediate stage deals go only forward"))


def known_dwell(days: int | None) -> int | None:
    """Return how many days a deal should stay at most.

    Raises:
        InvalidError: it is less than a day, or more than ten years.
    """
    if days is not None and not 1 <= days <= LONGEST_DWELL:
        raise InvalidError(_l("a limit is from 1 to {limit} days, not {days}", limit=LONGEST_DWELL, days=days))
    return days


def known_exit_fact(text: str) -> str:
    """Return what has happened when a deal may go on, on one line; it may be empty.

    Raises:
        InvalidError: it is too long.
    """
    fact = " ".join(text.replace("\x00", "").split())
    if len(fact) > LONGEST_EXIT_FACT:
        raise InvalidError(_l("write what leads on in at most {limit} characters", limit=LONGEST_EXIT_FACT))
    return fact
