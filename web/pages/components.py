"""All parts that pages are made of, on one page, for whoever builds the next one."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web.access import allowed
from web.forms import Form, FormModel
from web.site import reading

blueprint = Blueprint("components", __name__)

_NODES = (
    ("trigger", "user-plus", "", (("8 000", ""),)),
    ("logic", "git-branch", "", (("3 054", ""), ("4 946", ""))),
    ("action", "layout-kanban", "trouble", (("4 941", ""), ("5", "bad-ink"))),
    ("out", "mail", "chosen", (("4 941", ""),)),
)
"""A node of each category, as the canvas draws it: category, icon, state, numbers and their colours."""


@blueprint.get("/components")
@allowed("users.edit")
def show() -> ResponseReturnValue:
    """Show the parts."""
    form: Form[FormModel] = Form({"name": "Olena Koval", "text": "", "plan": "retail"}, {"phone": "+380 ..."})
    with reading() as work:
        now = work.now
    nodes = [
        SimpleNamespace(category=one, icon=sign, state=state, counts=counts) for one, sign, state, counts in _NODES
    ]
    return render_template("components.html", form=form, nodes=nodes, now=now)
