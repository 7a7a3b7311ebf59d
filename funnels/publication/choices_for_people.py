"""What becomes of those inside a funnel when another version is published: one choice for each place where people stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

from engine.document import FunnelDocument
from engine.program import Program
from engine.text import LazyText, _l
from voronka_error import VoronkaError

ChoiceKind = Literal["stay", "follow", "move", "release", "exit"]
MOST_PER_HOUR: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Choice:
    """Stay on the old version; follow to the new one; move to ``node``; be released, ``per_hour`` of them; or be let out."""

    kind: ChoiceKind = "stay"
    node: str = ""
    per_hour: int = 0

    def __str__(self) -> str:
        """Return it as ``read_choice`` reads it."""
        more = self.node or (str(self.per_hour) if self.per_hour else "")
        return f"{self.kind}:{more}" if more else self.kind


STAY: Final = Choice()


@dataclass(frozen=True, slots=True)
class Choices:
    """The choice for each node by its id, and the one for all ``others``.

    Who cannot do what is chosen for the others, as the new version has no such node, stays.
    """

    by_node: Mapping[str, Choice] = field(default_factory=lambda: MappingProxyType({}))
    others: Choice = STAY

    def __bool__(self) -> bool:
        return any(one.kind != "stay" for one in (*self.by_node.values(), self.others))


ALL_STAY: Final = Choices()


class ChoiceError(VoronkaError):
    """A choice that cannot be read, or that cannot be made there."""

    code = "choice_invalid"


def read_choice(text: str) -> Choice:
    """Return the choice that a text names: ``stay``, ``follow``, ``exit``, ``move:NODE`` or ``release:RATE`` (people an hour).

    Raises:
        ChoiceError: it names none.
    """
    kind, _, more = text.partition(":")
    if kind not in get_args(ChoiceKind) or bool(more) != (kind in ("move", "release")):
        raise ChoiceError(_unknown(text))
    if kind == "release":
        if not more.isdecimal() or not 1 <= int(more) <= MOST_PER_HOUR:
            raise ChoiceError(
                _l("{choice}: how many an hour is a number from 1 to {most}", choice=text, most=MOST_PER_HOUR)
            )
        return Choice("release", per_hour=int(more))
    return Choice(kind, more)  # type: ignore[arg-type]  # one of the kinds, as was asked above


def read_choices(texts: Iterable[str], others: str = "stay") -> Choices:
    """Return the choices that texts like ``call=follow`` name.

    Raises:
        ChoiceError: one of them cannot be read.
    """
    found = {}
    for text in texts:
        node, sign, choice = text.partition("=")
        if not sign or not node:
            raise ChoiceError(_l("“{text}” is no choice for a node: write it as NODE=CHOICE", text=text))
        found[node] = read_choice(choice)
    return Choices(found, read_choice(others))


def require_possible(document: FunnelDocument, program: Program, numbers: Mapping[str, int], choices: Choices) -> None:
    """Refuse choices for nodes that the funnel never had, and such as the new version has no node for.

    Raises:
        ChoiceError: one cannot be made.
    """
    there = {node.id for node in document.nodes} - {one.id for one in program.triggers}
    for node, choice in (*choices.by_node.items(), ("", choices.others)):
        if node and node not in numbers:
            raise ChoiceError(_l("the funnel has no node “{node}”", node=node))
        if choice.kind == "move" and choice.node not in there:
            raise ChoiceError(_l("nobody can be moved to “{node}”: the new version has no such node", node=choice.node))
        if node and choice.kind in ("follow", "release") and node not in there:
            raise ChoiceError(_l("nobody can follow at “{node}”: the new version does not have it", node=node))
        if not node and choice.kind == "release":
            raise ChoiceError(_l("how many an hour are released is chosen node by node"))


def _unknown(text: str) -> LazyText:
    return _l("“{choice}” is no choice: stay, follow, exit, move:NODE or release:RATE", choice=text)
