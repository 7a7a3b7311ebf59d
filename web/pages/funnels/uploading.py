"""A funnel file brought to the page: checked line by line, then kept as a draft or published."""

from __future__ import annotations

from contextlib import closing
from typing import Literal

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from engine.text import _l
from funnels.errors import NotPublishableError
from funnels.files import CheckedFile, check_file, keep_file
from funnels.reading import MOST_BYTES
from web.access import allowed
from web.forms import FormModel, sent
from web.pages.funnels.blueprint import blueprint
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, may


@blueprint.get("/funnels/upload")
@allowed("funnels.edit")
def upload() -> ResponseReturnValue:
    """Ask for a file."""
    return render_template("funnels/upload.html", checked=None)


class UploadForm(FormModel):
    """A file's text as it was corrected on the page, and what to do with it; the file itself comes beside."""

    text: str = Field("", max_length=MOST_BYTES)
    how: Literal["check", "save", "publish"] = "check"


@blueprint.post("/funnels/upload")
@allowed("funnels.edit")
def take() -> ResponseReturnValue:
    """Check a file and show what is wrong; keep it or publish it where that was asked and nothing stands against it."""
    form = sent(UploadForm)
    file = request.files.get("file")
    content: bytes | str = form.get("text")
    if file is not None and file.filename:
        with closing(file):
            content = file.stream.read(MOST_BYTES + 1)
    how = form.value.how if form.value is not None else "check"
    if not content:
        return render_template("funnels/upload.html", checked=None, is_empty=True), 422
    if how == "check" or (how == "publish" and not may("funnels.publish")):
        with reading() as work:
            return _shown(check_file(work, content, by=actor()))
    try:
        with writing() as work:
            checked = check_file(work, content, by=actor())
            if not checked.documents and not (how == "publish" and checked.is_publishable):
                return _shown(checked)
            kept = keep_file(work, checked, publishes=how == "publish", by=actor())
    except NotPublishableError as error:
        for one in error.problems:
            if one.code.startswith("tests_"):
                words = _l("Keep it as a draft first: {why}", why=one.message)
                flash(translated(words), "bad")
        with reading() as work:
            return _shown(check_file(work, content, by=actor()))
    for key, version in kept:
        words = (
            _l("{key} is published as version {version}", key=key, version=version)
            if version
            else _l("{key} is kept as a draft. What is published goes on as it is.", key=key)
        )
        flash(translated(words), "ok")
    for key in checked.retired if how == "publish" else ():
        flash(translated(_l("{key} is retired: no deal comes in any more.", key=key)), "ok")
    where = url_for("funnels.show", key=kept[0][0]) if len(kept) == 1 else url_for("funnels.all_funnels")
    return redirect(where, code=303)


def _shown(checked: CheckedFile) -> ResponseReturnValue:
    status = 200 if checked.is_publishable else 422
    return render_template("funnels/upload.html", checked=checked), status
