"""The company's page: hours, holidays, special days, and the two weeks they make."""

import re

import pytest

from crm.directory import directory
from crm.settings.working_days import hours_text
from engine.calendar import WorkingCalendar

WEEK = {f"h{day}": "9-18" for day in range(5)}
COMPANY = {"name": "Acme", "language": "uk", "currency": "EUR", "zone": "Europe/Warsaw", "version": "1", **WEEK}


def settings(house):
    with house.database.reading() as work:
        return directory(work)


@pytest.mark.parametrize("login", ["ann", "boss", "mark"])
def test_it_is_the_administrators_concern(small_house, login):
    client = small_house.client(login)
    assert client.get("/settings/company").status_code == 403
    assert client.post("/settings/company", COMPANY).status_code == 403
    assert client.post("/settings/company/special-days", {"day": "2027-01-04"}).status_code == 403


def test_the_company_is_changed(small_house):
    sent = {**COMPANY, "h4": "9:00-13:00, 14.00 – 24:00", "countries": ["UA"], "country": "PL"}
    assert small_house.client("root").post("/settings/company", sent).status_code == 303
    after = settings(small_house)
    assert (after.organization["currency"], after.organization["language"]) == ("EUR", "uk")
    assert after.calendar.zone == after.organization["zone"] == "Europe/Warsaw"
    assert after.calendar.countries == ("UA", "PL")
    assert [hours_text(day) for day in after.calendar.week] == ["09:00-18:00"] * 4 + [
        "09:00-13:00, 14:00-00:00",
        "",
        "",
    ]


def test_who_saves_an_old_view_is_told_and_changes_nothing(small_house):
    client = small_house.client("root")
    assert 'name="version" value="1"' in client.get("/settings/company").text
    assert client.post("/settings/company", {**COMPANY, "name": "First"}).status_code == 303

    late = client.post("/settings/company", {**COMPANY, "name": "Second"})

    assert late.status_code == 409
    assert "Somebody else changed the company meanwhile" in late.text
    assert 'value="Second"' in late.text
    assert settings(small_house).organization["name"] == "First"
    assert client.post("/settings/company", {**COMPANY, "name": "Second", "version": "2"}).status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [{"h0": "all day"}, {"h0": "25-26"}, {"h0": "9-13, 12-18"}, {f"h{day}": "" for day in range(5)}, {"zone": "Mars/Base"},
     {"currency": "gold"}, {"country": "XX"}, {"name": ""}, {"language": "la"}, {"calendar": "x"}],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_kept_in_the_form(small_house, wrong):
    answer = small_house.client("root").post("/settings/company", {**COMPANY, "name": "Bolt", **wrong})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text or "notice bad" in answer.text
    assert settings(small_house).organization["name"] == "Acme"
    assert settings(small_house).calendar == WorkingCalendar(zone="Europe/Kyiv")


def test_a_special_day_has_its_own_hours_or_none(small_house):
    client = small_house.client("root")
    client.post("/settings/company/special-days", {"day": "2027-01-02", "hours": "10:00-14:00"})
    client.post("/settings/company/special-days", {"day": "2027-01-04"})
    assert {str(one.day): hours_text(one.hours) for one in settings(small_house).calendar.exceptions} == {
        "2027-01-02": "10:00-14:00", "2027-01-04": ""
    }  # fmt: skip
    client.post("/settings/company/special-days/remove", {"day": "2027-01-02"})
    assert [str(one.day) for one in settings(small_house).calendar.exceptions] == ["2027-01-04"]
    assert client.post("/settings/company/special-days", {"day": "soon"}).status_code == 422
    assert client.post("/settings/company/special-days", {"day": "2027-01-05", "hours": "late"}).status_code == 422


def test_special_days_survive_a_change_of_the_hours(small_house):
    client = small_house.client("root")
    client.post("/settings/company/special-days", {"day": "2027-01-04"})
    assert client.post("/settings/company", {**COMPANY, "version": "2"}).status_code == 303
    assert len(settings(small_house).calendar.exceptions) == 1


def test_two_weeks_are_shown_while_the_form_is_filled_in(small_house):
    client = small_house.client("root")
    page = client.get("/settings/company").text
    assert len(re.findall(r"<li[^>]*>\s*<span class=\"day-when\">", page)) == 14
    shown = client.post("/settings/company/preview", {**COMPANY, **{f"h{day}": "7:15-8:45" for day in range(7)}}).text
    assert shown.count("07:15–08:45") == 14
    assert "all day" in client.post("/settings/company/preview", {**COMPANY, "h0": "all day"}).text
    assert settings(small_house).calendar == WorkingCalendar(zone="Europe/Kyiv")


def test_holidays_have_their_names(small_house):
    from datetime import date

    from crm.settings.working_days import shown_days

    calendar = WorkingCalendar(zone="Europe/Kyiv", countries=("PL", "DE"))
    shown = shown_days(calendar, date(2026, 12, 24), 3, language="en")
    assert [bool(one.hours) for one in shown] == [False, False, False]
    assert "Christmas" in shown[1].holiday
    assert "(PL)" in shown[1].holiday
