"""What became of each row of an import, and where its records are to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from engine.text import LazyText

Code = Literal["created", "updated", "unchanged", "rejected"]


class Answer(NamedTuple):
    """What became of a row; ``reason`` says why it was rejected, ``target`` where the cell at fault was to go, if it is one's."""

    code: Code
    reason: LazyText | None = None
    target: str = ""


CREATED: Final = Answer("created")
UPDATED: Final = Answer("updated")
UNCHANGED: Final = Answer("unchanged")


def rejected(reason: str, target: str = "") -> Answer:
    """Return the answer for a row that cannot be used; a reason that is not marked for translation stays as it is."""
    return Answer(
        "rejected", reason if isinstance(reason, LazyText) else LazyText("{reason}", params={"reason": reason}), target
    )


@dataclass(frozen=True, slots=True)
class FunnelStart:
    """The one funnel that new records start in.

    Attributes:
        key: the funnel; empty: none at all.
        label: the label of its trigger "Started by hand", where records start by that one; else they start as all new ones do.
    """

    key: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where records go.

    Attributes:
        plan: key of a sales plan: of deals whose row names none, and where each new lead gets a deal.
        funnel: the one funnel that they start in; ``None`` leaves it to all triggers.
        makes_users: owners nobody knows become users with the role of a manager.
    """

    plan: str | None = None
    funnel: FunnelStart | None = None
    makes_users: bool = False
