"""Templates of messages and titles, as ``Hello, {person.name|first_name|default:'friend'}!``.

A small closed language.  A place is a path of facts with filters after it, in braces; a brace itself is doubled.  An
argument is a whole number or a text in single quotes, in which a quote is doubled.  Nothing is ever evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from engine.problem import Problem
from engine.template_filters import FILTERS, PLAIN, Argument, Filter, Style, shown
from engine.text import LazyText, _l
from voronka_error import VoronkaError

LONGEST_SOURCE = 20_000
LONGEST_OUTPUT = 100_000
_MOST_FILTERS = 10

Values = Callable[[str], object]
"""Gives the value at a path; ``None`` where there is none."""

_TEXT = re.compile(r"[^{}]+")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*")
_NAME = re.compile(r"[a-z_]+")
_NUMBER = re.compile(r"[0-9]{1,6}")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")


class TemplateError(VoronkaError):
    """A template that cannot be read or filled.  ``position`` is the number of the character, counted from 0."""

    code = "template_invalid"

    def __init__(self, message: LazyText, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Place:
    """One place to fill: the path, the filters with their arguments, and where it stands in the source."""

    path: str
    filters: tuple[tuple[str, Argument], ...]
    position: int

    def fill(self, value: object, style: Style) -> str:
        """Return the text for a value."""
        for name, argument in self.filters:
            value = FILTERS[name].apply(value, argument, style)
        return shown(value, style)

    @property
    def has_default(self) -> bool:
        """True where a missing value is expected."""
        return any(name == "default" for name, _ in self.filters)


class Template:
    """A template that was read: texts and places in turn.  Made by ``parse``; never changes."""

    __slots__ = ("_pattern", "parts", "paths", "places", "source")

    def __init__(self, source: str, parts: tuple[str | Place, ...]) -> None:
        self.source = source
        self.parts = parts
        self.places = tuple(part for part in parts if isinstance(part, Place))
        self.paths = frozenset(place.path for place in self.places)
        self._pattern = "".join(part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self.written() == other.written()

    def __hash__(self) -> int:
        return hash(self.written())

    def written(self) -> str:
        """Return the source in its one canonical form: ``parse`` reads it back to an equal template."""
        return "".join(_written(part) for part in self.parts)

    def render(self, values: Values, *, strict: bool = False, style: Style = PLAIN) -> str:
        """Fill the places.

        A missing value is an empty text.  A filter that cannot work on a value (``money`` on a word) leaves it alone.

        Args:
            values: gives the value at a path.
            strict: refuse a missing value that has no ``default``.
            style: the zone, marks and patterns of dates and numbers.

        Raises:
            TemplateError: a value is missing and ``strict``; or the text came out longer than ``LONGEST_OUTPUT``.
        """
        filled = []
        for place in self.places:
            value = values(place.path)
            if strict and value is None and not place.has_default:
                raise TemplateError(_l("{path} has no value", path=place.path), place.position)
            filled.append(value if type(value) is str and not place.filters else place.fill(value, style))
        text = self._pattern % tuple(filled)
        if len(text) > LONGEST_OUTPUT:
            raise TemplateError(_l("the text is longer than {most} characters", most=LONGEST_OUTPUT), 0)
        return text

    def check(self, known: Callable[[str], bool]) -> tuple[Problem, ...]:
        """Return a problem for each place whose path is not known, in order."""
        return tuple(
            Problem(str(place.position), "path_unknown", _l("there is no field {path}", path=place.path))
            for place in self.places
            if not known(place.path)
        )


@lru_cache(maxsize=4096)
def parse(source: str) -> Template:
    """Read a template; the same source is read once.

    Raises:
        TemplateError: with the position of what cannot be read.
    """
    if len(source) > LONGEST_SOURCE:
        raise TemplateError(_l("a template has at most {most} characters", most=LONGEST_SOURCE), LONGEST_SOURCE)
    return Template(source, _Reader(source).parts())


def check_source(source: str) -> str:
    """Return the source as it is, for settings; a ``TemplateError`` becomes the ``ValueError`` pydantic wants."""
    try:
        parse(source)
    except TemplateError as error:
        raise ValueError(
            _l("{problem} (character {position})", problem=error.message, position=error.position)
        ) from None
    return source


class _Reader:
    """Reads a source from left to right; ``at`` is where it is."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def parts(self) -> tuple[str | Place, ...]:
        parts: list[str | Place] = []
        text = ""
        while self.at < len(self.source):
            two = self.source[self.at : self.at + 2]
            if two in ("{{", "}}"):
                text += two[0]
                self.at += 2
            elif two[0] == "{":
                parts += [text] if text else []
                text = ""
                parts.append(self.place())
            elif two[0] == "}":
                self.fail(_l("a closing brace without an opening one; write it twice to mean the brace itself"))
            else:
                text += self.take(_TEXT) or ""
        return (*parts, text) if text else tuple(parts)

    def place(self) -> Place:
        start = self.at
        self.at += 1
        path = self.take(_PATH) or self.fail(_l("a path is expected here, as lead.title"))
        filters: list[tuple[str, Argument]] = []
        while self.skip("|"):
            if len(filters) == _MOST_FILTERS:
                self.fail(_l("a place has at most {most} filters", most=_MOST_FILTERS))
            filters.append(self.filter())
        if not self.skip("}"):
            self.fail(_l("a closing brace or a filter is expected here"))
        return Place(path, tuple(filters), start)

    def filter(self) -> tuple[str, Argument]:
        start = self.at
        name = self.take(_NAME) or self.fail(_l("the name of a filter is expected here"))
        found = FILTERS.get(name)
        if found is None:
            self.at = start
            self.fail(_l("there is no filter {name}; there are {names}", name=name, names=", ".join(FILTERS)))
        argument = self.argument() if self.skip(":") else None
        complaint = _misfit(found, argument)
        if complaint is not None:
            self.at = start
            self.fail(complaint)
        return name, argument

    def argument(self) -> Argument:
        number = self.take(_NUMBER)
        if number is not None:
            return int(number)
        quoted = self.take(_QUOTED) or self.fail(_l("a number, or a text in single quotes, is expected here"))
        return quoted[1:-1].replace("''", "'")

    def take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.source, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def skip(self, mark: str) -> bool:
        found = self.source.startswith(mark, self.at)
        self.at += found
        return found

    def fail(self, message: LazyText) -> NoReturn:
        raise TemplateError(message, self.at)


def _misfit(found: Filter, argument: Argument) -> LazyText | None:
    if argument is None and found.needs_argument:
        return _l("this filter needs a value after a colon")
    if argument is not None and not isinstance(argument, found.takes):
        return _l("this filter does not take such a value")
    return None


def _written(part: str | Place) -> str:
    if isinstance(part, str):
        return part.replace("{", "{{").replace("}", "}}")
    return "{" + "|".join([part.path, *(_written_filter(name, argument) for name, argument in part.filters)]) + "}"


def _written_filter(name: str, argument: Argument) -> str:
    if argument is None:
        return name
    if isinstance(argument, int):
        return f"{name}:{argument}"
    quoted = argument.replace("'", "''")
    return f"{name}:'{quoted}'"
