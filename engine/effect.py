"""Effects: what a block asks to be done, as values.  Each knows how the facts look afterwards (``overlay``).

An effect on a record that the run does not have changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from engine.deadline import Deadline, Due
    from engine.facts import Record

Target = Literal["lead", "deal", "contact", "company"]


def _tags(record: Record) -> frozenset[str]:
    tags = record.get("tags")
    return tags if isinstance(tags, frozenset) else frozenset()


class CreateTask(NamedTuple):
    """Create a task for somebody, due at a moment.

    ``due`` is ``None`` while nothing says when: the event that ``deadline`` counts from has not happened.  ``deadline`` is the
    rule that ``due`` came from, so that it can move with its base.  ``responsible`` is a user's login, ``None`` the owner of the
    deal, else of the lead.  ``unless_open`` creates nothing while the same robot's task is open.
    """

    title: str
    due: Due | None
    deadline: Deadline | None = None
    text: str = ""
    type: str = "todo"
    responsible: str | None = None
    unless_open: bool = False

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """The subject has one open task more."""
        name = "deal" if "deal" in records else "lead"
        record = records.get(name)
        if record is None:
            return {}
        count = record.get("open_tasks")
        return {name: {**record, "open_tasks": (count if isinstance(count, int) else 0) + 1}}


class AddTags(NamedTuple):
    """Put tags on a record; those already there stay as they are."""

    tags: frozenset[str]
    target: Target

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """The record has these tags too."""
        record = records.get(self.target)
        return {} if record is None else {self.target: {**record, "tags": _tags(record) | self.tags}}


class RemoveTags(NamedTuple):
    """Take tags off a record; those not there are no error."""

    tags: frozenset[str]
    target: Target

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """The record has these tags no more."""
        record = records.get(self.target)
        return {} if record is None else {self.target: {**record, "tags": _tags(record) - self.tags}}


@dataclass(frozen=True, slots=True)
class SetFields:
    """Give fields of a record new values, by key (``source``, ``amount``, ``field.budget``)."""

    values: Mapping[str, object]
    target: Target

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """The record has the new values."""
        record = records.get(self.target)
        return {} if record is None else {self.target: {**record, **self.values}}


@dataclass(frozen=True, slots=True)
class AddComment:
    """Write a comment into the timeline of a record."""

    text: str
    target: Target

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """Comments are not facts: nothing changes."""
        return {}


@dataclass(frozen=True, slots=True)
class SetVariable:
    """Remember a value in the run itself."""

    name: str
    value: object

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """The run's variable has the value."""
        return {"variable": {**records.get("variable", {}), self.name: self.value}}


class Place(NamedTuple):
    """Where in a run something was asked for: the node's id and the visit.  With the run it is the key of a message."""

    node: str
    visit: int


@dataclass(frozen=True, slots=True)
class SendEmail:
    """Send an e-mail to the run's person.  After ``until`` nobody waits for it any more: then it is not tried again."""

    place: Place
    to: str
    subject: str
    text: str
    until: datetime | None = None

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """Messages are not facts: nothing changes."""
        return {}


@dataclass(frozen=True, slots=True)
class CallHttp:
    """Send a request to another system.

    ``headers`` may hold secrets: they are sent, and never shown.  ``may_repeat`` says that the receiver drops what it gets twice.
    After ``until`` nobody waits for the answer any more: then it is not tried again.
    """

    place: Place
    method: str
    address: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    may_repeat: bool = False
    until: datetime | None = None

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """Requests are not facts: nothing changes."""
        return {}


Whom = Literal["owner", "supervisor", "user"]


@dataclass(frozen=True, slots=True)
class NotifyEmployee:
    """Tell an employee something, in the program and, if wanted, by e-mail too.

    ``whom`` is the owner of the deal (else of the lead), that owner's supervisor, or the user with this ``login``.
    """

    place: Place
    whom: Whom
    text: str
    login: str | None = None
    by_email: bool = False

    def overlay(self, records: Mapping[str, Record]) -> Mapping[str, Record]:
        """Notes are not facts: nothing changes."""
        return {}


Effect = (
    CreateTask | AddTags | RemoveTags | SetFields | AddComment | SetVariable | SendEmail | CallHttp | NotifyEmployee
)
