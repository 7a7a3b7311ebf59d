"""Notifications: what was told to whoever is signed in, and putting it away."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.today.notifications import read, told
from web.access import SIGNED_IN, allowed
from web.forms import FormModel, sent
from web.pages.start import is_there
from web.site import reading, writing
from web.visit import actor, viewer

blueprint = Blueprint("notifications", __name__)
AT_ONCE = 50


class ReadForm(FormModel):
    """Which notes were read; none means all of them."""

    note: tuple[int, ...] = Field((), max_length=1000)


@blueprint.get("/notifications")
@allowed(SIGNED_IN)
def show() -> ResponseReturnValue:
    """List the notes, newest first."""
    before = request.args.get("before", type=int)
    with reading() as work:
        found = told(work, viewer=viewer(), before=before, limit=AT_ONCE + 1)
        now = work.now
    older = found[AT_ONCE - 1].id if len(found) > AT_ONCE else None
    return render_template("notifications.html", notes=found[:AT_ONCE], older=older, now=now)


@blueprint.post("/notifications/read")
@allowed(SIGNED_IN)
def put_away() -> ResponseReturnValue:
    """Mark notes as read, and stay on the page."""
    form = sent(ReadForm, lists=frozenset({"note"}))
    if form.value is not None:
        with writing() as work:
            read(work, list(form.value.note) or None, by=actor())
    return redirect(url_for(".show"), code=303)


@blueprint.post("/notifications/<int:note_id>/open")
@allowed(SIGNED_IN)
def follow(note_id: int) -> ResponseReturnValue:
    """Mark a note as read and go on to its record."""
    with writing() as work:
        read(work, [note_id], by=actor())
        found = told(work, viewer=viewer(), before=note_id + 1, limit=1)
    if found and found[0].id == note_id:
        if found[0].deal_id is not None:
            return redirect(f"/deals/{found[0].deal_id}", code=303)
        if found[0].lead_id is not None and is_there(f"/leads/{found[0].lead_id}"):
            return redirect(f"/leads/{found[0].lead_id}", code=303)
    return redirect(url_for(".show"), code=303)
