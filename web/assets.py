"""What the front end was built into: the names of scripts and styles, and the icons."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, request
from markupsafe import Markup

from web.addresses import url_for

DIST = Path(__file__).parent / "static" / "dist"


class NotBuiltError(RuntimeError):
    """The front end was not built: run ``make`` (or ``python hatch_build.py``)."""


@cache
def _manifest() -> dict[str, Any]:
    path = DIST / "manifest.json"
    if not path.exists():
        raise NotBuiltError(NotBuiltError.__doc__)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _imports(name: str, seen: set[str]) -> list[str]:
    if name in seen:
        return []
    seen.add(name)
    entry = _manifest()[name]
    return [name, *(one for other in entry.get("imports", ()) for one in _imports(other, seen))]


def script(name: str) -> Markup:
    """Return the tags that load an entry of the front end (``src/board.ts``), its parts and its styles."""
    return _tags(name, request.script_root)


@lru_cache(maxsize=200)
def _tags(name: str, _script_root: str) -> Markup:
    parts = [(part, _manifest()[part]) for part in _imports(name, set())]
    styles = [_STYLE.format(_address(style)) for _, entry in parts for style in entry.get("css", ())]
    scripts = [(_SCRIPT if part == name else _PRELOAD).format(_address(entry["file"])) for part, entry in parts]
    return Markup("\n").join([*styles, *scripts])


_STYLE = Markup('<link rel="stylesheet" href="{}">')
_SCRIPT = Markup('<script type="module" src="{}"></script>')
_PRELOAD = Markup('<link rel="modulepreload" href="{}">')


def _address(file: str) -> str:
    return url_for("static", filename=f"dist/{file}")


@cache
def icon(name: str, label: str = "") -> Markup:
    """Return an icon; without a label it is decoration, which screen readers pass over."""
    hidden = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="/static/dist/icons.svg#{}"></use></svg>').format(hidden, name)


@lru_cache(maxsize=1000)
def swatch(colour: str) -> Markup:
    """Return a small square in a colour of the user's own choice; an attribute, for inline styles are forbidden."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="3" fill="{}"/></svg>'
    ).format(colour)


def register(app: Flask) -> None:
    """Give templates these functions."""
    app.jinja_env.globals.update(script=script, icon=icon, swatch=swatch)
