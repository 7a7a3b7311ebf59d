"""People: who works here, in which role, under whom; invitations; and what happens when somebody goes."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from channels.smtp import MailError
from crm.access.actor import unpack
from crm.access.links import make_link
from crm.access.sessions import end_sessions, sessions_of
from crm.directory import User, directory
from crm.errors import InvalidError, NotFoundError
from crm.settings.absences import LONGEST_NOTE, NewAbsence, add_absences, end_absences
from crm.settings.errors import SupervisorCycleError
from crm.settings.hand_over import KINDS, HandedOver, HandOver, Kind, hand_over, open_of
from crm.settings.mail_server import known_mail_server
from crm.settings.people import Person, belongings, people, person, possible_supervisors, tree
from crm.settings.roles import all_roles
from crm.settings.taking_back import former, take_back
from crm.settings.users import NewUser, UserChange, add_users, change_user, deactivate_users, reactivate_users
from db.errors import StaleError
from db.work import Work
from engine.text import _l, _ln
from funnels.refers import FunnelReferences
from voronka_error import VoronkaError
from web.absences import AbsenceForm, coming
from web.access import allowed
from web.choices import LANGUAGES, zones
from web.forms import Form, FormModel, sent
from web.mail import address_of, send_invitation
from web.site import reading, writing
from web.texts import translated
from web.visit import actor, me, viewer, visit

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


class HandOverForm(FormModel):
    """Who gets what is open: a login, or ``?`` for the plans' distribution, and of ``plan`` for leads then."""

    to: str
    plan: str = ""
    what: list[Kind] = Field(min_length=1)


