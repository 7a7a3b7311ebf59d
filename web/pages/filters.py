"""Filters that people keep, fields that they add to one, and the columns of lists."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.conditions.fields import TABLES, Subject, SubjectFields
from crm.directory import directory
from crm.finding.columns import choose_columns
from crm.finding.saved import FilterChange, NewFilter, change_filters, remove_filters, save_filters
from crm.finding.wanted import Wanted
from engine.text import _l
from web.access import SIGNED_IN, allowed
from web.deal_columns import LIST, known_columns
from web.finding import choices_of, row_of
from web.finding_words import HIDDEN
from web.forms import FormModel, sent
from web.pages.clients.rooms import BY_NAME
from web.pages.records import require_done
from web.pages.signing_in import safe
from web.site import reading, writing
from web.texts import translated
from web.visit import actor

blueprint = Blueprint("filters", __name__)


class NewSaved(FormModel):
    """A filter to keep."""

    subject: Literal["lead", "deal", "contact", "company", "task"]
    name: str = Field("", max_length=200)
    query: str = Field("", max_length=4000)
    shared: Literal["", "yes"] = ""
    next: str = ""


class KeptFilter(FormModel):
    """A filter that was kept, as it was seen; ``query`` is what it shall ask for now."""

    version: int = 0
    query: str = Field("", max_length=4000)
    next: str = ""


class Chosen(FormModel):
    """The columns of a list; ``usual`` goes back to those that it has by itself."""

    column: list[str] = Field(default_factory=list, max_length=500)
    usual: Literal["", "yes"] = ""
    next: str = ""


@blueprint.get("/filters/<subject>/field")
@allowed(SIGNED_IN)
def field(subject: Subject) -> ResponseReturnValue:
    """Show a field as a filter asks for it: the form adds it below the others."""
    path = request.args.get("add", "")
    if subject not in TABLES:
        abort(404)
    with reading() as work:
        fields = SubjectFields(directory(work), subject)
        if fields.kind(path) is None or path.partition(".")[2] in HIDDEN:
            abort(404)
        row, _ = row_of(path, Wanted(subject), fields, choices_of(work, path, fields))
    return render_template("parts/filter_field.html", row=row)


@blueprint.post("/filters")
@allowed(SIGNED_IN)
def save() -> ResponseReturnValue:
    """Keep a filter under a name."""
    form = sent(NewSaved)
    new = form.value
    if new is None:
        abort(400)
    with writing() as work:
        item = NewFilter(new.subject, new.name, new.query, bool(new.shared))
        [result] = save_filters(work, [item], by=actor())
        require_done(result)
    return _back(translated(_l("The filter is saved.")), new.next)


@blueprint.post("/filters/<int:filter_id>")
@allowed(SIGNED_IN)
def change(filter_id: int) -> ResponseReturnValue:
    """Let a saved filter ask for what is asked for now."""
    kept = sent(KeptFilter).value
    if kept is None:
        abort(400)
    with writing() as work:
        [result] = change_filters(work, [FilterChange(filter_id, kept.version, query=kept.query)], by=actor())
        if result.code == "not_found":
            abort(404)
        require_done(result)
    return _back(translated(_l("The filter is saved.")), kept.next)


@blueprint.post("/filters/<int:filter_id>/remove")
@allowed(SIGNED_IN)
def remove(filter_id: int) -> ResponseReturnValue:
    """Remove a saved filter."""
    kept = sent(KeptFilter).value or KeptFilter()
    with writing() as work:
        [result] = remove_filters(work, [filter_id], by=actor())
        if result.code == "not_found":
            abort(404)
    return _back(translated(_l("The saved filter is removed.")), kept.next)


@blueprint.post("/lists/<name>/columns")
@allowed(SIGNED_IN)
def columns(name: str) -> ResponseReturnValue:
    """Keep the columns of a list for whoever chose them."""
    chosen = sent(Chosen, lists=frozenset({"column"})).value
    if name != LIST and name not in BY_NAME:
        abort(404)
    if chosen is None:
        abort(400)
    with writing() as work:
        settings = directory(work)
        known = known_columns(settings) if name == LIST else BY_NAME[name].known_columns(settings)
        paths = [path for path in known if path in chosen.column]
        choose_columns(work, name, None if chosen.usual or not paths else paths, by=actor())
    return redirect(safe(chosen.next), code=303)


def _back(words: str, where: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(safe(where), code=303)
