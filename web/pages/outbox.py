"""The outbox: what is on its way out, what failed and why, and what a person decides about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.settings.mail_server import known_mail_server
from engine.request import Result
from engine.text import LazyText, _l, _ln
from funnels.outbox import RIGHT, STATES, State, cancel, counts, mark_sent, messages, retry
from web.access import allowed
from web.forms import FormModel, sent
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, viewer

blueprint = Blueprint("outbox", __name__)
AT_ONCE = 50

NAMES: Final[dict[str, LazyText]] = {
    "queued": _l("Waiting"),
    "sending": _l("Being sent"),
    "unknown": _l("Unknown"),
    "failed": _l("Failed"),
    "sent": _l("Sent"),
    "cancelled": _l("Given up"),
}
_FIRST: Final[tuple[State, ...]] = ("unknown", "failed", "queued", "sent")
_COMMANDS = {"retry": retry, "sent": mark_sent, "cancel": cancel}


class DecisionForm(FormModel):
    """What becomes of which messages; ``state`` is the list to come back to."""

    message: tuple[int, ...] = Field((), max_length=10_000)
    how: Literal["retry", "sent", "cancel"]
    state: str = "unknown"


@blueprint.get("/outbox")
@allowed(RIGHT)
def show() -> ResponseReturnValue:
    """List messages of one state, newest first; without a wish, first what waits for a decision."""
    before = request.args.get("before", type=int)
    with reading() as work:
        count = counts(work, viewer=viewer())
        wanted = request.args.get("state")
        first = next((one for one in _FIRST if count[one]), _FIRST[-1])
        state = next((one for one in STATES if one == wanted), first)
        found = messages(work, viewer=viewer(), state=state, before=before, limit=AT_ONCE + 1)
        lacks_mail = known_mail_server(work) is None and bool(count["queued"])
        now = work.now
    older = found[AT_ONCE - 1].id if len(found) > AT_ONCE else None
    return render_template(
        "outbox.html",
        messages=found[:AT_ONCE],
        state=state,
        states=STATES,
        names=NAMES,
        count=count,
        older=older,
        lacks_mail=lacks_mail,
        said=_said,
        now=now,
    )


@blueprint.post("/outbox")
@allowed(RIGHT)
def decide() -> ResponseReturnValue:
    """Send messages once more, say that they have arrived, or give them up; and say what came of it."""
    form = sent(DecisionForm, lists=frozenset({"message"}))
    value = form.value
    if value is None or not value.message:
        flash(translated(_l("Nothing was changed: choose messages first.")), "bad")
        return redirect(url_for(".show", state=form.get("state") or None), code=303)
    with writing() as work:
        answers = _COMMANDS[value.how](work, list(value.message), by=actor())
    for words, tone in _told(value.how, answers):
        flash(words, tone)
    return redirect(url_for(".show", state=value.state if value.state in STATES else None), code=303)


def _said(problem: str) -> str:
    """Return a problem in the visitor's language where it is one of ours; what other servers say stays as they said it."""
    return translated(problem) if isinstance(problem, LazyText) else problem


def _told(how: str, answers: Sequence[Result]) -> list[tuple[str, str]]:
    """Return what to say: one line for those that went well, one for the others."""
    codes = Counter(answer.code for answer in answers)
    told = []
    if done := codes.pop("done", 0):
        told.append((translated(_done(how, done)), "ok"))
    if left := codes.total():
        words = _ln("{count} message stays as it is: it has left, or is leaving just now",
                    "{count} messages stay as they are: they have left, or are leaving just now", left)  # fmt: skip
        told.append((translated(words), "bad"))
    return told


def _done(how: str, count: int) -> LazyText:
    match how:
        case "retry":
            return _ln("{count} message is sent once more", "{count} messages are sent once more", count)
        case "sent":
            return _ln("{count} message is marked as sent", "{count} messages are marked as sent", count)
        case _:
            return _ln("{count} message was given up", "{count} messages were given up", count)
