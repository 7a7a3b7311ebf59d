"""The figures of a rehearsal as tables that people read: what it foretells, beside what really happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from crm.directory import Directory
from engine.document import FunnelDocument
from engine.text import LazyText, _l, _ln
from funnels.rehearsals.figures import Figures
from funnels.words.names import event_name, port_name
from funnels.words.reading import name_of

_CHANNELS: Final[Mapping[str, LazyText]] = {
    "email": _l("E-mails to clients"),
    "http": _l("HTTP requests"),
    "employees": _l("E-mails to employees"),
}
_OUTCOMES: Final[Mapping[str, LazyText]] = {
    "waiting": _l("still inside"),
    "parked": _l("failed"),
    "cancelled": _l("cancelled"),
}


class Line(NamedTuple):
    """One figure: what it is about, what the rehearsal says, what really happened (``None``: nobody knows); a note beside it.

    ``node`` is the id of the node it is about, where it is about one.
    """

    name: str
    rehearsed: int
    really: int | None
    note: str = ""
    node: str = ""

    @property
    def difference(self) -> int:
        """How many more the rehearsal says; 0 where nobody knows."""
        return self.rehearsed - self.really if self.really is not None else 0


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of one kind."""

    key: str
    title: LazyText
    lines: list[Line] = field(default_factory=list)


def tables(
    document: FunnelDocument, settings: Directory, rehearsed: Figures, really: Figures | None
) -> tuple[Table, ...]:
    """Return the figures by kind, those without any left out.  ``really`` is nothing where the funnel was never published."""
    of = _Beside(rehearsed, really)
    entered = Table("entered", _l("Who came in"))
    entered.lines.append(Line(_l("runs"), rehearsed.entered, really.entered if really else None))
    entered.lines.append(Line(_l("people"), rehearsed.people, really.people if really else None))
    for outcome in of.keys("outcomes", ("waiting", "parked", "cancelled")):
        entered.lines.append(of.line("outcomes", outcome, _outcome(outcome)))
    messages = Table("messages", _l("Messages"))
    messages.lines.extend(
        of.line("messages", one, _CHANNELS.get(one, one)) for one in of.keys("messages", tuple(_CHANNELS))
    )
    numbers = sorted(of.keys("messages_per_person"), key=int)
    messages.lines.extend(
        of.line(
            "messages_per_person",
            one,
            _ln("people who get {count} e-mail", "people who get {count} e-mails", int(one)),
        )
        for one in numbers
    )
    deals = Table("deals", _l("Deals that came to a stage by the funnel"))
    standing = Table("standing", _l("Where these deals stand at the end"))
    for table, what in ((deals, "deals"), (standing, "standing")):
        table.lines.extend(of.line(what, place, _place(place, settings)) for place in of.keys(what, _places(settings)))
    managers = Table("managers", _l("New deals by manager"))
    managers.lines.extend(
        of.line("deals_per_manager", login, _user(login, settings)) for login in of.keys("deals_per_manager")
    )
    found = (
        entered,
        _nodes(document, rehearsed, really),
        messages,
        deals,
        standing,
        managers,
        _tasks(settings, rehearsed, really),
    )
    return tuple(table for table in found if table.lines)


def titles_of(document: FunnelDocument) -> dict[str, str]:
    """Return what the nodes are called, by their ids."""
    return {node.id: name_of(node) for node in document.nodes}


class _Beside:
    """Two sets of figures beside each other."""

    def __init__(self, rehearsed: Figures, really: Figures | None) -> None:
        self._rehearsed, self._really = rehearsed, really

    def keys(self, what: str, order: tuple[str, ...] = ()) -> list[str]:
        known = {*getattr(self._rehearsed, what), *(getattr(self._really, what) if self._really is not None else ())}
        return [*(key for key in order if key in known), *sorted(known - set(order))]

    def line(self, what: str, key: str, name: str) -> Line:
        really = getattr(self._really, what).get(key, 0) if self._really is not None else None
        return Line(name, getattr(self._rehearsed, what).get(key, 0), really)


