"""Custom fields: what people want to know of leads, deals, contacts and companies."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import FieldDefinition, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.change import KEPT
from crm.settings.errors import InUseError
from crm.settings.field_definitions import FieldType, NewField, RecordKind, add_fields, change_field, remove_field
from engine.text import _l
from funnels.refers import FunnelReferences
from web.access import allowed
from web.forms import FormModel, sent
from web.site import reading, writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("fields", __name__, url_prefix="/settings/fields")

KINDS = (("lead", _l("Leads")), ("deal", _l("Deals")), ("contact", _l("Contacts")), ("company", _l("Companies")))
TYPES = (
    ("text", _l("Text")),
    ("long_text", _l("Text of many lines")),
    ("number", _l("Number")),
    ("money", _l("Money")),
    ("date", _l("Date")),
    ("datetime", _l("Date and time")),
    ("bool", _l("Yes or no")),
    ("choice", _l("One of a list")),
    ("choices", _l("Several of a list")),
    ("address", _l("Address, with a link to a map")),
    ("link", _l("Link")),
    ("file", _l("Files")),
    ("user", _l("Person who works here")),
    ("contact", _l("A contact")),
    ("company", _l("A company")),
    ("deal", _l("A deal")),
    ("resource", _l("Booking of a resource")),
)


class NewFieldForm(FormModel):
    """A field to define; ``options`` has one word of a list on each line."""

    kind: RecordKind
    name: str = Field(max_length=120)
    type: FieldType = "text"
    options: str = ""


class FieldForm(FormModel):
    """What may change of a field."""

    name: str = Field(max_length=120)
    options: str = ""


class Confirmed(FormModel):
    """Whether to remove although records have it filled."""

    confirmed: Literal["yes"] | None = None


@blueprint.get("")
@allowed("settings.edit")
def all_fields() -> str:
    """Show all fields, by kind of record."""
    with reading() as work:
        fields = directory(work).fields.values()
    groups = [(kind, words, [one for one in fields if one.record_kind == kind]) for kind, words in KINDS]
    return render_template("settings/fields.html", groups=groups, types=TYPES, type_names=dict(TYPES))


@blueprint.post("")
@allowed("settings.edit")
def add() -> ResponseReturnValue:
    """Define a field."""
    form = sent(NewFieldForm)
    if form.value is None:
        return _back(" ".join([*form.errors.values(), form.problem]), "bad")
    given = form.value
    new = NewField(given.kind, given.name, given.type, _lines(given.options) if given.type in _WITH_WORDS else ())
    try:
        with writing() as work:
            add_fields(work, [new], by=actor())
    except InvalidError as error:
        return _back(translated(error.args[0]), "bad")
    return _back(translated(_l("The field is there: on cards, in filters and in funnels.")))


@blueprint.post("/<kind>/<key>")
@allowed("settings.edit")
def change(kind: str, key: str) -> ResponseReturnValue:
    """Rename a field, or change its list of words."""
    one = _known(kind, key)
    form = sent(FieldForm)
    if form.value is None:
        return _back(" ".join([*form.errors.values(), form.problem]), "bad")
    options = _lines(form.value.options) if one.type in _WITH_WORDS else KEPT
    try:
        with writing() as work:
            change_field(work, one.record_kind, key, by=actor(), name=form.value.name, options=options)  # type: ignore[arg-type]  # a stored kind
    except InvalidError as error:
        return _back(translated(error.args[0]), "bad")
    return _back(translated(_l("Saved.")))


@blueprint.post("/<kind>/<key>/remove")
@allowed("settings.edit")
def remove(kind: str, key: str) -> ResponseReturnValue:
    """Remove a field with its values; what refers to it is said first."""
    one = _known(kind, key)
    form = sent(Confirmed)
    is_sure = form.value is not None and form.value.confirmed == "yes"
    try:
        with writing() as work:
            remove_field(
                work,
                one.record_kind,  # type: ignore[arg-type]  # a stored kind
                key,
                by=actor(),
                refers=FunnelReferences(work),
                confirmed=is_sure,
            )
    except InUseError as error:
        return render_template("settings/field_in_use.html", field=one, places=error.places, is_sure=is_sure), 422
    return _back(translated(_l("The field is removed.")))


_WITH_WORDS = ("choice", "choices")


def _known(kind: str, key: str) -> FieldDefinition:
    with reading() as work:
        found = directory(work).fields.get((kind, key))
    if found is None:
        raise NotFoundError("field", key)
    return found


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _back(words: str, kind: str = "ok") -> ResponseReturnValue:
    flash(words.strip(), kind)
    return redirect(url_for("settings.fields.all_fields"), code=303)
