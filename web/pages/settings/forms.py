"""Forms: what they ask, how they look while one changes them, and where they are put."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.ways.forms import FormText, add_forms, all_forms, askable, change_form, form_by_key, remove_form, switch_form
from crm.ways.kinds import Form as PublicForm
from crm.ways.kinds import FormField
from engine.text import _l
from web.access import allowed
from web.asking import NAMES, asked
from web.forms import Form, FormModel, sent
from web.pages.settings.ways import gone_on, removed, saved, switched
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("forms", __name__, url_prefix="/settings/forms")
_LISTS = frozenset({"field", "label", "required"})


class FormSent(FormModel):
    """What the editor sends: texts, and the fields in order; ``act`` is a button: ``save``, ``add``, ``up:2`` ..."""

    name: str = ""
    title: str = ""
    intro: str = ""
    button: str = ""
    thanks: str = ""
    redirect: str = ""
    source: str = ""
    channel: str = ""
    version: int = 0
    field: list[str] = Field(default_factory=list, max_length=60)
    label: list[str] = Field(default_factory=list, max_length=60)
    required: list[str] = Field(default_factory=list, max_length=60)
    more: str = ""
    act: str = "save"

    def fields(self) -> list[FormField]:
        """Return the fields in order."""
        return [FormField(key, label, key in self.required) for key, label in zip(self.field, self.label, strict=False)]

    def text(self) -> FormText:
        """Return what the command takes."""
        names = ("name", "title", "intro", "button", "thanks", "redirect", "source", "channel")
        return FormText(fields=self.fields(), **{name: getattr(self, name) for name in names})


@blueprint.get("")
@allowed("funnels.edit")
def everything() -> str:
    """Show all forms, with how often they were sent."""
    with reading() as work:
        found, now = all_forms(work), work.now
    return render_template("settings/forms.html", forms=found, now=now, address=address)


@blueprint.get("/new")
@allowed("funnels.edit")
def new() -> str:
    """Show the editor with a form that asks what most forms ask."""
    fields = [FormField(key, translated(NAMES[key]), key in ("name", "phone")) for key in ("name", "phone", "comment")]
    return _editor(Form({"name": "", "version": 0}), fields)


@blueprint.post("/new")
@allowed("funnels.edit")
def add() -> ResponseReturnValue:
    """Add a form, or change what the editor shows."""
    form = sent(FormSent, lists=_LISTS)
    if form.value is not None and form.value.act == "save":
        try:
            with writing() as work:
                [key] = add_forms(work, [form.value.text()], by=actor())
        except InvalidError as error:
            form.refuse(error)
        else:
            words = _l("The form is ready. Put its address or its snippet where people see it.")
            return gone_on(words, "settings.forms.show", key=key)
    return _again(form)


@blueprint.get("/<key>")
@allowed("funnels.edit")
def show(key: str) -> str:
    """Show the editor of a form, and where to put it."""
    with reading() as work:
        found = form_by_key(work, key)
    return _editor(_form_of(found), found.fields, found)


@blueprint.post("/<key>")
@allowed("funnels.edit")
def change(key: str) -> ResponseReturnValue:
    """Change a form, or what the editor shows."""
    form = sent(FormSent, lists=_LISTS)
    with reading() as work:
        found = form_by_key(work, key)
    if form.value is not None and form.value.act == "save":
        text, version = form.value.text(), form.value.version
        status = saved(
            form,
            lambda work: change_form(work, key, text, version=version, by=actor()),
            stale=_l("Somebody else changed this form meanwhile. What you wrote is still here; look at both."),
        )
        if status == 303:
            return gone_on(_l("Saved. The form asks so from now on."), "settings.forms.show", key=key)
        return _again(form, found, status=status)
    return _again(form, found)


@blueprint.post("/<key>/switch")
@allowed("funnels.edit")
def switch(key: str) -> ResponseReturnValue:
    """Switch a form on or off."""
    return switched(
        lambda work, on: switch_form(work, key, on=on, by=actor()),
        "settings.forms.everything",
        on=_l("The form is open."),
        off=_l("The form is closed: its address shows nothing. Its leads stay."),
    )


@blueprint.post("/<key>/remove")
@allowed("funnels.edit")
def remove(key: str) -> ResponseReturnValue:
    """Remove a form that no funnel names."""
    return removed(
        "settings.forms",
        key,
        lambda work, refers: remove_form(work, key, by=actor(), refers=refers),
        _l("The form is gone; the leads that came by it stay."),
    )


@blueprint.post("/preview")
@allowed("funnels.edit")
def preview() -> ResponseReturnValue:
    """Show the form as it would look."""
    form = sent(FormSent, lists=_LISTS)
    with reading() as work:
        settings = directory(work)
    return render_template("settings/form_preview.html", **_previewed(settings, form, _fields_in(form)))


def address(form: PublicForm) -> str:
    """Return the public address of a form."""
    return f"{_root()}{url_for('public_form.show', public_id=form.public_id)}"


def _root() -> str:
    return (site().public_url or request.url_root).rstrip("/")


def _embedding() -> str:
    """Return the address of the script that gives an embedded form's frame the form's height."""
    return f"{_root()}{url_for('static', filename='embed.js')}"


def _again(form: Form[FormSent], found: PublicForm | None = None, *, status: int = 422) -> ResponseReturnValue:
    """Show the editor as it was sent, after what its button asked for."""
    fields = _fields_in(form)
    act = form.value.act if form.value is not None else "save"
    if act == "save":
        return _editor(form, fields, found), status
    kind, _, place = act.partition(":")
    number = int(place) if place.isdecimal() and len(place) < 4 else -1
    if kind == "add" and form.value is not None and form.value.more:
        key = form.value.more
        with reading() as work:
            label = askable(directory(work)).get(key) or translated(NAMES.get(key, _l("Field")))
        fields.append(FormField(key, label))
    elif kind == "drop" and 0 <= number < len(fields):
        fields.pop(number)
    elif kind in ("up", "down") and 0 <= number < len(fields):
        other = number + (1 if kind == "down" else -1)
        if 0 <= other < len(fields):
            fields[number], fields[other] = fields[other], fields[number]
    return _editor(form, fields, found)


def _fields_in(form: Form[FormSent]) -> list[FormField]:
    """Return the fields that were sent, also where something else is wrong."""
    keys, labels, required = (form.get(name, []) for name in ("field", "label", "required"))
    return [FormField(key, label, key in required) for key, label in zip(keys, labels, strict=False)][:60]


def _form_of(found: PublicForm) -> Form[FormSent]:
    names = ("name", "title", "intro", "button", "thanks", "redirect", "source", "channel", "version")
    return Form({name: getattr(found, name) for name in names})


def _previewed(settings: Directory, form: Form[FormSent], fields: Sequence[FormField]) -> dict[str, object]:
    names = ("name", "title", "intro", "button")
    return {
        "shown": SimpleNamespace(**{name: str(form.get(name)) for name in names}),
        "fields_shown": asked(settings, fields, {}, {}),
    }


def _editor(form: Form[FormSent], fields: Sequence[FormField], found: PublicForm | None = None) -> str:
    with reading() as work:
        settings = directory(work)
    known = {key: name or translated(NAMES[key]) for key, name in askable(settings).items()}
    used = {one.key for one in fields}
    whole = "HX-Request" not in request.headers
    return render_template(
        "settings/form.html" if whole else "settings/form_editor.html",
        form=form,
        rows=fields,
        known=known,
        more=[(key, name) for key, name in known.items() if key not in used],
        channels=[(key, key) for key in sorted(settings.channel_keys)],
        found=found,
        address=address(found) if found is not None else "",
        embedding=_embedding(),
        **_previewed(settings, form, fields),
    )
