"""What changed from one funnel to another, in plain language, a line for each thing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from blocks.catalogue import block_type
from crm.directory import Directory
from engine.diff import Difference, LineChange, NodeChange, SettingChange, difference
from engine.document import FunnelDocument, Node
from engine.text import LazyText, _l
from funnels.words import values
from funnels.words.details import details
from funnels.words.names import port_name
from funnels.words.reading import Line, block_of, does, name_of

_LONGEST: Final = 120
OWN_SETTINGS: Final[Mapping[str, LazyText]] = {
    "type": _l("block"),
    "type_version": _l("version of the block"),
    "name": _l("name"),
    "limits": _l("limits"),
    "title": _l("title"),
    "note": _l("note"),
    "condition": _l("only if"),
    "on_error": _l("when it fails"),
    "when_late": _l("when it is late"),
    "layout": _l("place"),
    "on_error.then": _l("when it fails"),
    "when_late.then": _l("when it is late"),
    "when_late.after_minutes": _l("late after so many minutes"),
}
_CHOICES: Final[Mapping[str, LazyText]] = {
    "hold": _l("wait for a person"),
    "continue": _l("go on"),
    "run_now": _l("do it at once"),
    "next_window": _l("do it in the next window"),
    "skip": _l("pass it over"),
    "ask": _l("ask a person"),
}


@dataclass(frozen=True, slots=True)
class Turned:
    """A setting that says something else now: what it is called, and its words before and now, empty where there were none.

    Both are empty where its values are not told, as some are keys to other systems.
    """

    what: str
    before: str = ""
    after: str = ""

    @property
    def text(self) -> LazyText:
        """The same as one sentence."""
        if not self.before and not self.after:
            return _l("{what} is another", what=self.what)
        return _changed(self.what, self.before, self.after)


def changes(before: FunnelDocument, after: FunnelDocument, settings: Directory) -> tuple[Line, ...]:
    """Return what ``after`` changed in words, the same for the same documents; none where nothing did."""
    found = difference(before, after, block_type)
    old, new = ({node.id: node for node in document.nodes} for document in (before, after))
    return tuple(_lines(found, old, new, settings))


def change_of_test(change: SettingChange) -> LazyText:
    """Return what became of a test."""
    name = change.path.removeprefix("tests.")
    if change.before is None:
        return _l("New test “{name}”", name=name)
    if change.after is None:
        return _l("The test “{name}” is gone", name=name)
    return _l("The test “{name}” is another", name=name)


def _lines(found: Difference, old: Mapping[str, Node], new: Mapping[str, Node], settings: Directory) -> Iterator[Line]:
    names = Names({**old, **new})
    for one in found.settings:
        if one.path == "name":
            yield Line(_l("The funnel is called “{after}” now, not “{before}”", before=one.before, after=one.after))
        elif one.path == "note":
            yield Line(_l("The note of the funnel is another"))
        elif one.path.startswith("tests."):
            yield Line(change_of_test(one))
        else:
            yield Line(limit_words(one))
    for name in found.added:
        starts = name in found.triggers
        what = does(new[name], block_of(new[name]), settings)
        words = _l("New way to start, {node}", node=what) if starts else _l("New: {node}", node=what)
        yield Line(words, node=name)
        if (guard := new[name].condition) is not None:
            yield Line(_l("only if {condition}", condition=values.condition(guard, settings)), 1, name)
    for name in found.removed:
        starts = name in found.triggers
        what = does(old[name], block_of(old[name]), settings)
        words = _l("No longer a way to start, {node}", node=what) if starts else _l("Gone: {node}", node=what)
        yield Line(words, node=name)
    for change in found.changed:
        yield Line(_l("Changed: {node}", node=names.of(change.id)), node=change.id)
        for setting in turned(change, old[change.id], new[change.id], settings):
            yield Line(setting.text, 1, change.id)
    for line in found.lines:
        yield Line(_way(line, names), node=line.source)


_LIMITS: Final[Mapping[str, LazyText]] = {
    "failures": _l("failures"),
    "failures.percent": _l("percent that fail"),
    "failures.of_last": _l("of the last runs"),
    "effects_per_hour": _l("effects an hour"),
    "same_effect": _l("the same to one person"),
    "same_effect.times": _l("how often the same to one person"),
    "same_effect.within_hours": _l("within hours"),
}


def limit_words(one: SettingChange) -> LazyText:
    """Return what became of a limit of the funnel."""
    path = one.path.removeprefix("limits.")
    what = _l("Limit, {limit}", limit=_LIMITS.get(path, path))
    old, new = (_l("none") if value is None else _spelled(value) for value in (one.before, one.after))
    return _changed(what, old, new)


def _spelled(value: Any) -> str:
    if isinstance(value, Mapping) and "times" in value:
        return _l("{times} times within {hours} hours", times=value["times"], hours=value["within_hours"])
    if isinstance(value, Mapping):
        return _l("{percent} % of the last {runs} runs", percent=value["percent"], runs=value["of_last"])
    return str(value)


class Names:
    """Names of nodes; where two are called the same, their ids stand behind."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes
        called = [str(name_of(node)) for node in nodes.values()]
        self._double = {name for name in called if called.count(name) > 1}

    def of(self, node_id: str) -> LazyText:
        """Return a node's name; its id where there is no such node."""
        node = self._nodes.get(node_id)
        name = name_of(node) if node is not None else node_id
        if str(name) in self._double:
            return _l("“{name}” ({id})", name=name, id=node_id)
        return _l("“{name}”", name=name)


