"""Every setting of a node in words, as its form would show it: title and value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Any

from pydantic import BaseModel

from blocks.http_parts import Header
from blocks.logic_condition import ConditionBlock
from blocks.logic_filter import Filter
from crm.directory import Directory
from engine.block import Block
from engine.deadline import AfterEvent, DaysBefore, DaysInStage, FixedDate
from engine.duration import Duration
from engine.event import EVENT_KINDS
from engine.setting import references
from engine.text import _l
from funnels.words import values
from funnels.words.names import event_name, listed, thing

_WORDS = {
    "once": _l("once only"),
    "one_at_a_time": _l("not while inside"),
    "restart": _l("start anew"),
    "parallel": _l("any number at a time"),
    "leave": _l("leave it as it is"),
    "use": _l("use it"),
    "move": _l("move it to the stage"),
    "another": _l("open another"),
    "all": _l("all"),
    "any": _l("any"),
    "lead": _l("lead"),
    "deal": _l("deal"),
    "contact": _l("contact"),
    "company": _l("company"),
    "person": _l("person"),
    "hand": _l("by hand"),
    "robot": _l("by a robot"),
    "api": _l("through the API"),
    "import": _l("by an import"),
    "recall": _l("by a recall"),
    "system": _l("by the system"),
    "todo": _l("to do"),
}
"""Words for the closed choices of blocks; texts that people typed are other fields and stay as they are."""


_SECRET = re.compile(r"auth|cookie|token|secret|passw|signature|(^|[-_])(api-?)?key([-_]|$)|api-?key", re.IGNORECASE)
"""Names of HTTP headers whose values are keys to other systems: they are sent, and shown to nobody."""
_MASK = "••••••"


def details(block: Block, settings: Directory) -> list[tuple[str, str]]:
    """Return title and value of every setting that is filled, in the order of the form."""
    named = {one.where: thing(one.kind, one.key, settings, one.within) for one in references(block)}
    found: list[tuple[str, str]] = []
    for name, info in type(block).model_fields.items():
        value = getattr(block, name)
        if value is None or value in ((), frozenset(), {}):
            continue
        if isinstance(block, ConditionBlock | Filter) and name == "condition":
            words: str = values.condition(block.condition, settings)
        else:
            words = _words(value, name, named, settings, is_typed=info.annotation is not None and _is_typed(info))
        found.append((info.title or name, words))
    return found


def _is_typed(info: Any) -> bool:
    """True for a text that a person typed, which is never translated."""
    return "Literal" not in repr(info.annotation)


def _words(value: Any, where: str, named: dict[str, str], settings: Directory, *, is_typed: bool) -> str:
    if where in named:
        return named[where]
    match value:
        case bool():
            return _l("yes") if value else _l("no")
        case Duration():
            return values.duration(value)
        case DaysInStage() | DaysBefore() | FixedDate() | AfterEvent():
            return values.deadline(value, settings)
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
        case Header() if _SECRET.search(value.name):
            return _l("{first} → {second}", first=value.name, second=_MASK)
        case BaseModel():
            return _of_model(value, where, named, settings)
        case tuple() | frozenset():
            items = sorted(value) if isinstance(value, frozenset) else value
            return listed(list(_each(items, where, named, settings, is_typed=is_typed)))
        case dict():
            return ", ".join(f"{key}: {one}" for key, one in value.items())
        case str() if value in EVENT_KINDS:
            return event_name(value)
        case str() if not is_typed or where.startswith("origins"):
            return _WORDS.get(value, value)
        case _:
            return str(value)


def _each(
    items: Iterable[Any], where: str, named: dict[str, str], settings: Directory, *, is_typed: bool
) -> Iterable[str]:
    for number, item in enumerate(items):
        yield _words(item, f"{where}.{number}", named, settings, is_typed=is_typed)


def _of_model(value: BaseModel, where: str, named: dict[str, str], settings: Directory) -> str:
    words: str = ""
    for name, info in type(value).model_fields.items():
        one = getattr(value, name)
        if one is None or one in ((), frozenset(), {}, False):
            continue
        part = _words(one, f"{where}.{name}", named, settings, is_typed=_is_typed(info))
        words = _l("{first} → {second}", first=words, second=part) if words else part
    return words
