"""The state of a funnel and its limits, where they are changed: on its page, and for the editor as JSON."""

from __future__ import annotations

from typing import Any, Final, Literal

from flask import abort, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from crm.errors import InvalidError
from engine.limits import FailureLimit, Limits, SameEffect
from engine.text import LazyText, _l, _ln
from funnels.errors import NotPublishableError
from funnels.life import Life, life_of
from funnels.publication.limiting import set_limits
from web.access import allowed
from web.forms import FormModel, sent
from web.pages.funnels.blueprint import SIGHT, blueprint, funnel_link, said
from web.pages.funnels.listing import COMMANDS, words_of
from web.site import reading, writing
from web.texts import moment, translated
from web.visit import actor, viewer

Json = dict[str, Any]
How = Literal["resume", "pause", "drain", "stop"]
_MAY: Final[dict[str, tuple[How, ...]]] = {
    "published": ("pause", "drain", "stop"),
    "paused": ("resume", "drain", "stop"),
    "draining": ("resume", "pause", "stop"),
    "stopped": ("resume",),
}
"""What can be done with a funnel in each state."""
_NAMES: Final[dict[How, tuple[str, LazyText]]] = {
    "resume": ("player-play", _l("Go on")),
    "pause": ("player-pause", _l("Pause")),
    "drain": ("filter", _l("Drain")),
    "stop": ("hand-stop", _l("Stop")),
}


class HowForm(FormModel):
    """What a funnel shall do."""

    how: How


class LimitsForm(FormModel):
    """The limits; what is empty is no limit."""

    percent: int | None = Field(None, ge=1, le=100)
    of_last: int = Field(100, ge=10, le=100_000)
    effects_per_hour: int | None = Field(None, ge=1, le=1_000_000_000)
    times: int | None = Field(None, ge=1, le=1_000)
    within_hours: int = Field(24, ge=1, le=8_760)


def acts_of(one: Life) -> list[Json]:
    """Return what can be done with a funnel: how, icon, name, and what becomes of those inside."""
    return [
        {"how": how, "icon": _NAMES[how][0], "name": translated(_NAMES[how][1]), "says": translated(_says(how, one))}
        for how in _MAY.get(one.state, ())
    ]


def _says(how: How, one: Life) -> LazyText:
    match how:
        case "pause":
            return _ln(
                "Nobody comes in. {count} who is inside stays where he is, and his dates stay; it can go on at any time.",
                "Nobody comes in. {count} who are inside stay where they are, and their dates stay; it can go on at any time.",
                one.inside,
            )
        case "drain":
            return _ln(
                "Nobody comes in. {count} who is inside goes on to the end.",
                "Nobody comes in. {count} who are inside go on to the end.",
                one.inside,
            )
        case "stop":
            return _ln(
                "Nobody comes in. {count} who is inside is taken out for good: this cannot be undone.",
                "Nobody comes in. {count} who are inside are taken out for good: this cannot be undone.",
                one.inside,
            )
        case "resume" if one.state == "paused":
            return _ln(
                "People come in again. {count} who is inside goes on; what was due meanwhile is done at once.",
                "People come in again. {count} who are inside go on; what was due meanwhile is done at once.",
                one.inside,
            )
        case _:
            return _l("People come in again.")


@blueprint.get("/api/funnels/<key>/life")
@allowed(*SIGHT)
def show_life(key: str) -> ResponseReturnValue:
    """Answer the state of a funnel, how many are inside, why it paused itself, and what can be done."""
    with reading() as work:
        return jsonify(_plain(life_of(work, key, viewer=viewer())))


@blueprint.post("/api/funnels/<key>/life")
@allowed("funnels.publish")
def change_life(key: str) -> ResponseReturnValue:
    """Pause, drain, resume or stop a funnel; answers what became of it, in words too."""
    try:
        asked = HowForm.model_validate(request.get_json())
    except ValidationError:
        abort(422)
    with writing() as work:
        [change] = COMMANDS[asked.how](work, [key], by=actor())
    with reading() as work:
        found = life_of(work, key, viewer=viewer())
    return jsonify({**_plain(found), "done": change.code == "done", "words": translated(words_of(change))})


@blueprint.post("/funnels/<key>/limits")
@allowed("funnels.publish")
def change_limits(key: str) -> ResponseReturnValue:
    """Change the limits of a funnel, at once."""
    form = sent(LimitsForm)
    if form.value is None:
        flash(" ".join(form.errors.values()) or form.problem, "bad")
        return redirect(funnel_link(key), code=303)
    one = form.value
    limits = Limits(
        failures=FailureLimit(percent=one.percent, of_last=one.of_last) if one.percent else None,
        effects_per_hour=one.effects_per_hour,
        same_effect=SameEffect(times=one.times, within_hours=one.within_hours) if one.times else None,
    )
    try:
        with writing() as work:
            number = set_limits(work, key, limits, by=actor())
            work.after_commit(work.database.poke)
    except (InvalidError, NotPublishableError) as error:
        flash(said(error.args[0]) if isinstance(error, InvalidError) else translated(_REFUSED), "bad")
        return redirect(funnel_link(key), code=303)
    flash(translated(_l("The limits hold from now on: version {version}.", version=number) if number else _KEPT), "ok")
    return redirect(funnel_link(key), code=303)


_KEPT: Final = _l("The limits are kept in the draft.")
_REFUSED: Final = _l(
    "Nothing was changed: what is in use has errors by now. Open the editor, put them right and publish."
)


def _plain(one: Life) -> Json:
    why = one.tripped
    return {
        "state": one.state,
        "since": moment(one.since) if one.since else "",
        "inside": one.inside,
        "acts": acts_of(one),
        "tripped": said(why.why) if why is not None else "",
        "told": list(why.told) if why is not None else [],
    }
