"""The public page of a form: shown to anybody, on its own or in a frame of another site; works without scripts and cookies."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import HTTPException

from crm.directory import Directory, directory
from crm.ways.forms import form_by_address
from crm.ways.kinds import Form
from crm.ways.submitting import LASTS, UTM, Submission
from crm.ways.submitting import submit as record
from engine.text import LazyText, _l
from web.access import ANYONE, allowed
from web.asking import Asked, asked
from web.guards import csrf, limiter
from web.site import reading, site, writing
from web.texts import translated

blueprint = Blueprint("public_form", __name__)
csrf.exempt(blueprint)

SOONEST: Final = timedelta(seconds=2)
"""Nobody reads and fills a form faster than this."""
MOST_BYTES: Final = 256 * 1024
TRAP: Final = "homepage"
"""A field that people do not see and programs fill."""
_LONGEST_UTM: Final = 120

_TOO_FAST = _l("That was very quick. If you are a person, please press the button once more.")
_TOO_OLD = _l("This page was open for a long time. All you wrote is still here: please press the button once more.")
_TRAPPED = _l("Something filled a field that cannot be seen. It is empty again: please press the button once more.")
_TOO_MANY = _l("Too much came from your address at once. All you wrote is still here: please send it in a minute.")
_LOOK_AGAIN = _l("Almost done: please look at the marked fields.")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an opened page carries, signed: which one it is, since when, and how its visitor came."""

    nonce: str
    opened_at: datetime
    utm: Mapping[str, str] = field(default_factory=dict)


@blueprint.get("/f/<public_id>")
@allowed(ANYONE)
def show(public_id: str) -> ResponseReturnValue:
    """Show the form, or thanks once it was sent."""
    with reading() as work:
        form, settings, now = form_by_address(work, public_id), directory(work), work.now
    if "sent" in request.args:
        return render_template("public/thanks.html", form=form, company=settings.organization["name"])
    return _page(form, settings, {}, _sign(public_id, _new_ticket(now)))


@blueprint.post("/f/<public_id>")
@allowed(ANYONE)
@limiter.limit(lambda: site().limits.form)
def submit(public_id: str) -> ResponseReturnValue:
    """Record what was sent, once, and lead to the thanks; what cannot be taken is said beside its field."""
    request.max_content_length = MOST_BYTES
    with writing() as work:
        form, settings, now = form_by_address(work, public_id), directory(work), work.now
        typed = _typed(form)
        ticket = _read(public_id, request.form.get("ticket", ""))
        problem = _suspicion(ticket, now)
        if problem is not None or ticket is None:
            fresh = ticket if ticket is not None and problem is _TOO_FAST else _new_ticket(now, ticket)
            return _page(form, settings, typed, _sign(public_id, fresh), problem=problem), 422
        [answer] = record(work, [Submission(form, typed, f"{form.id}:{ticket.nonce}", ticket.utm)])
        if answer.code == "invalid":
            wrong = {one.where: translated(one.words) for one in answer.wrong}
            return _page(form, settings, typed, _sign(public_id, ticket), wrong=wrong, problem=_LOOK_AGAIN), 422
    if form.redirect:
        g.policy = {"form-action": f"'self' {_origin(form.redirect)}"}
        return redirect(form.redirect, code=303)
    frame = "1" if "frame" in request.args else None
    return redirect(url_for("public_form.show", public_id=public_id, sent="1", frame=frame), code=303)


@blueprint.errorhandler(429)
def too_many(_error: HTTPException) -> ResponseReturnValue:
    """Show the form again with all that was typed, instead of an error page."""
    public_id = str((request.view_args or {}).get("public_id", ""))
    request.max_content_length = MOST_BYTES
    with reading() as work:
        form, settings, now = form_by_address(work, public_id), directory(work), work.now
    ticket = _read(public_id, request.form.get("ticket", "")) or _new_ticket(now)
    return _page(form, settings, _typed(form), _sign(public_id, ticket), problem=_TOO_MANY), 429


def _suspicion(ticket: Ticket | None, now: datetime) -> LazyText | None:
    """Return what to say where it does not look like a person's doing; nobody is refused for good."""
    if request.form.get(TRAP):
        return _TRAPPED
    if ticket is None or now - ticket.opened_at > LASTS:
        return _TOO_OLD
    return _TOO_FAST if now - ticket.opened_at < SOONEST else None


def _typed(form: Form) -> dict[str, Sequence[str]]:
    return {one.key: request.form.getlist(one.key) for one in form.fields}


def _page(
    form: Form,
    settings: Directory,
    typed: Mapping[str, Sequence[str]],
    ticket: str,
    *,
    wrong: Mapping[str, str] | None = None,
    problem: LazyText | None = None,
) -> str:
    fields: Sequence[Asked] = asked(settings, form.fields, typed, wrong or {})
    if form.redirect:
        g.policy = {"form-action": f"'self' {_origin(form.redirect)}"}
    return render_template(
        "public/form.html",
        form=form,
        fields=fields,
        first_wrong=next((one.key for one in fields if one.error), ""),
        ticket=ticket,
        trap=TRAP,
        problem=translated(problem) if problem else "",
        company=settings.organization["name"],
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _new_ticket(now: datetime, before: Ticket | None = None) -> Ticket:
    """Return the ticket of a page that is opened now; how its visitor came is kept."""
    if before is not None:
        return Ticket(before.nonce, now, before.utm)
    utm = {name: request.args[name][:_LONGEST_UTM] for name in UTM if request.args.get(name)}
    return Ticket(secrets.token_urlsafe(12), now, utm)


def _signer(public_id: str) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=f"form:{public_id}")


def _sign(public_id: str, ticket: Ticket) -> str:
    return str(_signer(public_id).dumps([ticket.nonce, ticket.opened_at.timestamp(), dict(ticket.utm)]))


def _read(public_id: str, signed: str) -> Ticket | None:
    """Return the ticket of a page of this form; ``None`` for anything else."""
    try:
        nonce, opened_at, utm = _signer(public_id).loads(signed)
    except BadData:
        return None
    return Ticket(nonce, datetime.fromtimestamp(opened_at, UTC), utm)
