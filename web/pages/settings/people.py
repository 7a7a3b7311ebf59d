"""People: who works here, in which role, under whom; invitations; and what happens when somebody goes."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from channels.smtp import MailError
from crm.access.links import make_link
from crm.access.sessions import end_sessions, sessions_of
from crm.directory import User, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.errors import SupervisorCycleError
from crm.settings.hand_over import hand_over
from crm.settings.mail_server import known_mail_server
from crm.settings.people import Person, belongings, people, person, possible_supervisors, tree
from crm.settings.roles import all_roles
from crm.settings.users import NewUser, UserChange, add_users, change_user, deactivate_users, reactivate_users
from db.errors import StaleError
from engine.text import _l, _ln
from funnels.refers import FunnelReferences
from voronka_error import VoronkaError
from web.access import allowed
from web.choices import LANGUAGES, zones
from web.forms import Form, FormModel, sent
from web.mail import address_of, send_invitation
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me, viewer

blueprint = Blueprint("people", __name__, url_prefix="/settings/people")
_SHOWN = "shown_link"


class PersonForm(FormModel):
    """What the form of somebody who is there sends; ``role`` is a key, ``supervisor`` a login."""

    name: str = Field(max_length=120)
    email: str = ""
    role: str
    supervisor: str = ""
    language: str
    zone: str = ""
    version: int = 0


class NewPersonForm(FormModel):
    """What the form of somebody new sends."""

    name: str = Field(max_length=120)
    login: str
    email: str = ""
    role: str
    supervisor: str = ""
    language: str = "en"


class HandOver(FormModel):
    """Who gets what is open: a login."""

    to: str


@blueprint.get("")
@allowed("users.edit")
def everybody() -> str:
    """Show everybody: as a list, or as the tree of supervisors."""
    with reading() as work:
        found = people(work, viewer=viewer())
        now = work.now
    view = "teams" if request.args.get("view") == "teams" else "list"
    return render_template(
        "settings/people.html",
        people=found,
        branches=tree(one for one in found if one.user.is_active) if view == "teams" else (),
        names={one.user.id: one.user.name for one in found},
        view=view,
        now=now,
    )


@blueprint.get("/new")
@allowed("users.edit")
def new() -> str:
    """Show an empty form."""
    with reading() as work:
        language = directory(work).organization["language"]
    return _new_page(Form({"role": "manager", "language": language}))


@blueprint.post("/new")
@allowed("users.edit")
def add() -> ResponseReturnValue:
    """Add somebody, and invite him by e-mail where that can be done; the link is shown in any case."""
    form = sent(NewPersonForm)
    if form.value is None:
        return _new_page(form), 422
    given = form.value
    try:
        with writing() as work:
            one = NewUser(
                given.login, given.name, given.role, given.email or None, given.supervisor or None, given.language
            )
            [user_id] = add_users(work, [one], by=actor())
            user = directory(work).users[user_id]
            token = make_link(work, user.login, "invitation", by=actor())
            has_mail = known_mail_server(work) is not None
    except VoronkaError as error:
        form.refuse(error)
        return _new_page(form), 422
    _show_link(user, token, "invitation", has_mail)
    return redirect(url_for(".show", user_id=user.id), code=303)


@blueprint.get("/<int:user_id>")
@allowed("users.edit")
def show(user_id: int) -> str:
    """Show somebody: what he is, what is his, where he is signed in."""
    with reading() as work:
        one = person(work, user_id, viewer=viewer())
    form: Form[PersonForm] = Form(_values(one, _login_of(one.user.supervisor_id)))
    return _person_page(one, form)


@blueprint.post("/<int:user_id>")
@allowed("users.edit")
def change(user_id: int) -> ResponseReturnValue:
    """Change what he is called, may do, and under whom he stands."""
    form = sent(PersonForm)
    with reading() as work:
        one = person(work, user_id, viewer=viewer())
    if form.value is None:
        return _person_page(one, form), 422
    given = form.value
    wanted = UserChange(
        given.name, given.role, given.email or None, given.supervisor or None, given.language, given.zone or None
    )
    try:
        with writing() as work:
            change_user(work, one.user.login, wanted, by=actor(), version=given.version)
    except StaleError:
        form.problem = translated(
            _l("Somebody else changed this person meanwhile. Look at it again and save once more.")
        )
        form.sent = {**form.sent, "version": one.version}
        return _person_page(one, form), 409
    except (InvalidError, SupervisorCycleError, NotFoundError) as error:
        form.refuse(error)
        return _person_page(one, form), 422
    flash(translated(_l("Saved.")), "ok")
    return redirect(url_for(".show", user_id=user_id), code=303)


@blueprint.post("/<int:user_id>/link")
@allowed("users.edit")
def new_link(user_id: int) -> ResponseReturnValue:
    """Make a link with which he chooses a password."""
    with writing() as work:
        one = person(work, user_id, viewer=viewer())
        purpose: Literal["invitation", "password"] = "password" if one.has_password else "invitation"
        token = make_link(work, one.user.login, purpose, by=actor())
        has_mail = known_mail_server(work) is not None
    _show_link(one.user, token, purpose, has_mail)
    return redirect(url_for(".show", user_id=user_id), code=303)


@blueprint.post("/<int:user_id>/sign-out")
@allowed("users.edit")
def sign_out(user_id: int) -> ResponseReturnValue:
    """End all his sessions."""
    with writing() as work:
        person(work, user_id, viewer=viewer())
        ended = end_sessions(work, user_id, by=actor())
    flash(translated(_ln("{count} session is over.", "{count} sessions are over.", ended)), "ok")
    return redirect(url_for(".show", user_id=user_id), code=303)


@blueprint.post("/<int:user_id>/hand-over")
@allowed("users.edit")
def give(user_id: int) -> ResponseReturnValue:
    """Give all that is open of his to somebody else."""
    form = sent(HandOver)
    with reading() as work:
        one = person(work, user_id, viewer=viewer())
    if form.value is None:
        flash(translated(_l("Choose who gets it.")), "bad")
        return redirect(url_for(".show", user_id=user_id), code=303)
    try:
        with writing() as work:
            done = hand_over(work, one.user.login, form.value.to, by=actor())
            taker = directory(work).user(form.value.to)
    except InvalidError as error:
        flash(translated(error.args[0]), "bad")
        return redirect(url_for(".show", user_id=user_id), code=303)
    parts = (
        translated(_ln("{count} deal", "{count} deals", done.deals)),
        translated(_ln("{count} lead", "{count} leads", done.leads)),
        translated(_ln("{count} task", "{count} tasks", done.tasks)),
    )
    flash(translated(_l("{name} has them now: {what}.", name=taker.name, what=", ".join(parts))), "ok")
    return redirect(url_for(".show", user_id=user_id), code=303)


@blueprint.post("/<int:user_id>/deactivate")
@allowed("users.edit")
def deactivate(user_id: int) -> ResponseReturnValue:
    """Let him in no more; what he owns and what names him was said on the page, so it counts as confirmed."""
    with reading() as work:
        one = person(work, user_id, viewer=viewer())
    try:
        with writing() as work:
            deactivate_users(work, [one.user.login], by=actor(), confirmed=True)
            end_sessions(work, user_id, by=actor())
    except InvalidError as error:
        flash(translated(error.args[0]), "bad")
    else:
        flash(translated(_l("{name} cannot sign in any more and gets no new deals.", name=one.user.name)), "ok")
    return redirect(url_for(".show", user_id=user_id), code=303)


@blueprint.post("/<int:user_id>/reactivate")
@allowed("users.edit")
def reactivate(user_id: int) -> ResponseReturnValue:
    """Let him in again."""
    with writing() as work:
        one = person(work, user_id, viewer=viewer())
        reactivate_users(work, [one.user.login], by=actor())
    flash(translated(_l("{name} may sign in again.", name=one.user.name)), "ok")
    return redirect(url_for(".show", user_id=user_id), code=303)


def _show_link(user: User, token: str, purpose: Literal["invitation", "password"], has_mail: bool) -> None:
    """Keep a link for the next page, which shows it once; send it too where that can be done."""
    said = ""
    if user.email and has_mail:
        try:
            send_invitation(user, token)
            said = "sent"
        except MailError as error:
            said = translated(error.args[0])
    session[_SHOWN] = {"user": user.id, "token": token, "purpose": purpose, "said": said}


def _shown_link(user: User) -> dict[str, str]:
    """Return the link that was just made for somebody, and forget it; empty where there is none."""
    shown = session.get(_SHOWN)
    if not isinstance(shown, dict) or shown.get("user") != user.id:
        return {}
    session.pop(_SHOWN)
    return {name: str(value) for name, value in shown.items()}


def _login_of(user_id: int | None) -> str:
    if user_id is None:
        return ""
    with reading() as work:
        return directory(work).users[user_id].login


def _values(one: Person, supervisor: str) -> dict[str, object]:
    user = one.user
    return {
        "name": user.name,
        "email": user.email or "",
        "role": user.role,
        "supervisor": supervisor,
        "language": user.language,
        "zone": user.zone or "",
        "version": one.version,
    }


def _new_page(form: Form[NewPersonForm]) -> str:
    with reading() as work:
        found = people(work, viewer=viewer())
        roles = all_roles(work)
        has_mail = known_mail_server(work) is not None
    return render_template(
        "settings/person_new.html",
        form=form,
        roles=[(one.key, translated(one.name) if one.is_built_in else one.name) for one in roles if one.rights <= me().rights],
        supervisors=[(one.user.login, one.user.name) for one in possible_supervisors(found, None)],
        languages=LANGUAGES,
        has_mail=has_mail,
    )  # fmt: skip


def _person_page(one: Person, form: Form[PersonForm]) -> str:
    user = one.user
    shown = _shown_link(user)
    with reading() as work:
        found = people(work, viewer=viewer())
        roles = all_roles(work)
        owned = belongings(work, user.id)
        named = FunnelReferences(work)("user", user.login)
        sessions = sessions_of(work, user.id)
        now = work.now
    return render_template(
        "settings/person.html",
        person=one,
        form=form,
        roles=[(one.key, translated(one.name) if one.is_built_in else one.name) for one in roles
               if one.rights <= me().rights or one.key == user.role],
        supervisors=[(one.user.login, one.user.name) for one in possible_supervisors(found, user.id)],
        takers=[(one.user.login, one.user.name) for one in found if one.user.is_active and one.user.id != user.id],
        languages=LANGUAGES,
        zones=zones(),
        owned=owned,
        named=named,
        sessions=sessions,
        link=address_of(shown["token"]) if shown else "",
        link_said=shown.get("said", ""),
        link_purpose=shown.get("purpose", ""),
        may_change=user.rights <= me().rights,
        now=now,
    )  # fmt: skip
