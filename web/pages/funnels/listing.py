"""The list of funnels, and what they are told to do: pause, drain, go on, stop."""

from __future__ import annotations

from itertools import groupby
from typing import Final, Literal

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.text import LazyText, _l, _ln
from funnels import states
from funnels.files import file_of
from funnels.listing import REFUSED_DAYS, ListedFunnel, funnel_list
from funnels.states import StateChange
from web.access import allowed
from web.forms import FormModel, sent
from web.pages.funnels.blueprint import SIGHT, blueprint
from web.pages.records import Undo, done_before_leaving
from web.pages.signing_in import safe
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer


@blueprint.get("/funnels")
@allowed(*SIGHT)
def all_funnels() -> ResponseReturnValue:
    """Show the funnels that people drew, then the robots of stages."""
    with reading() as work:
        found = funnel_list(work, viewer=viewer())
    drawn = [one for one in found if not one.stage]
    stages = [(stage, list(several)) for stage, several in groupby((one for one in found if one.stage), _stage)]
    return render_template("funnels/all.html", drawn=drawn, stages=stages, days=REFUSED_DAYS)


def _stage(one: ListedFunnel) -> str:
    return one.stage


class StateForm(FormModel):
    """Which funnels shall do what; ``was`` is the state that an undo leads back to."""

    key: tuple[str, ...] = ()
    was: str = ""
    how: Literal["pause", "drain", "resume", "stop"]
    next: str = "/funnels"


COMMANDS: Final = {"pause": states.pause, "drain": states.drain, "resume": states.resume, "stop": states.stop}


@blueprint.post("/funnels/state")
@allowed("funnels.publish")
def change_state() -> ResponseReturnValue:
    """Pause, drain, resume or stop funnels, and say what became of each."""
    form = sent(StateForm, lists=frozenset({"key"}))
    if form.value is None:
        return redirect(safe("/funnels"), code=303)
    with writing() as work:
        changes = COMMANDS[form.value.how](work, form.value.key, by=actor())
    back = _BACK.get(form.value.was) if form.value.how != "stop" and len(changes) == 1 else None
    for one in changes:
        if one.code == "done" and back is not None:
            values = {"key": one.key, "how": back, "next": form.value.next}
            done_before_leaving(
                translated(words_of(one)), Undo(translated(_l("Undo")), url_for("funnels.change_state"), values)
            )
        else:
            flash(translated(words_of(one)), "ok" if one.code == "done" else "bad")
    return redirect(safe(form.value.next), code=303)


_BACK: Final = {"published": "resume", "paused": "pause", "draining": "drain"}
"""How a funnel comes back to a state; nothing brings back who was cancelled."""


def words_of(one: StateChange) -> LazyText:
    """Return what became of a funnel, and of those inside."""
    match one.code, one.state:
        case "done", "paused":
            return _ln(
                "{key} is paused. {count} run stays where it is, with its dates.",
                "{key} is paused. {count} runs stay where they are, with their dates.",
                one.inside,
                key=one.key,
            )
        case "done", "draining":
            return _ln(
                "{key} lets nobody in. {count} run goes on to its end.",
                "{key} lets nobody in. {count} runs go on to their end.",
                one.inside,
                key=one.key,
            )
        case "done", "published":
            return _ln(
                "{key} lets people in. {count} run inside goes on.",
                "{key} lets people in. {count} runs inside go on.",
                one.inside,
                key=one.key,
            )
        case "done", _:
            return _ln(
                "{key} is stopped. {count} run was cancelled.",
                "{key} is stopped. {count} runs were cancelled.",
                one.inside,
                key=one.key,
            )
        case "not_published", _:
            return _l("{key} was never published: publish it first.", key=one.key)
        case "same_state", _:
            return _l("{key}: nothing to change, it is in that state already.", key=one.key)
        case _:
            return _l("There is no funnel {key}.", key=one.key)


@blueprint.get("/funnels/<key>/file")
@allowed(*SIGHT)
def download(key: str) -> ResponseReturnValue:
    """Send the draft of a funnel as a YAML file."""
    with reading() as work:
        text = file_of(work, key, viewer=viewer())
    headers = {"Content-Disposition": f'attachment; filename="{key}.yaml"'}
    return Response(text, mimetype="application/yaml", headers=headers)


def is_partial() -> bool:
    """True where a script of ours asks for a part of a page."""
    return bool(request.headers.get("X-Requested-With") or "HX-Request" in request.headers)
