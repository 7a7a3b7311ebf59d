"""Conditions of funnels that ask on which stage a deal is: the stages they name, and another one instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

_FIELD: Final = "deal.stage"


def stages_named(plain: Any) -> Iterator[str]:
    """Return the keys of stages that conditions within a plain value ask for."""
    match plain:
        case dict():
            if plain.get("field") == _FIELD:
                yield from (one for one in (plain.get("value"), *(plain.get("values") or ())) if isinstance(one, str))
            for inner in plain.values():
                yield from stages_named(inner)
        case list():
            for inner in plain:
                yield from stages_named(inner)


def with_another_stage(plain: Any, stage: str, instead: str) -> Any:
    """Return a plain value whose conditions ask for another stage."""
    match plain:
        case dict():
            found = {name: with_another_stage(inner, stage, instead) for name, inner in plain.items()}
            if plain.get("field") == _FIELD:
                if found.get("value") == stage:
                    found["value"] = instead
                if isinstance(found.get("values"), list):
                    values = [instead if one == stage else one for one in found["values"]]
                    found["values"] = list(dict.fromkeys(values))
            return found
        case list():
            return [with_another_stage(inner, stage, instead) for inner in plain]
        case _:
            return plain
