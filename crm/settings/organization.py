"""The organization: the one company of the installation, its zone, money, language and working hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pydantic import ValidationError
from sqlalchemy import select

from crm.access.actor import SYSTEM, Actor
from crm.directory import CALENDAR, settings_changed
from crm.errors import InvalidError, NotSetUpError
from crm.settings.change import KEPT, Kept, check_version, clean_name, given, note
from crm.settings.roles import write_roles
from crm.tables.settings import organization
from db.work import Work
from engine.calendar import WorkingCalendar
from engine.setting_errors import problem_of
from engine.text import _l
from engine.wall_time import zone_of

LANGUAGES: Final = ("en", "ru", "uk")
MAP_SITES: Final = ("", "openstreetmap", "google", "apple")
"""Where addresses on cards lead: a link that people follow, nothing is loaded from there."""
_ID: Final = 1


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """A company.  ``currency`` is of ISO 4217; without a ``calendar`` it works 9 to 18 on five days a week."""

    name: str
    zone: str = "UTC"
    currency: str = "USD"
    language: str = "en"
    calendar: WorkingCalendar | None = None


@dataclass(frozen=True, slots=True)
class OrganizationChange:
    """What to change of the company; ``KEPT`` stays.  A calendar has the zone of the company."""

    name: str | Kept = KEPT
    zone: str | Kept = KEPT
    currency: str | Kept = KEPT
    language: str | Kept = KEPT
    calendar: WorkingCalendar | Kept = KEPT
    map_site: str | Kept = KEPT


def set_up(work: Work, new: NewOrganization, *, by: Actor = SYSTEM) -> bool:
    """Begin: store the company and the built-in roles.  Returns whether it was new; one that is there stays as it is.

    Raises:
        InvalidError: a zone, currency or language that cannot be.
    """
    by.require("settings.edit")
    known = work.scalar(select(organization.c.id))
    roles_changed = write_roles(work)
    if known is not None:
        if roles_changed:
            settings_changed(work)
        return False
    zone = known_zone(new.zone)
    work.execute(
        organization.insert().values(
            id=_ID,
            name=clean_name(new.name, _l("the company's name")),
            zone=zone,
            currency=known_currency(new.currency),
            language=known_language(new.language),
            calendar=_calendar(new.calendar or WorkingCalendar(zone=zone), zone),
            config_version=1,
        )
    )
    note(work, "organization", str(_ID), "created", _ID, by)
    return True


def change_organization(work: Work, change: OrganizationChange, *, by: Actor, version: int | None = None) -> None:
    """Change the company's settings.

    Raises:
        InvalidError: a zone, currency or language that cannot be.
        NotSetUpError: there is no company yet.
        StaleError: it was changed since ``version``.
    """
    by.require("settings.edit")
    rows = work.rows(select(organization).with_for_update())
    if not rows:
        raise NotSetUpError
    [old] = rows
    check_version("organization", old.id, version, old.version)
    names = ("name", "zone", "currency", "language", "map_site")
    values = given({name: getattr(change, name) for name in names})
    checks = {
        "zone": known_zone,
        "currency": known_currency,
        "language": known_language,
        "map_site": known_map_site,
    }
    values = {name: checks[name](value) if name in checks else value for name, value in values.items()}
    if "name" in values:
        values["name"] = clean_name(values["name"], _l("the company's name"))
    zone = values.get("zone", old.zone)
    if not isinstance(change.calendar, Kept):
        values["calendar"] = _calendar(change.calendar, zone)
    elif zone != old.zone:
        values["calendar"] = {**old.calendar, "zone": zone}
    if values:
        work.execute(organization.update().values(**values, version=old.version + 1))
        note(work, "organization", str(_ID), "changed", _ID, by)


def known_zone(name: str) -> str:
    """Return the name of a time zone.

    Raises:
        InvalidError: there is no such zone.
    """
    try:
        zone_of(name)
    except ValueError as error:
        raise InvalidError(*error.args) from None
    return name


def known_currency(code: str) -> str:
    """Return a currency's three letters in capitals.

    Raises:
        InvalidError: it is not of that form.
    """
    upper = code.strip().upper()
    if len(upper) != 3 or not (upper.isascii() and upper.isalpha()):
        raise InvalidError(_l("“{code}” is no currency: write three letters, as EUR", code=code))
    return upper


def known_language(code: str) -> str:
    """Return the code of a language that the interface speaks.

    Raises:
        InvalidError: it does not speak it.
    """
    if code not in LANGUAGES:
        raise InvalidError(_l("“{code}” is not spoken here: choose en, ru or uk", code=code))
    return code


def known_map_site(key: str) -> str:
    """Return the key of a site that shows addresses; empty is the map of the device.

    Raises:
        InvalidError: there is no such site.
    """
    if key not in MAP_SITES:
        raise InvalidError(_l("“{key}” is no site of maps", key=key))
    return key


def _calendar(calendar: WorkingCalendar, zone: str) -> object:
    try:
        return CALENDAR.dump_python(replace(calendar, zone=zone), mode="json")
    except ValidationError as error:
        raise InvalidError(problem_of(error.errors(include_url=False)[0])[1]) from error