@blueprint.get("")
@allowed("users.edit")
def everybody() -> str:
    """Show everybody: as a list, or as the tree of supervisors."""
    with reading() as work:
        found = people(work, viewer=viewer())
        now = work.now
        away = {one.user.id: gone for one in found if (gone := directory(work).away(one.user.id, now)) is not None}
    view = "teams" if request.args.get("view") == "teams" else "list"
    return render_template(
        "settings/people.html",
        people=found,
        branches=tree(one for one in found if one.user.is_active) if view == "teams" else (),
        names={one.user.id: one.user.name for one in found},
        away=away,
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


@blueprint.get("/<int:user_id>/hand-over")
@allowed("users.edit")
def giving(user_id: int) -> str:
    """Show what is open of his before it is handed over, and what was handed over before."""
    with reading() as work:
        return _giving_page(work, person(work, user_id, viewer=viewer()), Form({"what": list(KINDS)}))


@blueprint.post("/<int:user_id>/hand-over")
@allowed("users.edit")
def give(user_id: int) -> ResponseReturnValue:
    """Give what is open of his to somebody else, or to whom the plans choose."""
    form = sent(HandOverForm, lists=frozenset({"what"}))
    with reading() as work:
        one = person(work, user_id, viewer=viewer())
        if form.value is None:
            form.problem = translated(_l("Choose what is handed over, and who gets it."))
            return _giving_page(work, one, form), 422
    given = form.value
    to = None if given.to == "?" else given.to
    try:
        with writing() as work:
            item = HandOver(one.user.login, to, given.plan or None, frozenset(given.what))
            [done] = hand_over(work, [item], by=actor())
            name = directory(work).user(to).name if to is not None else translated(_l("Whom the plans chose"))
    except (InvalidError, NotFoundError) as error:
        form.refuse(error)
        with reading() as work:
            return _giving_page(work, one, form), 422
    flash(translated(_l("{name}: {what}.", name=name, what=_counted(done))), "ok")
    if done.left:
        flash(translated(_ln("{count} record stayed: nobody takes it.", "{count} records stayed: nobody takes them.",
                             done.left)), "bad")  # fmt: skip
    return redirect(url_for(".giving", user_id=user_id), code=303)


@blueprint.post("/<int:user_id>/hand-over/<int:event_id>/undo")
@allowed("users.edit")
def undo_give(user_id: int, event_id: int) -> ResponseReturnValue:
    """Take a handover back, as far as nothing has changed since."""
    try:
        with writing() as work:
            person(work, user_id, viewer=viewer())
            [done] = take_back(work, [event_id], by=actor())
    except InvalidError as error:
        flash(translated(error.args[0]), "bad")
        return redirect(url_for(".giving", user_id=user_id), code=303)
    flash(translated(_l("Taken back: {what}.", what=_counted(done))), "ok")
    if done.left:
        flash(translated(_ln("{count} record stayed: it was changed since.",
                             "{count} records stayed: they were changed since.", done.left)), "bad")  # fmt: skip
    return redirect(url_for(".giving", user_id=user_id), code=303)


@blueprint.post("/<int:user_id>/absences")
@allowed("users.edit")
def be_away(user_id: int) -> ResponseReturnValue:
    """Say when he is away."""
    form = sent(AbsenceForm)
    with reading() as work:
        one = person(work, user_id, viewer=viewer())
    if form.value is None:
        flash(next(iter(form.errors.values()), form.problem), "bad")
        return redirect(url_for(".show", user_id=user_id, _anchor="away"), code=303)
    given = form.value
    try:
        with writing() as work:
            add_absences(work, [NewAbsence(one.user.login, given.first_day, given.last_day, given.note)], by=actor())
    except InvalidError as error:
        flash(translated(error.args[0]), "bad")
    else:
        flash(
            translated(_l("{name} gets no new deals in that time, and comes back by itself.", name=one.user.name)), "ok"
        )
    return redirect(url_for(".show", user_id=user_id, _anchor="away"), code=303)


@blueprint.post("/<int:user_id>/absences/<int:absence_id>/end")
@allowed("users.edit")
def be_back(user_id: int, absence_id: int) -> ResponseReturnValue:
    """Let him be back now."""
    with writing() as work:
        one = person(work, user_id, viewer=viewer())
        if all(gone.id != absence_id for gone in directory(work).absences.get(user_id, ())):
            raise NotFoundError("absence", absence_id)
        end_absences(work, [absence_id], by=actor())
    flash(translated(_l("{name} is back: the next deal is shared with the others.", name=one.user.name)), "ok")
    return redirect(url_for(".show", user_id=user_id, _anchor="away"), code=303)


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


def _counted(done: HandedOver) -> str:
    parts = (
        _ln("{count} deal", "{count} deals", done.deals),
        _ln("{count} lead", "{count} leads", done.leads),
        _ln("{count} task", "{count} tasks", done.tasks),
    )
    return ", ".join(translated(words) for words in parts)


def _giving_page(work: Work, one: Person, form: Form[HandOverForm]) -> str:
    settings = directory(work)
    found = people(work, viewer=viewer())
    opened = open_of(work, one.user.id, viewer=viewer())
    plans = sorted((plan for plan in settings.plans.values() if not plan.is_archived), key=lambda plan: plan.name)
    users = settings.users
    before = [
        (former_one, users[id_].name if (id_ := unpack(former_one.by)[1]) in users else "")
        for former_one in former(work, one.user.id, viewer=viewer())
    ]
    return render_template(
        "settings/hand_over.html",
        person=one,
        form=form,
        opened=opened,
        deals=sum(count for _, count in opened.deals),
        takers_of={plan.id: len(settings.takers(plan, work.now)) for plan, _ in opened.deals},
        takers=[(other.user.login, other.user.name) for other in found
                if other.user.is_active and other.user.id != one.user.id],
        plan_choices=[(plan.key, plan.name) for plan in plans],
        former=before,
        counted=_counted,
    )  # fmt: skip


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
        absences = coming(work, user.id)
    return render_template(
        "settings/person.html",
        person=one,
        form=form,
        roles=[(one.key, translated(one.name) if one.is_built_in else one.name) for one in roles
               if one.rights <= me().rights or one.key == user.role],
        supervisors=[(one.user.login, one.user.name) for one in possible_supervisors(found, user.id)],
        absences=absences,
        today=now.astimezone(ZoneInfo(visit().zone)).date(),
        longest_note=LONGEST_NOTE,
        away_url=url_for(".be_away", user_id=user.id),
        back_url=lambda id_: url_for(".be_back", user_id=user.id, absence_id=id_),
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