def _way(line: LineChange, names: Names) -> LazyText:
    places = {"node": names.of(line.source), "port": port_name(line.port)}
    if line.before is None:
        return _l("{node}, {port}: leads to {after} now", **places, after=names.of(line.after or ""))
    if line.after is None:
        return _l("{node}, {port}: no longer leads to {before}", **places, before=names.of(line.before))
    return _l(
        "{node}, {port}: leads to {after} now, not to {before}",
        **places,
        before=names.of(line.before),
        after=names.of(line.after),
    )


def turned(change: NodeChange, before: Node, after: Node, settings: Directory) -> Iterator[Turned]:
    """Yield the settings of a node that say something else now: its own first, then those of its block."""
    for one in change.settings:
        if not one.path.startswith("config"):
            yield _own(one, before, after, settings)
    inside = [one for one in change.settings if one.path.startswith("config")]
    if inside and before.type == after.type:
        yield from _config(inside, before, after, settings)


def _own(one: SettingChange, before: Node, after: Node, settings: Directory) -> Turned:
    match one.path:
        case "condition":
            old, new = (
                values.condition(node.condition, settings) if node.condition is not None else ""
                for node in (before, after)
            )
        case "type":
            old, new = (_block_name(node.type) for node in (before, after))
        case _:
            old, new = (_CHOICES.get(str(value), _short(value)) for value in (one.before, one.after))
    return Turned(OWN_SETTINGS.get(one.path, one.path), old, new)


def _config(inside: list[SettingChange], before: Node, after: Node, settings: Directory) -> Iterator[Turned]:
    """Yield the settings of a block that say something else now, by their titles; where no words differ, the paths."""
    old, new = (block_of(node) for node in (before, after))
    if old is not None and new is not None:
        was, now = dict(details(old, settings)), dict(details(new, settings))
        told = [title for title in (*was, *(one for one in now if one not in was)) if was.get(title) != now.get(title)]
        if told:
            for title in told:
                yield Turned(title, was.get(title, ""), now.get(title, ""))
            return
    for one in inside:
        yield Turned(one.path.removeprefix("config."))


def _changed(what: str, before: str, after: str) -> LazyText:
    if not before:
        return _l("{what}: {after}, where there was nothing", what=what, after=after)
    if not after:
        return _l("{what}: nothing, where there was {before}", what=what, before=before)
    return _l("{what}: {after}, before: {before}", what=what, before=before, after=after)


def _block_name(key: str) -> str:
    kind = block_type(key)
    return kind.title if kind is not None else key


def _short(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
