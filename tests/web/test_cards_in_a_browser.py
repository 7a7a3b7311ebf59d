"""Cards as one works on them: over a board, with the keyboard, beside others."""

import pytest
from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from crm.deals.moving import Move, move_deals
from tests.web.test_boards import recount
from tests.web.test_deal_card import put_deal, stored
from tests.web.test_tasks import put_task


@pytest.fixture
def house(small_house):
    small_house.deal = put_deal(small_house)
    recount(small_house)
    return small_house


def opened(house, page_of, **more):
    page = page_of(house, "ann", "/boards/wholesale", **more)
    page.get_by_role("link", name="Bunk bed").click()
    page.get_by_role("dialog", name="Bunk bed").wait_for()
    return page


def test_a_card_opens_over_its_board_and_escape_leads_back(house, page_of):
    page = opened(house, page_of)
    page.wait_for_url(f"**/deals/{house.deal}")
    expect(page.locator("[data-drawer]")).to_be_focused()

    page.keyboard.press("Escape")
    page.wait_for_url("**/boards/wholesale")
    expect(page.locator("[data-drawer]")).to_have_count(0)

    page.go_forward()
    page.get_by_role("dialog", name="Bunk bed").wait_for()
    page.go_back()
    page.locator("[data-drawer]").wait_for(state="detached")
    page.get_by_role("link", name="Bunk bed").click()
    page.get_by_label("Close", exact=True).locator("visible=true").click()
    page.wait_for_url("**/boards/wholesale")


def test_what_is_typed_stays_while_something_else_is_done(house, page_of):
    page = opened(house, page_of)
    page.get_by_label("Comment", exact=True).fill("half a thought")
    page.locator("[data-drawer]").get_by_role("button", name="Talks").click()
    page.get_by_text("Moved to “Talks”.").wait_for()

    assert page.get_by_label("Comment", exact=True).input_value() == "half a thought"
    page.get_by_role("button", name="Comment", exact=True).click()
    page.locator(".timeline blockquote", has_text="half a thought").wait_for()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("")


def test_an_old_view_is_told_and_keeps_what_was_typed(house, page_of):
    page = opened(house, page_of)
    page.locator("#edit > summary").click()
    page.get_by_label("Title", exact=True).fill("My title")
    with house.database.work() as work:
        move_deals(work, [Move(house.deal, "talks")], by=SYSTEM)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Somebody else has changed this deal meanwhile").wait_for()

    assert page.get_by_label("Title", exact=True).input_value() == "My title"
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="My title").wait_for()
    assert stored(house, house.deal).title == "My title"
    page.troubles.clear()  # the browser itself reports the 409


def test_a_task_is_done_and_taken_back(house, page_of):
    put_task(house, title="Call Oleh")
    page = page_of(house, "ann", "/tasks")
    page.get_by_role("button", name="Done: Call Oleh").click()
    page.get_by_text("Nothing is open").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Done: Call Oleh").wait_for()


def test_the_finder_leads_to_a_deal(house, page_of):
    page = page_of(house, "ann", "/tasks")
    page.keyboard.press("/")
    page.keyboard.type("bunk")
    page.locator("#found a").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/deals/{house.deal}")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_cards_are_open_to_everybody(house, page_of, axe, width, theme):
    put_task(house, title="Call Oleh", hours=-30)
    page = opened(house, page_of, width=width, theme=theme)
    assert axe(page) == []
    for path in (f"/deals/{house.deal}", "/leads", "/leads/1", "/leads/new", "/tasks", "/search?q=bunk"):
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
