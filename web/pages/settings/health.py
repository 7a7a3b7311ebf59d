"""Health: what is wrong, in words, and who works; for those who look after the installation."""

from __future__ import annotations

from flask import Blueprint, render_template

from funnels.health import length, name_of, signs
from funnels.vitals import vitals
from web.access import allowed
from web.site import reading

blueprint = Blueprint("health", __name__, url_prefix="/settings/health")


@blueprint.get("")
@allowed("settings.edit")
def show() -> str:
    """Show what is wrong, what waits, and the processes."""
    with reading() as work:
        seen = vitals(work)
    return render_template("settings/health.html", seen=seen, signs=signs(seen), length=length, name_of=name_of)
