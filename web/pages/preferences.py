"""What a visitor chooses for himself: language, theme."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, redirect, request, session
from flask.typing import ResponseReturnValue

from crm.settings.users import change_own_language
from web.access import ANYONE, allowed
from web.forms import FormModel, sent
from web.pages.signing_in import safe
from web.site import writing
from web.visit import actor, visit

blueprint = Blueprint("preferences", __name__)


class Preferences(FormModel):
    """What the form sends."""

    language: Literal["en", "ru", "uk"] | None = None
    theme: Literal["system", "light", "dark"] | None = None
    next: str = ""


@blueprint.post("/preferences")
@allowed(ANYONE)
def choose() -> ResponseReturnValue:
    """Keep language and theme; a user's language is stored with him, others' in the browser."""
    form = sent(Preferences)
    if form.value is not None:
        if form.value.theme:
            session["theme"] = form.value.theme
        if form.value.language:
            session["language"] = form.value.language
            if visit().user is not None:
                with writing() as work:
                    change_own_language(work, form.value.language, by=actor())
    if "HX-Request" in request.headers or request.headers.get("X-Requested-With"):
        return "", 204
    return redirect(safe(form.value.next if form.value else ""), code=303)
