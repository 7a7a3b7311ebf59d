"""Keys of the API: made for a program with chosen rights, shown once, revoked."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.ways.api_keys import GRANTABLE, all_api_keys, new_api_key, revoke_api_keys
from engine.text import _l
from voronka_error import VoronkaError
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor, me

blueprint = Blueprint("api_keys", __name__, url_prefix="/settings/api")
_SHOWN = "shown_key"

WORDS: Final = {
    "leads.create": (_l("Add leads"), _l("Records new leads with their fields, tags and first comment.")),
    "leads.edit": (_l("Tag leads"), _l("Puts tags on leads that it sees, and takes them off.")),
    "deals.edit": (_l("Move deals"), _l("Moves deals that it sees, by the rules of the board.")),
    "deals.mass_edit": (
        _l("Start for many"),
        _l("Lets many leads or deals into a funnel at once; needs to read everything, and to tag leads or move deals."),
    ),
    "records.see_all": (_l("Read everything"), _l("Reads all leads and deals; without this it sees none.")),
}
"""What each right lets a program do."""


class KeySent(FormModel):
    """What the form sends."""

    name: str = Field("", max_length=120)
    rights: list[str] = Field(default_factory=list, max_length=40)


@blueprint.get("")
@allowed("settings.edit")
def everything() -> str:
    """Show all keys, a new one's secret, and the form for another."""
    return _page(Form({"rights": ["leads.create"]}))


@blueprint.post("")
@allowed("settings.edit")
def add() -> ResponseReturnValue:
    """Make a key, and show its secret once."""
    form = sent(KeySent, lists=frozenset({"rights"}))
    if form.value is not None:
        try:
            with writing() as work:
                session[_SHOWN] = new_api_key(work, form.value.name, form.value.rights, by=actor())
        except VoronkaError as error:
            form.refuse(error)
        else:
            return redirect(url_for("settings.api_keys.everything"), code=303)
    return _page(form), 422


@blueprint.post("/<int:key_id>/revoke")
@allowed("settings.edit")
def revoke(key_id: int) -> ResponseReturnValue:
    """Let a key work no more."""
    with writing() as work:
        revoke_api_keys(work, [key_id], by=actor())
    flash(translated(_l("The key works no more. Programs that use it are refused from now on.")), "ok")
    return redirect(url_for("settings.api_keys.everything"), code=303)


def _page(form: Form[KeySent]) -> str:
    with reading() as work:
        keys, now = all_api_keys(work), work.now
    root = (site().public_url or request.url_root).rstrip("/")
    return render_template(
        "settings/api_keys.html",
        form=form,
        keys=keys,
        now=now,
        secret=session.pop(_SHOWN, ""),
        rights=[(key, WORDS[key]) for key in GRANTABLE if key in me().rights],
        titles={key: words[0] for key, words in WORDS.items()},
        root=f"{root}/api/v1",
    )
