"""Addresses of pages, remembered: a frame names the same twenty on every page, and each costs a walk through all routes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask, request
from flask import url_for as flask_url_for


def url_for(endpoint: str, **values: Any) -> str:
    """Return what Flask's ``url_for`` does, from memory where only the endpoint and plain values decide."""
    if endpoint[0] == "." or not all(type(value) in _PLAIN and name[0] != "_" for name, value in values.items()):
        return flask_url_for(endpoint, **values)
    return _address(request.script_root, endpoint, **values)


@lru_cache(maxsize=2000, typed=True)
def _address(_script_root: str, endpoint: str, /, **values: Any) -> str:
    return flask_url_for(endpoint, **values)


_PLAIN = frozenset({str, int, type(None)})


def register(app: Flask) -> None:
    """Give templates this function."""
    app.jinja_env.globals["url_for"] = url_for
