"""A mass action is asked for: its form, a look at what would come of it, and the beginning."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotFoundError
from db.work import Work
from engine.text import _l
from funnels.errors import FunnelNotFoundError
from funnels.jobs import RIGHT
from funnels.mass.action import MassAction
from funnels.mass.actions import ACTIONS
from funnels.mass.asking import NewMassAction
from funnels.mass.at_once import do
from funnels.mass.looking import Look, how_many, look
from funnels.starting import Kind
from web.access import allowed
from web.custom_fields import PREFIX
from web.forms import Form, FormModel, sent
from web.mass_audience import chosen_ids, condition_in
from web.pages.mass_actions import given
from web.pages.mass_actions.part import blueprint, in_words, offered
from web.pages.records import Undo, done, is_htmx, nothing
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor, viewer

_REFUSED: Final = (InvalidError, NotAllowedError, NotFoundError, FunnelNotFoundError)


class Asked(FormModel):
    """What the form holds: whom (``chosen``, else ``within`` and ``query``), what, and what that needs."""

    kind: Kind = "deal"
    what: str = Field("", max_length=20)
    chosen: str = Field("", max_length=200_000)
    within: str = Field("", max_length=200)
    query: str = Field("", max_length=4000)
    stage: str = Field("", max_length=400)
    reason: str = Field("", max_length=200)
    how: str = Field("", max_length=10)
    why: str = Field("", max_length=600)
    owner: str = Field("", max_length=400)
    tags: str = Field("", max_length=2000)
    field: str = Field("", max_length=200)
    value: str = Field("", max_length=1000)
    plan: str = Field("", max_length=400)
    funnel: str = Field("", max_length=500)


@dataclass(frozen=True, slots=True)
class Preview:
    """A look as the page shows it, or why there is none yet."""

    look: Look | None = None
    problem: str = ""


@blueprint.get("/new")
@allowed(RIGHT)
def new() -> ResponseReturnValue:
    """Show the form as a page: for all that a list shows, which is in the address."""
    names = {name: value for name, value in request.args.items() if name in ("kind", "what", "within", "query")}
    try:
        value = Asked.model_validate(names)
    except ValueError:
        abort(400)
    return _page(Form(names, value=value))


@blueprint.post("/new")
@allowed(RIGHT)
def form() -> ResponseReturnValue:
    """Show the form of an action on what is chosen; htmx puts it into a window."""
    filled = sent(Asked, beside=(PREFIX,))
    if filled.value is None:
        abort(400)
    return _page(filled)


@blueprint.post("/look")
@allowed(RIGHT)
def preview() -> ResponseReturnValue:
    """Show what would come of it now; nothing is done."""
    filled = sent(Asked, beside=(PREFIX,))
    return render_template("mass_actions/look.html", found=_preview(filled), form=filled)


@blueprint.post("")
@allowed(RIGHT)
def begin() -> ResponseReturnValue:
    """Do it: few at once, many by a worker."""
    filled = sent(Asked, beside=(PREFIX,))
    if filled.value is None:
        return _refused(filled)
    try:
        with writing() as work:
            one = do(work, _meant(work, filled.value), by=actor())
    except _REFUSED as error:
        filled.refuse(error)
        return _refused(filled)
    where = url_for("mass_actions.show", mass_action_id=one.id)
    if one.is_busy or not is_htmx():
        answer = redirect(where, code=303)
        if is_htmx():
            answer = make_response("", 204)
            answer.headers["HX-Redirect"] = where
        return answer
    changed = {"records-changed": {"stays": one.done < one.audience}}
    if one.done < one.audience:
        shown = make_response(render_template("mass_actions/did.html", one=one))
        shown.headers["HX-Trigger"] = json.dumps(changed)
        return shown
    undo = None
    if one.action.can_undo:
        undo = Undo(translated(_l("Undo")), url_for("mass_actions.take_it_back", mass_action_id=one.id), {})
    return nothing(done(translated(in_words(one)), undo, changed))


def _refused(form: Form[Asked]) -> ResponseReturnValue:
    answer = make_response(_page(form), 422)
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def _action(work: Work, value: Asked) -> MassAction:
    if value.what not in ACTIONS:
        raise InvalidError(_l("Choose what is to be done."))
    return given.action_of(work, value)


def _meant(work: Work, value: Asked) -> NewMassAction:
    chosen, condition = _whom(work, value)
    return NewMassAction(value.kind, _action(work, value), chosen, condition)


def _whom(work: Work, value: Asked) -> tuple[tuple[int, ...] | None, Any]:
    chosen = chosen_ids(value.chosen)
    if chosen is not None:
        return chosen, None
    return None, condition_in(work, value.kind, value.within, value.query, viewer())


def _preview(form: Form[Asked]) -> Preview:
    if form.value is None:
        return Preview(problem=translated(_l("Mend what is marked; then whom it means is shown here.")))
    try:
        with reading() as work:
            meant = _meant(work, form.value)
        return Preview(look(site().database, meant, by=actor()))
    except _REFUSED as error:
        return Preview(problem=translated(error.args[0]))


def _is_told(value: Asked) -> bool:
    """True where the form says enough to look what would come of it; of a field that was just chosen the value comes next."""
    return value.what != "field" and given.is_whole(value)


def _page(form: Form[Asked]) -> str:
    assert form.value is not None or form.problem or form.errors
    value = form.value or Asked()
    counted, problem = 0, form.problem
    with reading() as work:
        try:
            chosen, condition = _whom(work, value)
            archived = value.what in ACTIONS and ACTIONS[value.what].of_archived
            counted = how_many(work, value.kind, chosen, condition, by=actor(), archived=archived)
        except _REFUSED as error:
            problem = problem or translated(error.args[0])
        settings = directory(work)
        choices = given.choices_of(work, settings, value)
    form.problem = problem
    action = ACTIONS.get(value.what)
    return render_template(
        "mass_actions/form.html" if is_htmx() else "mass_actions/new.html",
        form=form,
        value=value,
        action=action,
        counted=counted,
        choices=choices,
        found=_preview(form) if action is not None and not problem and _is_told(value) else Preview(),
        acts=offered(value.kind, value.query),
    )
