"""Who may use a route: every view says so where it is written, and the application refuses to start with one that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, cast

from flask import Flask

from crm.access.actor import RIGHTS

View = TypeVar("View", bound=Callable[..., object])

ANYONE: Final = "anyone"
"""Also who is not signed in."""
SIGNED_IN: Final = "signed in"
"""Every user, whatever his rights; what he sees is cut down by the queries."""
API_KEY: Final = "api key"
"""Programs with a key; the rights are those of the key, checked by the commands."""
NAMED: Final = frozenset({ANYONE, SIGNED_IN, API_KEY})


def allowed(*who: str) -> Callable[[View], View]:
    """Declare who may use a view: ``ANYONE``, ``SIGNED_IN``, ``API_KEY``, or the rights of which a user needs one.

    The commands check rights again; this is what the menus and the error page go by.
    """
    unknown = set(who) - NAMED - RIGHTS
    if not who or unknown:
        raise ValueError(f"no such access: {sorted(unknown) or 'nothing'}")

    def declare(view: View) -> View:
        view.access = frozenset(who)  # type: ignore[attr-defined]  # a mark on the function
        return view

    return declare


def access_of(app: Flask, endpoint: str) -> frozenset[str]:
    """Return what a route's view declared; nothing where it declared nothing."""
    return cast(frozenset[str], getattr(app.view_functions.get(endpoint), "access", frozenset()))


def undeclared(app: Flask) -> list[str]:
    """Return the endpoints whose views do not say who may use them."""
    return sorted(rule.endpoint for rule in app.url_map.iter_rules() if not access_of(app, rule.endpoint))
