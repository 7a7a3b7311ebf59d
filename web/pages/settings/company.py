"""The company: its name, money and language, its working hours and holidays, and what the next two weeks look like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from crm.directory import Directory, directory
from crm.errors import InvalidError
from crm.settings.organization import OrganizationChange, change_organization, known_zone
from crm.settings.working_days import ShownDay, hours_text, made_calendar, read_hours, shown_days
from db.errors import StaleError
from engine.calendar import Hours, SpecialDay, WorkingCalendar
from engine.text import _l
from web.access import allowed
from web.choices import LANGUAGES, country_names, currencies, zones
from web.forms import Form, FormModel, sent
from web.maps import map_choices
from web.site import reading, writing
from web.texts import language, translated
from web.visit import actor, visit

blueprint = Blueprint("company", __name__, url_prefix="/settings/company")

WEEKDAYS = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
DAYS_SHOWN = 14


class CompanyForm(FormModel):
    """What the form sends; ``h0`` to ``h6`` are the hours of the weekdays in words, Monday first."""

    name: str = Field(max_length=120)
    language: str
    currency: str
    zone: str
    map_site: str = ""
    h0: str = ""
    h1: str = ""
    h2: str = ""
    h3: str = ""
    h4: str = ""
    h5: str = ""
    h6: str = ""
    countries: list[str] = Field(default_factory=list)
    country: str = ""
    version: int = 0


class SpecialDayForm(FormModel):
    """A date with hours of its own; without any it is a day off."""

    day: date
    hours: str = ""


class OneDay(FormModel):
    """A date."""

    day: date


_LISTS = frozenset({"countries"})


@blueprint.get("")
@allowed("settings.edit")
def show() -> str:
    """Show the company as it is."""
    return _page(Form(_stored()), Form())


@blueprint.post("")
@allowed("settings.edit")
def save() -> ResponseReturnValue:
    """Store what was changed."""
    form = sent(CompanyForm, lists=_LISTS)
    calendar = _calendar(form)
    status = 422
    if form.value is not None and calendar is not None:
        given = form.value
        change = OrganizationChange(given.name, given.zone, given.currency, given.language, calendar, given.map_site)
        try:
            with writing() as work:
                change_organization(work, change, by=actor(), version=given.version)
        except StaleError:
            status = 409
            form.problem = translated(_l("Somebody else changed the company meanwhile. Reload to see what holds now."))
        except InvalidError as error:
            form.refuse(error)
        else:
            flash(translated(_l("Saved. Deadlines that are set from now on go by these hours.")), "ok")
            return redirect(url_for(".show"), code=303)
    return _page(form, Form()), status


@blueprint.post("/preview")
@allowed("settings.edit")
def preview() -> ResponseReturnValue:
    """Show the next two weeks as the form would have them, while it is being filled in."""
    form = sent(CompanyForm, lists=_LISTS)
    calendar = _calendar(form)
    problem = " ".join(dict.fromkeys([form.problem, *form.errors.values()])).strip()
    return render_template(
        "settings/_days.html", days=_days(calendar) if calendar else (), problem=problem, now_day=_today()
    )


@blueprint.post("/special-days")
@allowed("settings.edit")
def add_day() -> ResponseReturnValue:
    """Give a date hours of its own, or make it a day off."""
    form = sent(SpecialDayForm)
    form.prefix = "special-"
    if form.value is not None:
        given = form.value
        try:
            _change_days(lambda days: {**days, given.day: SpecialDay(given.day, read_hours(given.hours))})
        except InvalidError as error:
            form.refuse(error, "hours")
        else:
            flash(translated(_l("Saved.")), "ok")
            return redirect(url_for(".show", _anchor="special"), code=303)
    return _page(Form(_stored()), form), 422


@blueprint.post("/special-days/remove")
@allowed("settings.edit")
def remove_day() -> ResponseReturnValue:
    """Let a date be as its weekday again."""
    form = sent(OneDay)
    if form.value is not None:
        gone = form.value.day
        _change_days(lambda days: {day: one for day, one in days.items() if day != gone})
    return redirect(url_for(".show", _anchor="special"), code=303)


def _change_days(change: Callable[[dict[date, SpecialDay]], dict[date, SpecialDay]]) -> None:
    with writing() as work:
        settings = directory(work)
        calendar, version = settings.calendar, int(settings.organization["version"])
        days = change({one.day: one for one in calendar.exceptions})
        made = made_calendar(calendar.zone, calendar.week, calendar.countries, list(days.values()))
        change_organization(work, OrganizationChange(calendar=made), by=actor(), version=version)


def _settings() -> Directory:
    settings = visit().settings
    assert settings is not None
    return settings


def _stored() -> dict[str, object]:
    settings = _settings()
    own, calendar = settings.organization, settings.calendar
    return {
        **{name: own[name] for name in ("name", "language", "currency", "zone", "map_site", "version")},
        **{f"h{number}": hours_text(day) for number, day in enumerate(calendar.week)},
        "countries": list(calendar.countries),
    }


def _calendar(form: Form[CompanyForm]) -> WorkingCalendar | None:
    """Return the calendar that a form describes; what is wrong stands in the form then."""
    if form.value is None:
        return None
    given = form.value
    week: list[tuple[Hours, ...]] = []
    for number in range(7):
        try:
            week.append(read_hours(getattr(given, f"h{number}")))
        except InvalidError as error:
            form.refuse(error, f"h{number}")
    if form.errors:
        return None
    countries = [*given.countries, *([given.country] if given.country else [])]
    try:
        return made_calendar(known_zone(given.zone), week, countries, _settings().calendar.exceptions)
    except InvalidError as error:
        form.refuse(error)
        return None


def _today() -> date:
    with reading() as work:
        return work.now.astimezone(_settings().calendar.zone_info).date()


def _days(calendar: WorkingCalendar) -> tuple[ShownDay, ...]:
    return shown_days(calendar, _today(), DAYS_SHOWN, language=language())


def _page(form: Form[CompanyForm], special: Form[SpecialDayForm]) -> str:
    calendar = _settings().calendar
    special.prefix = "special-"
    names = dict(country_names(language()))
    chosen = form.get("countries", [])
    return render_template(
        "settings/company.html",
        form=form,
        special=special,
        weekdays=WEEKDAYS,
        languages=LANGUAGES,
        zones=zones(),
        map_sites=map_choices(),
        currencies=currencies(language(), also=str(form.get("currency"))),
        chosen=[(code, names.get(code, code)) for code in dict.fromkeys([*calendar.countries, *chosen])],
        countries=[(code, name) for code, name in names.items() if code not in chosen],
        days=_days(calendar),
        exceptions=[(one.day, hours_text(one.hours)) for one in calendar.exceptions],
        now_day=_today(),
        problem="",
    )
