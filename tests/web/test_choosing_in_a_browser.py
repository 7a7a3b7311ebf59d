"""Many records are chosen on boards and in lists, changed at once and taken back: with a mouse, with keys, with a finger."""

import re

from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.leads.recording import NewLead, record_leads
from crm.people.persons import persons_of
from crm.tables.records import lead
from tests.web.test_mass_starts import with_funnel

LONG = 60_000
"""Milliseconds that a browser may take on a busy machine."""


def furnish(house, number):
    with house.database.work() as work:
        ann = directory(work).user("ann").id
        items = [
            NewDeal(person, "wholesale", title=f"Deal {one}", owner_id=ann)
            for one, person in enumerate(persons_of(work, [()] * number))
        ]
        house.deals = [answer.ids[0] for answer in open_deals(work, items, by=SYSTEM)]
    return house


def ask(page, act):
    """Press an action of the bar and wait for its window."""
    page.locator(f'#selection [data-act="{act}"]').click()
    expect(page.locator("#mass-do")).to_be_visible(timeout=LONG)


def test_cards_are_chosen_by_keys_and_with_shift(small_house, page_of):
    page = page_of(furnish(small_house, 5), "boss", "/boards/wholesale")
    bar = page.locator("#selection")
    page.keyboard.press("j")
    expect(page.locator(".card.at")).to_be_visible(timeout=LONG)
    page.keyboard.press("x")
    expect(bar).to_contain_text("Chosen: 1", timeout=LONG)
    page.locator(".card .title").nth(3).click(modifiers=["Shift"])
    expect(page.locator(".card.chosen")).to_have_count(4, timeout=LONG)
    expect(bar).to_contain_text("Chosen: 4")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.locator(".card.chosen")).to_have_count(0)


def test_a_finger_chooses_cards_and_rows_of_a_list(small_house, page_of, axe):
    house = furnish(small_house, 3)
    page = page_of(house, "boss", "/boards/wholesale", width=390)
    page.get_by_role("button", name="Choose", exact=True).tap()
    page.locator(".card").nth(0).tap()
    page.locator(".card").nth(1).tap()
    expect(page.locator("#selection")).to_contain_text("Chosen: 2", timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []
    ask(page, "tag")
    page.get_by_label("Tags, with commas between them").fill("spring")
    page.locator("#mass-do").tap()
    expect(page.locator(".card .chip", has_text="spring")).to_have_count(2, timeout=LONG)

    page.goto("/boards/wholesale/list")
    page.locator("tr .pick").first.check()
    ask(page, "owner")
    page.get_by_label("Who gets them").select_option("bob")
    page.locator("#mass-do").tap()
    expect(page.locator("table")).to_contain_text("Bob", timeout=LONG)
    expect(page.locator("tr .pick")).to_have_count(3, timeout=LONG)


def test_leads_are_chosen_all_that_are_shown_and_what_fails_is_said(small_house, page_of):
    with small_house.database.work() as work:
        record_leads(work, [NewLead(f"Lead {one}", source="ads") for one in range(3)], by=SYSTEM)
    page = page_of(small_house, "root", "/leads")
    page.get_by_label("Choose all that are shown").check()
    expect(page.locator("#selection")).to_contain_text("Chosen: 3", timeout=LONG)
    with small_house.database.work() as work:
        work.execute(lead.delete().where(lead.c.title == "Lead 1"))
    ask(page, "untag")
    page.get_by_label("Tags, with commas between them").fill("nowhere")
    page.locator("#mass-do").click()
    expect(page.get_by_role("alert")).to_contain_text("nowhere", timeout=LONG)
    page.get_by_role("button", name="Cancel").click()
    ask(page, "tag")
    page.get_by_label("Tags, with commas between them").fill("spring")
    page.locator("#mass-do").click()
    expect(page.locator("#mass-dialog")).to_contain_text("2 of 3 done · left out: 1", timeout=LONG)
    with page.expect_navigation(timeout=LONG):
        page.get_by_role("link", name="Which, and why").click()
    expect(page).to_have_url(re.compile(r"/mass-actions/\d+\?outcome=skipped$"))
    page.troubles.clear()  # the browser itself reports the 422


def test_what_is_chosen_is_taken_along_as_a_file_and_into_a_mass_start(small_house, page_of):
    house = furnish(small_house, 3)
    with_funnel(house)
    page = page_of(house, "root", "/boards/wholesale/list")
    page.locator(f'tr[data-id="{house.deals[2]}"] .pick').check()
    page.locator(f'tr[data-id="{house.deals[0]}"] .pick').check()
    page.locator("#selection summary").click()
    with page.expect_download(timeout=LONG) as taken:
        page.get_by_role("button", name="Export as CSV").click()
    rows = taken.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert (taken.value.suggested_filename, [row.split(",")[1] for row in rows]) == (
        "deals.csv",
        ["Deal", "Deal 2", "Deal 0"],
    )
    expect(page.locator("#selection")).to_contain_text("Chosen: 2")

    page.locator("#selection summary").click()
    page.locator('#selection [data-act="start"]').click()
    with page.expect_navigation(timeout=LONG):
        page.get_by_role("button", name="Little by little").click()
    expect(page.locator("#look")).to_contain_text("2 deals", timeout=LONG)
    page.get_by_label("Sample first").fill("1")
    expect(page.locator("#look")).to_contain_text("Let the first 1 in", timeout=LONG)
    with page.expect_navigation(timeout=LONG):
        page.locator("#look").get_by_role("button").click()
    expect(page.locator("#state")).to_contain_text("chosen deals", timeout=LONG)
