"""One's own page: name, language, password, and where one is signed in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.access.sessions import end_sessions, sessions_of
from crm.directory import directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.absences import LONGEST_NOTE, NewAbsence, add_absences, end_absences
from crm.settings.passwords import WrongPasswordError, change_own_password
from crm.settings.users import change_oneself
from db.work import Work
from engine.text import _l, _ln
from web.absences import AbsenceForm, coming
from web.access import SIGNED_IN, allowed
from web.choices import LANGUAGES, zones
from web.forms import Form, FormModel, sent
from web.guards import limiter
from web.site import reading, site, writing
from web.texts import translated
from web.visit import actor, me, visit

blueprint = Blueprint("me", __name__, url_prefix="/me")


class Profile(FormModel):
    """What the form about oneself sends."""

    name: str = Field(max_length=120)
    email: str = ""
    language: str = "en"
    zone: str = ""


class Passwords(FormModel):
    """The old password, and the new one twice."""

    old: str
    password: str
    again: str


class OneSession(FormModel):
    """Which session to end; none: all others."""

    session: int | None = None


@blueprint.get("")
@allowed(SIGNED_IN)
def show() -> str:
    """Show the page."""
    return _page(Form(_mine()), Form())


@blueprint.post("")
@allowed(SIGNED_IN)
def change() -> ResponseReturnValue:
    """Change name, e-mail, language and zone."""
    form = sent(Profile)
    if form.value is not None:
        given = form.value
        try:
            with writing() as work:
                change_oneself(
                    work,
                    name=given.name,
                    email=given.email or None,
                    language=given.language,
                    zone=given.zone or None,
                    by=actor(),
                )
        except InvalidError as error:
            form.refuse(error)
        else:
            flash(site().languages.translate(_l("Saved."), given.language), "ok")
            return redirect(url_for("me.show"), code=303)
    return _page(form, Form()), 422


@blueprint.post("/password")
@allowed(SIGNED_IN)
@limiter.limit(lambda: site().limits.sign_in)
def change_password() -> ResponseReturnValue:
    """Choose another password; everywhere else one is signed out."""
    form = sent(Passwords)
    if form.value is not None and form.value.password != form.value.again:
        form.errors["again"] = translated(_l("The two are not the same."))
    elif form.value is not None:
        try:
            with writing() as work:
                change_own_password(work, form.value.old, form.value.password, by=actor())
                ended = _end_others(work)
        except WrongPasswordError as error:
            form.refuse(error, "old")
        except InvalidError as error:
            form.refuse(error, "password")
        else:
            words = translated(_l("Your password is changed."))
            more = (
                translated(_ln("{count} other session is over.", "{count} other sessions are over.", ended))
                if ended
                else ""
            )
            flash(f"{words} {more}".strip(), "ok")
            return redirect(url_for("me.show"), code=303)
    form.sent = {}
    return _page(Form(_mine()), form), 422


@blueprint.post("/sessions/end")
@allowed(SIGNED_IN)
def end() -> ResponseReturnValue:
    """End one session of one's own, or all others."""
    form = sent(OneSession)
    if form.value is not None:
        with writing() as work:
            chosen = form.value.session
            ended = end_sessions(work, me().id, by=actor(), session_id=chosen) if chosen else _end_others(work)
        flash(translated(_ln("{count} session is over.", "{count} sessions are over.", ended)), "ok")
    return redirect(url_for("me.show"), code=303)


@blueprint.post("/absences")
@allowed(SIGNED_IN)
def be_away() -> ResponseReturnValue:
    """Say when one is away."""
    form = sent(AbsenceForm)
    if form.value is None:
        flash(next(iter(form.errors.values()), form.problem), "bad")
        return redirect(url_for("me.show", _anchor="away"), code=303)
    given = form.value
    try:
        with writing() as work:
            add_absences(work, [NewAbsence(me().login, given.first_day, given.last_day, given.note)], by=actor())
    except InvalidError as error:
        flash(translated(error.args[0]), "bad")
    else:
        flash(translated(_l("Saved. You get no new deals in that time.")), "ok")
    return redirect(url_for("me.show", _anchor="away"), code=303)


@blueprint.post("/absences/<int:absence_id>/end")
@allowed(SIGNED_IN)
def be_back(absence_id: int) -> ResponseReturnValue:
    """Be back now."""
    with writing() as work:
        if all(gone.id != absence_id for gone in directory(work).absences.get(me().id, ())):
            raise NotFoundError("absence", absence_id)
        end_absences(work, [absence_id], by=actor())
    flash(translated(_l("Welcome back.")), "ok")
    return redirect(url_for("me.show", _anchor="away"), code=303)


def _end_others(work: Work) -> int:
    known = visit().session
    return end_sessions(work, me().id, by=actor(), but=known.id if known is not None else None)


def _mine() -> dict[str, object]:
    user = me()
    return {"name": user.name, "email": user.email or "", "language": user.language, "zone": user.zone or ""}


def _page(profile: Form[Profile], passwords: Form[Passwords]) -> str:
    user, known = me(), visit().session
    with reading() as work:
        sessions = sessions_of(work, user.id)
        boss = directory(work).users.get(user.supervisor_id or 0)
        now = work.now
        absences = coming(work, user.id)
    return render_template(
        "me.html",
        profile=profile,
        passwords=passwords,
        sessions=sessions,
        this_one=known.id if known is not None else None,
        boss=boss,
        languages=LANGUAGES,
        zones=zones(),
        now=now,
        absences=absences,
        today=now.astimezone(ZoneInfo(visit().zone)).date(),
        longest_note=LONGEST_NOTE,
        away_url=url_for(".be_away"),
        back_url=lambda id_: url_for(".be_back", absence_id=id_),
    )
