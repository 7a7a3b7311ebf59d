import pytest
from sqlalchemy import func, select

from crm.access.actor import RIGHTS, SYSTEM, Actor, ActorKind
from crm.directory import directory
from crm.errors import InvalidError, NotAllowedError, NotSetUpError
from crm.settings.organization import NewOrganization, OrganizationChange, change_organization, set_up
from crm.tables.settings import role
from engine.calendar import WorkingCalendar


def test_setting_up_stores_the_company_with_its_working_hours(empty):
    with empty.work() as work:
        is_new = set_up(work, NewOrganization("Acme", zone="Europe/Kyiv", currency="uah", language="uk"))

    with empty.reading() as work:
        settings = directory(work)
    assert is_new
    assert settings.organization["currency"] == "UAH"
    assert settings.calendar == WorkingCalendar(zone="Europe/Kyiv")


def test_setting_up_twice_changes_nothing(empty):
    with empty.work() as work:
        set_up(work, NewOrganization("Acme"))

    with empty.work() as work:
        is_new = set_up(work, NewOrganization("Other", zone="Asia/Tokyo"))

    with empty.reading() as work:
        assert not is_new
        assert directory(work).organization["name"] == "Acme"
        assert work.scalar(select(func.count()).select_from(role)) == 4


def test_an_empty_database_says_that_it_is_not_set_up(empty):
    with empty.work() as work, pytest.raises(NotSetUpError):
        change_organization(work, OrganizationChange(name="Acme"), by=SYSTEM)


@pytest.mark.parametrize(
    "new",
    [
        NewOrganization(" "),
        NewOrganization("Acme", zone="Europe/Kiev City"),
        NewOrganization("Acme", currency="hryvnia"),
        NewOrganization("Acme", language="xx"),
    ],
)
def test_what_cannot_be_a_company_is_refused(empty, new):
    with pytest.raises(InvalidError), empty.work() as work:
        set_up(work, new)


def test_another_zone_moves_the_working_hours_with_it(database):
    with database.work() as work:
        change_organization(work, OrganizationChange(zone="Europe/Berlin"), by=SYSTEM)

    with database.reading() as work:
        assert directory(work).calendar.zone == "Europe/Berlin"


def test_an_own_calendar_takes_the_companys_zone(database):
    calendar = WorkingCalendar(zone="UTC", countries=("UA",))

    with database.work() as work:
        change_organization(work, OrganizationChange(calendar=calendar), by=SYSTEM)

    with database.reading() as work:
        assert directory(work).calendar == WorkingCalendar(zone="Europe/Kyiv", countries=("UA",))


def test_settings_need_a_right(database):
    manager = Actor(ActorKind.USER, 1, RIGHTS - {"settings.edit"})

    with database.work() as work, pytest.raises(NotAllowedError):
        change_organization(work, OrganizationChange(name="Mine"), by=manager)
