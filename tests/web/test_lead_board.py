"""Leads as a board: columns of statuses, counts apart, and cards that go from one to another."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.directory import directory
from crm.tables.records import lead
from tests.crm.company import put_lead
from tests.web.hands import Finger, Keys, Mouse
from tests.web.test_boards import statements


def put(house, number=1, owner="ann", **values):
    with house.database.work() as work:
        owner_id = directory(work).user(owner).id if owner else None
        return [put_lead(work, owner_id=owner_id, **values) for _ in range(number)]


def status_of(house, lead_id):
    with house.database.reading() as work:
        return work.scalar(select(lead.c.status).where(lead.c.id == lead_id))


def columns(page):
    """The titles in each column."""
    parts = re.findall(r'<section class="column" data-status="(\w+)"(.*?)</section>', page, re.DOTALL)
    return {status: re.findall(r'class="title"[^>]*>([^<]*)<', part) for status, part in parts}


def counts(client, query=""):
    page = client.get(f"/leads/board/counts{query}").text
    return re.findall(r">([^<>\n]+)</span>", page)


def test_columns_are_statuses_and_show_what_one_may_see(house):
    put(house, title="Sofa <1>")
    put(house, title="Bed", status="in_work")
    put(house, title="Of others", owner="bob")

    found = columns(house.client("ann").get("/leads/board").text)

    assert found == {
        "not_processed": ["Sofa &lt;1&gt;"],
        "in_work": ["Bed"],
        "unreachable": [],
        "quality": [],
        "junk": [],
    }
    assert counts(house.client("ann")) == ["1", "1", "0", "0", "0", "2 leads"]
    assert counts(house.client("root")) == ["2", "1", "0", "0", "0", "3 leads"]


def test_the_filter_of_the_list_holds_and_leads_on_to_it(small_house):
    put(small_house, 21, title="Bed", source="ads", source_fold="ads")
    put(small_house, title="Sofa")
    client = small_house.client("ann")

    page = client.get("/leads/board?source=ads").text

    assert columns(page)["not_processed"] == ["Bed"] * 20
    assert 'href="/leads?source=ads&amp;status=not_processed"' in page
    assert counts(client, "?source=ads")[0] == "21"
    assert columns(client.get("/leads/board?status=in_work").text)["not_processed"] == []
    assert client.get("/leads/board?colour=red").status_code == 422


def test_it_costs_the_same_with_many_leads(small_house):
    put(small_house, 2)
    put(small_house, status="junk")
    client = small_house.client("ann")
    few = statements(small_house, client, "/leads/board"), statements(small_house, client, "/leads/board/counts")

    put(small_house, 40)
    put(small_house, 40, status="junk")

    assert (
        statements(small_house, client, "/leads/board"),
        statements(small_house, client, "/leads/board/counts"),
    ) == few


@pytest.mark.parametrize("kind", [Mouse, Finger])
def test_a_card_goes_to_another_status_by_mouse_by_choice_and_back(small_house, page_of, axe, kind):
    [lead_id] = put(small_house, title="Sofa")
    hand = kind(page_of(small_house, "ann", "/leads/board", width=kind.width))
    at = '.column[data-status="{}"] [data-cards] .card'
    expect(hand.page.locator("#count-not_processed")).to_have_text("1")

    hand.move("Sofa", "in_work", "status")
    expect(hand.page.locator("#toasts")).to_contain_text("Status: In work.")
    expect(hand.page.locator(at.format("in_work"))).to_have_count(1)
    expect(hand.page.locator("#count-in_work")).to_have_text("1")
    assert status_of(small_house, lead_id) == "in_work"
    assert axe(hand.page) == []

    hand.page.locator(".card select").select_option("junk")
    expect(hand.page.locator(at.format("junk"))).to_have_count(1)
    expect(hand.page.locator("#toasts")).to_contain_text("Status: Junk.")
    hand.undo()
    expect(hand.page.locator(at.format("in_work"))).to_have_count(1)
    expect(hand.page.locator("#count-junk")).to_have_text("0")
    assert status_of(small_house, lead_id) == "in_work"


def test_a_refused_card_goes_back_and_keys_lead_to_the_choice(small_house, page_of):
    [lead_id] = put(small_house, title="Sofa")
    hand = Keys(page_of(small_house, "ann", "/leads/board", width=Keys.width))
    hand.keys("j")
    hand.choose(hand.page.locator(".card select"), "unreachable")
    expect(hand.page.locator('.column[data-status="unreachable"] .card select')).to_be_focused()
    expect(hand.page.locator("#count-unreachable")).to_have_text("1")

    with small_house.database.work() as work:
        work.execute(lead.delete().where(lead.c.id == lead_id))
    Mouse.move(hand, "Sofa", "quality", "status")
    expect(hand.page.locator("#toasts [data-kind=bad]")).to_be_visible()
    expect(hand.page.locator('.column[data-status="unreachable"] .card')).to_have_count(1)
    hand.page.troubles.clear()  # the browser itself reports the 404
