"""How somebody looks at a board, kept: his mode and filter, what he folded, what his cards show."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from crm.deals.board_views import LONGEST_QUERY, ViewChange, keep_view
from crm.directory import directory
from web.access import SIGNED_IN, allowed
from web.forms import FormModel, sent
from web.pages.boards import plan_seen
from web.site import writing
from web.visit import actor

blueprint = Blueprint("board_view", __name__)


class Kept(FormModel):
    """What a page tells of how it is looked at; what is not told stays."""

    mode: Literal["board", "list"] | None = None
    query: str | None = Field(None, max_length=LONGEST_QUERY, pattern=r"^[!-~]*$")
    folds: dict[str, bool] | None = Field(None, max_length=200)


class Shows(FormModel):
    """What the cards of a board show."""

    shows: list[str] = Field(default_factory=list, max_length=200)
    query: str = Field("", max_length=LONGEST_QUERY, pattern=r"^[!-~]*$")


@blueprint.put("/api/boards/<plan>/view")
@allowed(SIGNED_IN)
def keep(plan: str) -> ResponseReturnValue:
    """Keep mode, filter and folds."""
    with writing() as work:
        found = plan_seen(directory(work), plan)
        try:
            asked = Kept.model_validate(request.get_json())
        except ValidationError:
            abort(422)
        keep_view(work, found.key, ViewChange(asked.mode, asked.query, asked.folds), by=actor())
    return "", 204


@blueprint.post("/boards/<plan>/cards")
@allowed(SIGNED_IN)
def shows(plan: str) -> ResponseReturnValue:
    """Choose what the cards of a board show, and draw it again."""
    form = sent(Shows, lists=frozenset({"shows"}))
    if form.value is None:
        abort(422)
    with writing() as work:
        found = plan_seen(directory(work), plan)
        keep_view(work, found.key, ViewChange(shows=form.value.shows), by=actor())
    where = url_for("boards.show", plan=plan)
    return redirect(f"{where}?{form.value.query}" if form.value.query else where, code=303)
