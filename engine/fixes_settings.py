"""Quick fixes of settings: the one thing there is to choose, the name that is nearly right, a value that nobody asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, Protocol

from pydantic import ValidationError

from engine.block import Block
from engine.changing import Fix, SetValue
from engine.checks_graph import Drawing
from engine.publish_problem import PublishProblem
from engine.setting import ReferenceKind, references
from engine.text import LazyText, _l

_LIKE: Final = 0.6
_MOST_OFFERED: Final = 3
_USUAL: Final[dict[str, tuple[Any, Any]]] = {
    "deadline": ({"kind": "days_in_stage", "days": 1}, _l("Due in a day")),
    "lasting": ({"amount": 1, "unit": "days"}, _l("A day")),
}
"""Settings for which there is a value that people begin with."""


class Offers(Protocol):
    """What there is to choose from in this installation, and what it is called."""

    def offered(self, kind: ReferenceKind, within: str | None = None) -> Sequence[tuple[str, str]]:
        """Return (key, name) of what a setting may name; stages of the plan ``within``."""

    def port(self, key: str) -> str:
        """Return what people call a port."""


def settings_fixes(problem: PublishProblem, drawing: Drawing, offers: Offers) -> Iterator[Fix]:
    """Yield what would put a wrong setting right."""
    node, field = problem.node or "", problem.field or ""
    if node not in drawing.types:
        return
    placed, type_, path = drawing.nodes[node], drawing.types[node], _path(field)
    match problem.code:
        case "setting_missing" if len(path) == 1:
            yield from _missing(node, path, type_, placed.config, offers)
        case "setting_wrong" if path[0] not in type_.model_fields:
            yield Fix(_l("Remove the setting"), (SetValue(node, ("config", path[0])),))
        case "existing_only_for_robots":
            yield Fix(_l("Leave it empty"), (SetValue(node, ("config", *path)),))
        case "reference_missing":
            yield from _wrong_reference(node, field, type_, drawing, offers)
        case "template_path_unknown":
            yield from _wrong_place(problem, node, path, placed.config, offers)


def _missing(
    node: str, path: tuple[str | int, ...], type_: type[Block], config: dict[str, Any], offers: Offers
) -> Iterator[Fix]:
    name = str(path[0])
    if name in _USUAL:
        value, title = _USUAL[name]
        yield Fix(title, (SetValue(node, ("config", name), value),))
        return
    schema = type_.model_json_schema()["properties"][name]
    within = schema.get("x-within")
    found = offers.offered(schema["x-reference"], config.get(within, "")) if within else _all(schema, offers)
    if len(found) == 1:
        key, called = found[0]
        yield Fix(_l("Choose “{name}”", name=called), (SetValue(node, ("config", name), key),))


def _all(schema: dict[str, Any], offers: Offers) -> Sequence[tuple[str, str]]:
    return offers.offered(schema["x-reference"]) if "x-reference" in schema else ()


def _wrong_reference(node: str, field: str, type_: type[Block], drawing: Drawing, offers: Offers) -> Iterator[Fix]:
    found = next((one for one in references(drawing.blocks[node]) if one.where == field), None)
    if found is None:  # a condition names it
        return
    path = _place(field, found.key, drawing.nodes[node].config)
    is_node = found.kind == "node"
    names = [(id_, id_) for id_ in drawing.nodes] if is_node else list(offers.offered(found.kind, found.within))
    by_key = dict(names)
    like = _nearly(found.key, by_key)
    others = [key for key, _ in names if key not in like] if len(names) <= _MOST_OFFERED else []
    in_list = isinstance(path[-1], int)
    if not like and not in_list and _may_lack(type_, drawing.nodes[node].config, str(path[0])):
        yield Fix(_l("Leave it empty"), (SetValue(node, ("config", *path)),))
    for key in (*like, *others):
        yield Fix(_l("Choose “{name}”", name=by_key[key]), (SetValue(node, ("config", *path), key),))
    if len(path) == 2 and in_list and len(drawing.nodes[node].config[str(path[0])]) > 1:
        yield Fix(_l("Take “{name}” out", name=found.key), (SetValue(node, ("config", *path)),))


def _place(field: str, key: str, config: dict[str, Any]) -> tuple[str | int, ...]:
    """Return where a key stands as it was written; sets are read in the order of their names, not of the file."""
    path = _path(field)
    if len(path) == 2 and isinstance(path[1], int):
        return (path[0], list(config[str(path[0])]).index(key))
    return path


def _wrong_place(
    problem: PublishProblem, node: str, path: tuple[str | int, ...], config: dict[str, Any], offers: Offers
) -> Iterator[Fix]:
    """Offer the field that is nearly the one in a template."""
    text: Any = config
    for name in path:
        text = text[name]
    told = problem.message.params["problem"]
    assert isinstance(told, LazyText)
    wrong, fields = str(told.params["path"]), dict(offers.offered("field"))
    for like in _nearly(wrong, fields):
        title = _l("Put in “{field}” instead", field=fields[like])
        yield Fix(title, (SetValue(node, ("config", *path), text.replace("{" + wrong, "{" + like)),))


def _may_lack(type_: type[Block], config: dict[str, Any], name: str) -> bool:
    """Tell whether the settings are right without one of them."""
    try:
        type_.model_validate({key: value for key, value in config.items() if key != name})
    except ValidationError:
        return False
    return True


def _nearly(key: str, keys: Iterable[str]) -> list[str]:
    """Return the key that was probably meant: of a field, one of the same record whose own name is like it."""
    way, dot, own = key.rpartition(".")
    tails = {one.removeprefix(way + dot): one for one in keys if one.startswith(way + dot)}
    return [tails[one] for one in get_close_matches(own, tails, n=1, cutoff=_LIKE)]


def _path(field: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdecimal() else part for part in field.split("."))
