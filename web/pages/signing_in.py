"""Signing in and out, and a new password by a link."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from crm.access.links import LinkOverError, link_user, use_link
from crm.access.sessions import begin_session, end_sessions, note_refused
from crm.directory import User
from crm.errors import InvalidError
from crm.settings.logins import folded_login
from crm.settings.passwords import check_password
from db.work import Work
from engine.text import _l
from web.access import ANYONE, SIGNED_IN, allowed
from web.forms import Form, FormModel, sent
from web.guards import limiter
from web.mail import send_password_link
from web.site import reading, site, writing
from web.texts import translated
from web.visit import TOKEN, actor, has_company, visit

blueprint = Blueprint("signing_in", __name__)
log = structlog.get_logger(__name__)


class SignIn(FormModel):
    """What the form sends."""

    login: str
    password: str
    next: str = ""


class Asked(FormModel):
    """Whose password is lost: a login or an e-mail address."""

    who: str


class NewPassword(FormModel):
    """The new password, twice."""

    password: str
    again: str


@blueprint.get("/sign-in")
@allowed(ANYONE)
def sign_in() -> ResponseReturnValue:
    """Show the form."""
    if not has_company():
        return redirect(url_for("first_run.begin"), code=303)
    if visit().user is not None:
        return redirect(url_for("start.show"), code=303)
    return render_template("signing_in/sign_in.html", form=Form({"next": request.args.get("next", "")}))


@blueprint.post("/sign-in")
@allowed(ANYONE)
@limiter.limit(lambda: site().limits.sign_in)
def signed_in() -> ResponseReturnValue:
    """Let a user in, or say that login and password do not fit, and not which."""
    form = sent(SignIn)
    if form.value is not None:
        with writing() as work:
            user = check_password(work, form.value.login, form.value.password)
            token = _begin(work, user) if user else None
            if user is None:
                who = folded_login(form.value.login)
                note_refused(work, who, browser=request.user_agent.string, address=request.remote_addr or "")
        if user is not None and token is not None:
            keep(token)
            return redirect(safe(form.value.next), code=303)
        log.info("sign_in_refused", address=request.remote_addr)
        form.problem = translated(_l("Login and password do not fit. Check both, and the language of your keyboard."))
    return render_template("signing_in/sign_in.html", form=form), 422


def _begin(work: Work, user: User) -> str:
    return begin_session(work, user, browser=request.user_agent.string, address=request.remote_addr or "")


def keep(token: str) -> None:
    """Let the browser keep a new session's secret, and nothing of what it kept before."""
    theme = session.get("theme")
    session.clear()
    session[TOKEN] = token
    if theme:
        session["theme"] = theme
    session.permanent = True


def safe(where: str) -> str:
    """Return an address of ours to go on to; anything else is the start page."""
    parts = urlsplit(where)
    is_ours = where.startswith("/") and not where.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return where if is_ours and "\\" not in where and where.isprintable() else url_for("start.show")


@blueprint.post("/sign-out")
@allowed(SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    known = visit().session
    if known is not None:
        with writing() as work:
            end_sessions(work, known.user_id, by=actor(), session_id=known.id)
    session.clear()
    return redirect(url_for("signing_in.sign_in"), code=303)


@blueprint.get("/lost-password")
@allowed(ANYONE)
def lost_password() -> ResponseReturnValue:
    """Ask whose password is lost."""
    return render_template("signing_in/lost_password.html", form=Form(), is_sent=False)


@blueprint.post("/lost-password")
@allowed(ANYONE)
@limiter.limit(lambda: site().limits.sign_in)
def send_link() -> ResponseReturnValue:
    """Send a link to the user's address; the answer is the same whether there is such a user or not."""
    form = sent(Asked)
    if form.value is None:
        return render_template("signing_in/lost_password.html", form=form, is_sent=False), 422
    who = folded_login(form.value.who)
    settings = visit().settings
    users = settings.users.values() if settings is not None else ()
    found = next((one for one in users if one.is_active and one.email and who in (one.login, one.email.lower())), None)
    if found is not None:
        send_password_link(found)
    return render_template("signing_in/lost_password.html", form=form, is_sent=True)


@blueprint.get("/link/<token>")
@allowed(ANYONE)
def link(token: str) -> ResponseReturnValue:
    """Let whoever holds a link choose a password."""
    with reading() as work:
        try:
            user = link_user(work, token)
        except LinkOverError as error:
            return render_template("signing_in/link_over.html", words=translated(error.args[0])), 410
    return render_template("signing_in/new_password.html", form=Form(), user=user)


@blueprint.post("/link/<token>")
@allowed(ANYONE)
@limiter.limit(lambda: site().limits.sign_in)
def choose_password(token: str) -> ResponseReturnValue:
    """Set the password and sign in."""
    form = sent(NewPassword)
    with reading() as work:
        try:
            user = link_user(work, token)
        except LinkOverError as error:
            return render_template("signing_in/link_over.html", words=translated(error.args[0])), 410
    if form.value is not None and form.value.password != form.value.again:
        form.errors["again"] = translated(_l("The two are not the same."))
    elif form.value is not None:
        try:
            with writing() as work:
                user = use_link(work, token, form.value.password)
                secret = _begin(work, user)
        except InvalidError as error:
            form.refuse(error, "password")
        else:
            keep(secret)
            flash(translated(_l("Your password is set. Welcome!")), "ok")
            return redirect(url_for("start.show"), code=303)
    return render_template("signing_in/new_password.html", form=form, user=user), 422
