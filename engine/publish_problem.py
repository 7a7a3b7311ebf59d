"""What the publish checks find, as values that name the node and the setting, and what they ask of the installation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as field_
from typing import TYPE_CHECKING, Literal, Protocol

from engine.block import ReferenceKind
from engine.condition import FieldKind
from engine.text import LazyText

if TYPE_CHECKING:
    from engine.changing import Fix

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class PublishProblem:
    """One thing wrong with a document.  An error stops publishing, a warning does not.

    ``code`` is stable.  ``node`` is the id of the node it is about, ``field`` the setting or the port, with dots inside
    lists and groups (``stages.0``); both are ``None`` where the document as a whole is meant.  ``funnels`` are the (key, name) of
    others that it is about, too.  ``fixes`` put it right, the most likely first; they do not make two problems differ.
    """

    severity: Severity
    code: str
    node: str | None
    field: str | None
    message: LazyText
    funnels: tuple[tuple[str, str], ...] = ()
    fixes: tuple[Fix, ...] = field_(default=(), compare=False)

    def __str__(self) -> str:
        """Return a line for a terminal: where it is, and what is wrong."""
        where = ".".join(part for part in (self.node, self.field) if part is not None)
        return f"{where}: {self.message}" if where else str(self.message)


class Known(Protocol):
    """What exists in this installation, so that a document can be held against it."""

    def has(self, kind: ReferenceKind, key: str, within: str | None = None) -> bool:
        """Tell whether there is such a thing; a stage is looked for in the plan ``within``, in any plan without one."""

    def has_left(self, user: str) -> bool:
        """Tell whether there is such a user, who no longer works here."""

    def field(self, path: str) -> FieldKind | None:
        """Return the kind of value at a path of the facts (``lead.source``), ``None`` for an unknown path."""


def error(code: str, node: str | None, field: str | None, message: LazyText) -> PublishProblem:
    """Return a problem that stops publishing."""
    return PublishProblem("error", code, node, field, message)


def warning(code: str, node: str | None, field: str | None, message: LazyText) -> PublishProblem:
    """Return a problem that is worth a look."""
    return PublishProblem("warning", code, node, field, message)


def in_order(problems: Iterable[PublishProblem], nodes: Iterable[str]) -> tuple[PublishProblem, ...]:
    """Return each problem once: errors first, those of the whole document before the nodes', these in the order given."""
    place: dict[str | None, int] = {None: -1}
    for number, node in enumerate(nodes):
        place.setdefault(node, number)
    last = len(place)
    return tuple(
        sorted(
            dict.fromkeys(problems),
            key=lambda found: (
                found.severity != "error",
                place.get(found.node, last),
                found.field or "",
                found.code,
                str(found.message),
            ),
        )
    )
