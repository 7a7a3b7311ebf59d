"""Start: what waits for whoever signed in."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web.access import SIGNED_IN, allowed

blueprint = Blueprint("start", __name__)


@blueprint.get("/")
@allowed(SIGNED_IN)
def show() -> ResponseReturnValue:
    """Show the page."""
    return render_template("start.html")
