"""The list of imports, and a new one: a file is sent."""

from __future__ import annotations

from typing import Literal

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from crm.directory import directory
from crm.importing.errors import ImportFileError
from crm.importing.intake import receive
from crm.importing.listing import imports_made
from engine.text import _l
from web.access import allowed
from web.forms import Form, FormModel, sent
from web.pages.imports import columns, running, undoing, values
from web.pages.imports.part import KINDS, STATES, blueprint
from web.site import reading, site
from web.texts import translated
from web.visit import actor, viewer

__all__ = ["blueprint"]

PARTS = (columns, running, undoing, values)
"""The other pages of the blueprint: they register themselves when they are imported."""


class NewImport(FormModel):
    """What the form sends beside the file."""

    kind: Literal["leads", "deals"] = "deals"


@blueprint.get("/import")
@allowed("records.import")
def all_imports() -> ResponseReturnValue:
    """Show the imports there are, the newest first."""
    with reading() as work:
        lines = imports_made(work, viewer=viewer())
        names = {user.id: user.name for user in directory(work).users.values()}
    busy = any(line.order_id and (line.state in ("checking", "importing") or line.undo == "undoing") for line in lines)
    part = "imports/list.html" if "HX-Request" in request.headers else "imports/all.html"
    return render_template(part, lines=lines, names=names, states=STATES, kinds=KINDS, is_busy=busy)


@blueprint.get("/import/new")
@allowed("records.import")
def new() -> ResponseReturnValue:
    """Show the form for a file."""
    return _page(Form({"kind": request.args.get("kind", "deals")}))


@blueprint.post("/import/new")
@allowed("records.import")
def send() -> ResponseReturnValue:
    """Keep the file and go on to its columns."""
    try:
        form = sent(NewImport)
        file = request.files.get("file")
    except RequestEntityTooLarge:
        return _too_large()
    if file is None or not file.filename:
        form.errors["file"] = translated(_l("Choose a file first."))
    elif form.value is not None:
        try:
            order_id = receive(site().database, form.value.kind, file.filename, file.stream, by=actor())  # type: ignore[arg-type]  # a binary stream
        except ImportFileError as error:
            form.errors["file"] = translated(error.reason)
        else:
            return redirect(url_for("imports.assign", order_id=order_id), code=303)
    return _page(form), 422


def _too_large() -> ResponseReturnValue:
    limit = site().limits.upload_bytes // (1024 * 1024)
    words = translated(
        _l(
            "The file is larger than {limit} MB: divide it, or import it with the command line, which has no limit.",
            limit=limit,
        )
    )
    form: Form[NewImport] = Form({"kind": "deals"}, errors={"file": words})
    return _page(form), 413


def _page(form: Form[NewImport]) -> str:
    return render_template("imports/new.html", form=form, megabytes=site().limits.upload_bytes // (1024 * 1024))