def _nodes(document: FunnelDocument, rehearsed: Figures, really: Figures | None) -> Table:
    """Return who passed each node, in the order of the document; those that the draft has no more come last."""
    table = Table("nodes", _l("Who passed each node"))
    titles = titles_of(document)
    gone = sorted(set(really.nodes) - set(titles)) if really is not None else []
    for node_id in (*titles, *gone):
        here = rehearsed.nodes.get(node_id)
        there = really.nodes.get(node_id) if really is not None else None
        if here is None and there is None:
            table.lines.append(Line(titles[node_id], 0, 0 if really is not None else None, node=node_id))
            continue
        parts: list[str] = []
        if here is not None:
            if len(here.ports) > 1:
                parts += [
                    _l("{port}: {count}", port=port_name(port), count=n) for port, n in sorted(here.ports.items())
                ]
            if here.inside:
                parts.append(_ln("{count} stands there", "{count} stand there", here.inside))
            if here.failed:
                parts.append(_ln("{count} failed", "{count} failed", here.failed))
        passed = there.passed if there is not None else 0
        table.lines.append(
            Line(
                titles.get(node_id, node_id),
                here.passed if here is not None else 0,
                passed if really is not None else None,
                _l("no longer in the draft") if node_id in gone else _joined(parts),
                node_id,
            )
        )
    return table


def _joined(parts: list[str]) -> str:
    if not parts:
        return ""
    first, *others = parts
    for one in others:
        first = _l("{first}, {then}", first=first, then=one)
    return first


def _tasks(settings: Directory, rehearsed: Figures, really: Figures | None) -> Table:
    """Return how many tasks each manager gets, and on which day the most."""
    table = Table("tasks", _l("Tasks by manager"))
    ours, theirs = rehearsed.most_tasks, really.most_tasks if really is not None else {}
    for login in sorted({*ours, *theirs}):
        tasks, most, day = ours.get(login, (0, 0, ""))
        note = (
            _ln("at most {count} on one day: {day}", "at most {count} on one day: {day}", most, day=day) if day else ""
        )
        was = theirs.get(login, (0, 0, ""))[0] if really is not None else None
        table.lines.append(Line(_user(login, settings), tasks, was, note))
    return table


def _outcome(outcome: str) -> str:
    if outcome in _OUTCOMES:
        return _OUTCOMES[outcome]
    if outcome.startswith("end:"):
        return _l("ended by the way “{port}”", port=port_name(outcome[4:]))
    return _l("ended: {outcome}", outcome=outcome)


def _places(settings: Directory) -> tuple[str, ...]:
    return tuple(f"{plan.key}/{stage.key}" for plan in settings.plans.values() for stage in plan.stages)


def _place(place: str, settings: Directory) -> str:
    plan_key, _, stage_key = place.partition("/")
    plan = settings.plan_keys.get(plan_key)
    stage = plan.by_key.get(stage_key) if plan is not None else None
    if plan is None or stage is None:
        return place
    return f"{plan.name}: {stage.name}"


def _user(login: str, settings: Directory) -> str:
    if not login:
        return _l("nobody")
    user = settings.logins.get(login)
    return user.name if user is not None else login


def deed(kind: str, told: Mapping[str, Any], settings: Directory) -> str:
    """Return what a run did in a rehearsal: an event that it caused, or a message by its channel."""
    match kind:
        case "email":
            return _l("e-mail “{subject}” to {to}", subject=told.get("subject", ""), to=told.get("to", ""))
        case "http":
            return _l("request {method} {address}", method=told.get("method", ""), address=told.get("address", ""))
        case "task.created":
            user = settings.users.get(told.get("responsible") or 0)
            to = user.name if user is not None else _l("nobody")
            return _l("task “{title}” for {user}", title=told.get("title", ""), user=to)
        case "deal.created":
            user = settings.users.get(told.get("owner") or 0)
            place = _place(f"{told.get('plan')}/{told.get('stage')}", settings)
            return _l("deal opened at {place} for {user}", place=place, user=user.name if user else _l("nobody"))
        case "deal.moved":
            return _l("deal moved to {place}", place=_place(f"{told.get('plan')}/{told.get('stage')}", settings))
        case "tag.added":
            return _l("tags put on: {tags}", tags=", ".join(told.get("tags", ())))
        case "tag.removed":
            return _l("tags taken off: {tags}", tags=", ".join(told.get("tags", ())))
        case _:
            return event_name(kind)
