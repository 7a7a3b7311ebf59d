"""The first run: the company, its hours, and whoever administers it."""

from __future__ import annotations

from datetime import time

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.access.actor import SYSTEM
from crm.access.sessions import begin_session
from crm.directory import directory
from crm.settings.organization import NewOrganization, set_up
from crm.settings.roles import ADMINISTRATOR
from crm.settings.users import NewUser, add_users
from db.work import Work
from engine.calendar import Hours, WorkingCalendar
from engine.text import _l
from voronka_error import VoronkaError
from web.access import ANYONE, allowed
from web.choices import country_names, currencies, zones
from web.forms import Form, FormModel, sent
from web.guards import limiter
from web.pages.signing_in import keep
from web.site import site, writing
from web.texts import language, translated
from web.visit import has_company

blueprint = Blueprint("first_run", __name__)

WEEKDAYS = (_l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun"))


class FirstRun(FormModel):
    """What the form sends."""

    company: str = Field(max_length=120)
    language: str = "en"
    zone: str = "Europe/Kyiv"
    currency: str = Field("UAH", min_length=3, max_length=3)
    country: str = ""
    weekdays: list[int] = Field(default_factory=lambda: [0, 1, 2, 3, 4], min_length=1)
    opens: time = time(9)
    closes: time = time(18)
    name: str = Field(max_length=120)
    login: str
    email: str = ""
    password: str


@blueprint.get("/begin")
@allowed(ANYONE)
def begin() -> ResponseReturnValue:
    """Show the form; once there is a company, there is nothing to begin."""
    if has_company():
        return redirect(url_for("signing_in.sign_in"), code=303)
    return _page(
        Form({"language": language(), "weekdays": ["0", "1", "2", "3", "4"], "opens": "09:00", "closes": "18:00"})
    )


@blueprint.post("/begin")
@allowed(ANYONE)
@limiter.limit(lambda: site().limits.sign_in)
def begun() -> ResponseReturnValue:
    """Set the company up with its administrator, and sign him in."""
    if has_company():
        return redirect(url_for("signing_in.sign_in"), code=303)
    form = sent(FirstRun, lists=frozenset({"weekdays"}))
    if form.value is not None and form.value.closes <= form.value.opens:
        form.errors["closes"] = translated(_l("The day ends before it begins."))
    elif form.value is not None:
        try:
            with writing() as work:
                _set_up(work, form.value)
                user = directory(work).user(form.value.login.casefold())
                token = begin_session(work, user, browser=request.user_agent.string, address=request.remote_addr or "")
        except VoronkaError as error:
            form.refuse(error)
        else:
            keep(token)
            return redirect(url_for("start.show"), code=303)
    return _page(form), 422


def _set_up(work: Work, new: FirstRun) -> None:
    hours = (Hours(new.opens, new.closes),)
    calendar = WorkingCalendar(
        zone=new.zone,
        week=tuple(hours if day in new.weekdays else () for day in range(7)),  # type: ignore[arg-type]  # seven of them
        countries=(new.country,) if new.country else (),
    )
    set_up(work, NewOrganization(new.company, new.zone, new.currency, new.language, calendar))
    person = NewUser(
        new.login, new.name, ADMINISTRATOR, new.email or None, language=new.language, password=new.password
    )
    add_users(work, [person], by=SYSTEM)


def _page(form: Form[FirstRun]) -> str:
    return render_template(
        "signing_in/first_run.html",
        form=form,
        zones=zones(),
        countries=country_names(language()),
        currencies=currencies(language()),
        weekdays=WEEKDAYS,
    )
