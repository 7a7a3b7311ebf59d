"""Plain YAML: texts, numbers, yes or no, nothing, lists and groups; no anchors, aliases, tags or second documents.

Scalars are read as JSON reads them: ``true``, ``false``, ``null`` and JSON's numbers; every other word is a text, so ``yes``,
``no``, ``on``, ``2026-12-31``, ``09:30`` and ``+380501234567`` stay what was written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.representer import SafeRepresenter

from engine.text import LazyText, _l
from funnels.file_errors import FunnelFileError

DEEPEST: Final = 64
"""Groups and lists within each other, at most."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")
_WORDS: Final[Mapping[str, object]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_ENDLESS_LINE = 1_000_000
_SHORT_LIST = 60
_PLAIN_MARKS = frozenset("_/(+.")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class PlainFile:
    """What a file says, and where each part of it begins: line and column by its path, counted from 1."""

    value: object
    places: Mapping[Path, tuple[int, int]]

    def place(self, path: Path) -> tuple[int, int]:
        """Return where the part at ``path`` begins; names that are not in the file are passed over."""
        at: Path = ()
        for name in path:
            if (*at, name) in self.places:
                at = (*at, name)
        return self.places[at]


def load(text: str) -> PlainFile:
    """Read a text.

    Raises:
        FunnelFileError: it is no YAML, or uses what plain YAML leaves out; with the line and what to do.
    """
    try:
        return _Reader(YAML(typ="safe", pure=True).parse(text)).file()
    except MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        raise FunnelFileError.at(_explained(wrong), *(_place(mark) if mark is not None else ())) from None
    except ReaderError as wrong:
        line = text.count("\n", 0, wrong.position) + 1
        column = wrong.position - text.rfind("\n", 0, wrong.position)
        raise FunnelFileError.at(
            _l("the character {code} may not stand in a file; remove it", code=f"U+{ord(text[wrong.position]):04X}"),
            line,
            column,
        ) from None
    except YAMLError as wrong:
        raise FunnelFileError.at(_l("this is no YAML: {problem}", problem=str(wrong).partition("\n")[0])) from None


def dump(value: object) -> str:
    """Return the text of plain values: block style, a line for each setting, long texts as blocks.

    ``Inline`` groups stay on one line.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = _ENDLESS_LINE
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # declared as None only
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()


class Inline(dict[str, Any]):
    """A group that is written on one line: ``{x: 10, y: 20}``."""


class _Representer(SafeRepresenter):
    """Keeps the order of groups, writes texts of several lines as blocks, and never makes an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def written_text(self, data: str) -> ScalarNode:
        if not all(line.isprintable() for line in data.split("\n")):
            style: str | None = '"'  # the only form with escapes for unseen characters and other line ends
        elif "\n" in data:
            style = "|"
        else:
            # A mark at the beginning may mean something, and more inside a list on one line: ``[?0]`` is no text.
            style = None if data[:1].isalnum() or data[:1] in _PLAIN_MARKS else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def written_group(self, data: Mapping[str, object]) -> MappingNode:
        return self.represent_mapping(
            "tag:yaml.org,2002:map", data.items(), flow_style=isinstance(data, Inline) or not data
        )

    def written_list(self, data: Sequence[object]) -> SequenceNode:
        short = (
            not any(isinstance(item, dict | list) for item in data)
            and sum(len(str(item)) for item in data) < _SHORT_LIST
        )
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=short)


_Representer.add_representer(list, _Representer.written_list)
_Representer.add_representer(str, _Representer.written_text)
_Representer.add_representer(dict, _Representer.written_group)
_Representer.add_representer(Inline, _Representer.written_group)


class _Reader:
    """Builds plain values from the parser's events, one after another, so that nothing is built before it was allowed."""

    def __init__(self, events: Iterator[Event]) -> None:
        self.events = events
        self.places: dict[Path, tuple[int, int]] = {}

    def file(self) -> PlainFile:
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                break
        else:
            raise FunnelFileError.at(_l("the file is empty"))
        value = self.value(next(self.events), ())
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                raise _refused(event, _l("a second document begins here; keep one funnel in a file"))
        return PlainFile(value, self.places)

    def value(self, event: Event, path: Path) -> object:
        self.places.setdefault(path, _place(event.start_mark))
        if isinstance(event, AliasEvent):
            raise _refused(event, _l("an alias (*{name}) is not allowed here; write the value out", name=event.anchor))
        assert isinstance(event, NodeEvent)
        if event.anchor is not None:
            raise _refused(event, _l("an anchor (&{name}) is not allowed here; remove it", name=event.anchor))
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _refused(event, _l("a tag ({tag}) is not allowed here; remove it", tag=str(tag)))
        if isinstance(event, ScalarEvent):
            return self.scalar(event)
        if len(path) >= DEEPEST:
            raise _refused(event, _l("more than {most} groups stand within each other here", most=DEEPEST))
        if isinstance(event, MappingStartEvent):
            return self.group(path)
        assert isinstance(event, SequenceStartEvent)
        return self.items(path)

    def scalar(self, event: ScalarEvent) -> object:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        number = _NUMBER.fullmatch(text)
        if number is None:
            return text
        if number[1] is None and number[2] is None:
            return int(text)
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise _refused(event, _l("the number {number} is too large", number=text))
        return value

    def group(self, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or event.anchor is not None or event.tag is not None:
                raise _refused(event, _l("the name of a setting is expected here"))
            name: str = event.value
            if event.implicit[0] and name in ("", "<<"):
                raise _refused(event, _l("the name of a setting is expected here"))
            if name in found:
                raise _refused(event, _l("{name} stands here a second time; keep one of them", name=name))
            self.places[*path, name] = _place(event.start_mark)
            found[name] = self.value(next(self.events), (*path, name))
        return found

    def items(self, path: Path) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(self.events), CollectionEndEvent):
            found.append(self.value(event, (*path, len(found))))
        return found


def _place(mark: StringMark) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _refused(event: Event, message: LazyText) -> FunnelFileError:
    return FunnelFileError.at(message, *_place(event.start_mark))


def _explained(wrong: MarkedYAMLError) -> LazyText:
    problem = str(wrong.problem or wrong.context)
    if "\\t" in problem:
        return _l("a tab stands where only spaces may; indent with spaces")
    if "mapping values are not allowed" in problem:
        return _l("a colon is not expected here; put quotes round a text that has one, and check the indentation")
    return _l("this is no YAML: {problem}; check the indentation, the quotes and the brackets", problem=problem)
