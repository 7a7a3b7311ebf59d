"""Resources: what fields of records book for times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.errors import InvalidError
from crm.settings.errors import InUseError
from crm.settings.resources import add_resource, change_resource, remove_resource
from db.work import Work
from engine.text import _l
from web.access import allowed
from web.forms import FormModel, sent
from web.site import reading, writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("resources", __name__, url_prefix="/settings/resources")


class NewResource(FormModel):
    """A resource."""

    name: str = Field(max_length=120)


class ResourceForm(FormModel):
    """What may change of a resource."""

    name: str = Field(max_length=120)
    is_active: Literal["yes"] | None = None


@blueprint.get("")
@allowed("settings.edit")
def everything() -> str:
    """Show the resources."""
    with reading() as work:
        found = list(directory(work).resources.values())
    return render_template("settings/resources.html", resources=found)


@blueprint.post("")
@allowed("settings.edit")
def add() -> ResponseReturnValue:
    """Add a resource."""
    form = sent(NewResource)
    if form.value is None:
        return _back(" ".join([*form.errors.values(), form.problem]), "bad")
    name = form.value.name
    return _do(lambda work: add_resource(work, name, by=actor()))


@blueprint.post("/<key>")
@allowed("settings.edit")
def change(key: str) -> ResponseReturnValue:
    """Rename a resource, or switch it on or off."""
    form = sent(ResourceForm)
    given = form.value
    if given is None:
        return _back(" ".join([*form.errors.values(), form.problem]), "bad")
    return _do(lambda work: change_resource(work, key, given.name, by=actor(), is_active=bool(given.is_active)))


@blueprint.post("/<key>/remove")
@allowed("settings.edit")
def remove(key: str) -> ResponseReturnValue:
    """Remove a resource that nothing books."""
    return _do(lambda work: remove_resource(work, key, by=actor()), translated(_l("Removed.")))


def _do(act: Callable[[Work], object], words: str = "") -> ResponseReturnValue:
    try:
        with writing() as work:
            act(work)
    except (InvalidError, InUseError) as error:
        return _back(translated(error.args[0]), "bad")
    return _back(words or translated(_l("Saved.")))


def _back(words: str, kind: str = "ok") -> ResponseReturnValue:
    flash(words.strip(), kind)
    return redirect(url_for("settings.resources.everything"), code=303)
