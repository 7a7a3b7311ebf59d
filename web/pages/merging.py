"""Merge two records that are the same: side by side, with a choice for each field in which they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.directory import Directory, directory
from crm.people.comparing import Side, sides
from crm.people.merging import Merge
from crm.people.parting import merging_of
from crm.people.twins import TwinKind
from engine.text import _l
from funnels.merging import merge
from funnels.parting import part
from web.access import allowed
from web.custom_fields import field_views
from web.forms import Form, FormModel, sent
from web.pages.clients.showing import gone_to
from web.pages.records import FORM_ERRORS, Undo, done_before_leaving, require_done
from web.reasons import field_name, value_said
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer
from web.words import phone

blueprint = Blueprint("merging", __name__)

ROOMS: Final = {"lead": "leads", "contact": "contacts", "company": "companies", "deal": "deals"}
_TAKE: Final = "take."


class Versions(FormModel):
    """How the two were when they were looked at; the choices come beside."""

    own: int
    other: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A field: what it is called, what both have in words; ``is_asked`` where both have something, and not the same."""

    path: str
    name: str
    own: str
    other: str

    @property
    def is_asked(self) -> bool:
        """True where somebody has to choose."""
        return bool(self.own and self.other and self.own != self.other)


@blueprint.get("/merge/<kind>/<int:survivor>/<int:gone>")
@allowed("leads.edit", "deals.edit")
def ask(kind: str, survivor: int, gone: int) -> ResponseReturnValue:
    """Show both side by side."""
    return _page(_known(kind), survivor, gone, Form())


@blueprint.post("/merge/<kind>/<int:survivor>/<int:gone>")
@allowed("leads.edit", "deals.edit")
def join(kind: str, survivor: int, gone: int) -> ResponseReturnValue:
    """Merge them, and go to the one that is left."""
    known = _known(kind)
    form = sent(Versions, beside=(_TAKE,))
    if form.value is None:
        return _page(known, survivor, gone, form), 422
    take = frozenset(
        name.removeprefix(_TAKE) for name, value in request.form.items() if name.startswith(_TAKE) and value == "other"
    )
    try:
        with writing() as work:
            item = Merge(known, survivor, gone, take, (form.value.own, form.value.other))
            [result] = merge(work, [item], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        form.refuse(error)
        return _page(known, survivor, gone, form), 422
    words = translated(_l("Merged. Everything that was the other's is here; the other one is in the archive."))
    done_before_leaving(words, Undo(translated(_l("Undo")), url_for("merging.take_back", kind=known, gone=gone), {}))
    return gone_to(f"/{ROOMS[known]}/{survivor}")


@blueprint.post("/merge/<kind>/<int:gone>/undo")
@allowed("leads.edit", "deals.edit")
def take_back(kind: str, gone: int) -> ResponseReturnValue:
    """Take the merge back by which a record went, and go to that record."""
    known = _known(kind)
    try:
        with writing() as work:
            merged = merging_of(work, known, gone)
            [result] = part(work, [merged or 0], by=actor())
            require_done(result)
    except FORM_ERRORS as error:
        refused: Form[Any] = Form()
        refused.refuse(error)
        flash(refused.problem, "bad")
    else:
        flash(translated(_l("The merge is taken back: they are two again, and everything is as it was.")), "ok")
    return gone_to(f"/{ROOMS[known]}/{gone}")


def _known(kind: str) -> TwinKind:
    if kind not in ROOMS:
        abort(404)
    return cast(TwinKind, kind)


def _page(kind: TwinKind, survivor: int, gone: int, form: Form[Any]) -> str:
    if survivor == gone:
        abort(404)
    with reading() as work:
        settings = directory(work)
        own, other = sides(work, kind, (survivor, gone), viewer=viewer())
    return render_template(
        "merging.html",
        kind=kind,
        room=ROOMS[kind],
        own=own,
        other=other,
        rows=_differences(settings, kind, own, other),
        form=form,
    )


def _differences(settings: Directory, kind: TwinKind, own: Side, other: Side) -> list[Difference]:
    currency = str(settings.organization["currency"])
    found = []
    for key in own.values:
        path = f"{kind}.{key}"
        said = [_said(settings, path, side.values[key], currency) for side in (own, other)]
        if any(said):
            name = translated(field_name(settings, path))
            found.append(Difference(key, name[:1].upper() + name[1:], *said))
    for mine, theirs in zip(
        field_views(settings, own.fields, currency), field_views(settings, other.fields, currency), strict=True
    ):
        if mine.said or theirs.said:
            found.append(Difference(f"field.{mine.definition.key}", mine.definition.name, mine.said, theirs.said))
    return found


def _said(settings: Directory, path: str, value: object, currency: str) -> str:
    if value in (None, "", 0):
        return ""
    if path.endswith(("contact_id", "company_id")):
        return translated(_l("No. {number}", number=value))
    if path.endswith(".phone"):
        return phone(str(value))
    return str(value_said(settings, path, value, currency))
