"""Funnel files: YAML to documents and back.

``read(write(document)) == document`` for every document whose settings are plain JSON values.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from engine.document import FunnelDocument
from engine.robot import StageRobots
from engine.setting_errors import problem_of
from engine.text import _l
from funnels.file_errors import FilePlace, FunnelFileError
from funnels.plain_yaml import Inline, PlainFile, dump, load

MOST_BYTES: Final = 1_048_576
_PLACES_SHOWN = 20

_D = TypeVar("_D", bound=BaseModel)


def read(text: str) -> FunnelDocument:
    """Return the funnel that a text describes.

    Raises:
        FunnelFileError: with every wrong place, its line and what to do.
    """
    return _model(_load(text), FunnelDocument)


def read_robots(text: str) -> StageRobots:
    """Return the robots of a stage that a text describes.

    Raises:
        FunnelFileError: with every wrong place, its line and what to do.
    """
    return _model(_load(text), StageRobots)


def read_as(text: str, model: type[_D]) -> _D:
    """Return what a text describes as a model of one's own.

    Raises:
        FunnelFileError: with every wrong place, its line and what to do.
    """
    return _model(_load(text), model)


def read_file(path: Path) -> FunnelDocument | StageRobots:
    """Return what a file describes: a funnel, or a stage's robots where it has ``robots``.

    Of a file that is too large, no more than the limit is read.

    Raises:
        FunnelFileError: it is too large, is not UTF-8, or describes neither.
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    return read_any(decoded(content))


def read_any(text: str) -> FunnelDocument | StageRobots:
    """Return what a text describes, as ``read_file`` does."""
    plain = _load(text)
    has_robots = isinstance(plain.value, Mapping) and "robots" in plain.value and "nodes" not in plain.value
    return _model(plain, StageRobots) if has_robots else _model(plain, FunnelDocument)


def decoded(content: bytes) -> str:
    """Return the text of a file's bytes.

    Raises:
        FunnelFileError: there are more than ``MOST_BYTES``, or they are not UTF-8.
    """
    if len(content) > MOST_BYTES:
        raise _too_large()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        column = wrong.start - content.rfind(b"\n", 0, wrong.start)
        raise FunnelFileError.at(_l("this is not UTF-8; save the file in that encoding"), line, column) from None


def write(document: FunnelDocument) -> str:
    """Return the funnel as a text, the same for the same document: nodes in their order, defaults left out."""
    plain = document.plain()
    for node in plain.get("nodes", ()):
        if "layout" in node:
            node["layout"] = Inline({name: _short(value) for name, value in node["layout"].items()})
    for note in plain.get("drawing", {}).get("notes", ()):
        note.update({name: _short(note[name]) for name in ("x", "y") if name in note})
    if "edges" in plain:
        plain["edges"] = [Inline(edge) for edge in plain["edges"]]
    return dump(plain)


def write_robots(robots: StageRobots) -> str:
    """Return the robots of a stage as a text, the same for the same robots."""
    return dump(robots.model_dump(mode="json", by_alias=True, exclude_defaults=True))


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _load(text: str) -> PlainFile:
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise _too_large()
    return load(text)


def _too_large() -> FunnelFileError:
    return FunnelFileError.at(_l("the file is larger than 1 MB, the most a funnel may take; is this the right file?"))


def _model(plain: PlainFile, model: type[_D]) -> _D:
    if not isinstance(plain.value, dict):
        raise FunnelFileError.at(
            _l("settings as `key: value` are expected here, not {value}", value=_kind(plain.value)), *plain.place(())
        )
    try:
        return model.model_validate(plain.value)
    except ValidationError as wrong:
        places = sorted(
            {
                FilePlace(
                    *plain.place(error["loc"]),
                    _l("{where}: {problem}", where=_where(error["loc"]), problem=problem_of(error)[1]),
                )
                for error in wrong.errors(include_url=False)
            },
            key=lambda place: (place.line or 0, place.column or 0, str(place.message)),
        )
        raise FunnelFileError(tuple(places[:_PLACES_SHOWN])) from None


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else repr(value)[:40]


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))
