"""Where in a block's settings the keys of other things, the templates and the conditions stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from engine.condition import All, AnyOf, Leaf, Node, Not
from engine.setting import IsTemplate, Reference

Mark: TypeAlias = Reference | IsTemplate

_CONDITIONS: Final = (All, AnyOf, Not, *get_args(Leaf))


@dataclass(frozen=True, slots=True)
class Marked:
    """A text that carries a mark: ``field`` says where (``stages.0``), ``groups`` are the settings around it, inmost first."""

    field: str
    mark: Mark
    text: str
    groups: tuple[BaseModel, ...]

    def beside(self, name: str) -> object | None:
        """Return the setting of that name nearest to the text, ``None`` where there is none or it is empty."""
        return next((getattr(group, name) for group in self.groups if name in type(group).model_fields), None)


def marked(settings: BaseModel) -> Iterator[Marked]:
    """Yield every text among the settings that is marked as a key or a template, however deep it stands."""
    yield from _in_group(settings, "", ())


def conditions(settings: BaseModel) -> Iterator[tuple[str, Node]]:
    """Yield every condition among the settings, with its place."""
    yield from _conditions(settings, "")


def _in_group(group: BaseModel, place: str, around: tuple[BaseModel, ...]) -> Iterator[Marked]:
    for name, info in type(group).model_fields.items():
        yield from _in_value(
            getattr(group, name), info.annotation, info.metadata, _below(place, name), (group, *around)
        )


def _in_value(
    value: object, hint: Any, metadata: Sequence[object], place: str, groups: tuple[BaseModel, ...]
) -> Iterator[Marked]:
    if isinstance(value, BaseModel):
        yield from _in_group(value, place, groups)
        return
    if isinstance(value, str):
        for mark in metadata:
            if isinstance(mark, Reference | IsTemplate):
                yield Marked(place, mark, value, groups)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        yield from _in_value(value, arguments[0], arguments[1:], place, groups)
    elif origin in (Union, UnionType):
        words = [word for arm in arguments if get_origin(arm) is Literal for word in get_args(arm)]
        for arm in arguments if value not in words else ():
            yield from _in_value(value, arm, (), place, groups)
    elif origin is not None and isinstance(value, Mapping):
        for key, item in value.items():
            for part, inside in zip((key, item), arguments, strict=True):
                yield from _in_value(part, inside, (), _below(place, str(key)), groups)
    elif origin is not None and isinstance(value, tuple | list | AbstractSet):
        items = sorted(value, key=str) if isinstance(value, AbstractSet) else value
        for number, item in enumerate(items):
            inside = arguments[0] if len(arguments) == 1 or arguments[-1] is Ellipsis else arguments[number]
            yield from _in_value(item, inside, (), _below(place, str(number)), groups)


def _conditions(value: object, place: str) -> Iterator[tuple[str, Node]]:
    if isinstance(value, _CONDITIONS):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _conditions(getattr(value, name), _below(place, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _conditions(item, _below(place, str(key)))
    elif isinstance(value, tuple | list):
        for number, item in enumerate(value):
            yield from _conditions(item, _below(place, str(number)))


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
