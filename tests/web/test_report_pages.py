"""The pages of reports: types to choose from, settings in the address, saving, files, and links to exactly those deals."""

import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from crm.directory import directory
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.tasks.changes import NewTask, create_tasks
from engine.deadline import Due
from tests.crm.company import put_deals

TYPES = ("refusals", "conversion", "tempo", "managers", "sales")


@pytest.fixture
def sold(small_house):
    """Ann has won two deals and lost one, Bob has won one; two are open."""
    close(small_house, {"ann": ("closed_won", "closed_won", "closed_lost", "talks"), "bob": ("closed_won", "new")})
    return small_house


def close(house, stages):
    with house.database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too <dear>", key="dear")], by=SYSTEM)
        for owner, targets in stages.items():
            ids = put_deals(work, len(targets), owner=owner)
            moves = [Move(id_, stage, loss_reason="dear") for id_, stage in zip(ids, targets, strict=True)]
            assert {one.code for one in move_deals(work, moves, by=SYSTEM)} == {"done"}


def table_of(page, key):
    """The rows of a part of a report, as texts."""
    part = re.search(rf'aria-labelledby="t-{key}">(.+?)</section>', page, re.DOTALL)[1]
    rows = re.findall(r"<tr>(.+?)</tr>", part, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_opens_empty_and_teaches(small_house, type_):
    page = small_house.client("root").get(f"/reports/of/{type_}")

    assert page.status_code == 200
    assert "Nothing to count here" in page.text


def test_the_first_page_shows_what_there_can_be(small_house):
    client = small_house.client("root")

    for path in ("/reports", "/reports/new"):
        page = client.get(path).text
        assert re.findall(r'href="/reports/of/(\w+)"', page) == list(TYPES)


def test_won_and_lost_by_manager(sold):
    page = sold.client("root").get("/reports/of/refusals?group=owner&period=all").text

    assert table_of(page, "outcomes")[1:3] == [
        ["Ann", "3", "2", "66.7\u202f%", "1", "33.3\u202f%", "₴\u202f200", "₴\u202f100"],
        ["Bob", "1", "1", "100\u202f%", "0", "0\u202f%", "₴\u202f100", "–"],
    ]
    assert table_of(page, "reasons")[1] == ["Too &lt;dear&gt;", "1", "100\u202f%", "₴\u202f100"]


def test_a_figure_leads_to_exactly_its_deals(sold):
    client = sold.client("root")
    page = client.get("/reports/of/refusals?group=owner&period=this-year").text

    part = re.search(r'aria-labelledby="t-outcomes">(.+?)</section>', page, re.DOTALL)[1]
    links = re.findall(r'<td class="num"><a href="([^"]+)">(\d+)</a>', part)
    assert len(links) >= 5
    for link, figure in links:
        assert link.startswith("/deals?")
        listed = client.get(link.replace("&amp;", "&"))
        assert listed.status_code == 200, link
        assert f"{figure} deal" in listed.text, link


def test_overdue_tasks_lead_to_the_tasks_of_who_is_late(sold):
    with sold.database.work() as work:
        due = Due.at_moment(work.now - timedelta(days=2), "UTC")
        users = directory(work).logins
        tasks = [NewTask(1, f"Ring {login}", due, users[login].id) for login in ("ann", "boss")]
        create_tasks(work, tasks, by=SYSTEM)
    client = sold.client("boss")

    page = client.get("/reports/of/managers?group=owner&period=all").text

    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/tasks\?[^"]+)"', page)]
    assert [client.get(link).text.count("Ring ann") > 0 for link in links] == [True, False]
    assert [client.get(link).text.count("Ring boss") > 0 for link in links] == [False, True]


def test_each_sees_his_own(sold):
    page = sold.client("ann").get("/reports/of/managers?period=all").text

    assert "Ann" in table_of(page, "managers")[1]
    assert not any("Bob" in row for row in table_of(page, "managers"))


def test_a_report_is_saved_shared_changed_and_removed(sold):
    ann, boss = sold.client("ann"), sold.client("boss")
    settings = {"group": ["owner"], "period": "this-month", "name": "Why we lose", "is_shared": "yes"}

    made = ann.post("/reports/of/refusals", settings)

    assert made.status_code == 303
    where = made.location
    assert "Why we lose" in ann.get(where).text
    assert "Shared by others" in boss.get("/reports").text
    assert boss.get(where).status_code == 200
    other = boss.get(f"{where}?period=all&group=plan").text
    assert "not saved so" in other
    assert 'action="/reports/of/refusals"' in other
    assert boss.post(where, {**settings, "name": "Mine now"}).status_code == 422
    changed = ann.post(where, {"group": ["plan"], "period": "all", "name": "All of it", "version": "1"})
    assert (changed.status_code, changed.location) == (303, where)
    assert boss.get(where).status_code == 404
    assert ann.post(where, {"period": "all", "name": "Late", "version": "1"}).status_code == 409
    assert ann.post(f"{where}/remove").status_code == 303
    assert ann.get(where).status_code == 404


@pytest.mark.parametrize(
    "sent", [{"period": "all"}, {"name": "x" * 121}, {"name": "x", "group": "weather"}, {"name": "x", "owner_id": "1"}]
)
def test_what_cannot_be_saved_is_refused_and_nothing_is_lost(small_house, sent):
    client = small_house.client("ann")

    answer = client.post("/reports/of/refusals", sent)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "My reports" not in client.get("/reports").text


def test_a_wrong_address_says_what_is_wrong(small_house):
    client = small_house.client("ann")

    page = client.get("/reports/of/sales?period=chosen&since=2026-02-01&until=2026-01-01").text

    assert "the first day lies after the last" in page
    assert client.get("/reports/of/weather").status_code == 404
    assert client.get("/reports/987654").status_code == 404


def test_a_report_is_a_file_too(sold):
    client = sold.client("root")

    text = client.get("/reports/of/sales/file.csv?group=owner&period=all")
    book = client.get("/reports/of/sales/file.xlsx?group=owner&period=all")

    rows = list(csv.reader(io.StringIO(text.data.decode("utf-8-sig"))))
    assert rows == [
        ["Manager", "Won", "Lost", "Won, %", "Won for, UAH", "Average deal, UAH"],
        ["Ann", "2", "1", "0.666667", "200.0", "100.0"],
        ["Bob", "1", "0", "1.0", "100.0", "100.0"],
        ["All together", "3", "1", "0.75", "300.0", "100.0"],
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(book.data)).worksheets[0]
    assert [cell.value for cell in sheet[2]] == ["Ann", 2, 1, 0.666667, 200, 100]
    assert "attachment" in book.headers["Content-Disposition"]
    assert client.get("/reports/of/sales/file.pdf").status_code == 404


def test_a_chart_is_links_that_say_what_they_are(sold):
    page = sold.client("root").get("/reports/of/refusals?group=owner&period=all").text

    marks = re.findall(r'aria-label="(Ann, [^"]+)"', page)
    assert "Ann, Won: 2 · 66.7\u202f%" in marks
    assert "Ann, Lost: 1 · 33.3\u202f%" in marks


def test_settings_stay_in_the_form(sold):
    page = (
        sold.client("root")
        .get("/reports/of/sales?group=source&group=plan&period=last-90d&basis=created&person=bob")
        .text
    )

    for chosen in (
        'value="source" selected',
        'value="plan" selected',
        'value="last-90d" selected',
        'value="created" selected',
    ):
        assert chosen in page
    assert 'value="bob" checked' in page
    assert 'value="ann" checked' not in page


def test_lines_are_sorted_by_a_heading(sold):
    client = sold.client("root")
    address = "/reports/of/sales?group=owner&period=all&sort="

    names = {sort: [row[0] for row in table_of(client.get(address + sort).text, "sales")[1:3]] for sort in SORTS}

    assert names == SORTS
    assert 'aria-sort="descending"' in client.get(f"{address}sales.-won").text


SORTS = {
    "sales.-won": ["Ann", "Bob"],
    "sales.won": ["Bob", "Ann"],
    "sales.lost": ["Bob", "Ann"],
    "other.won": ["Ann", "Bob"],
    "x": ["Ann", "Bob"],
}
