"""Lists of deals with scripts: a cell is changed where it stands, a field is added to the filter, by mouse and by keys."""

from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from crm.settings.directories import NewLossReason, add_loss_reasons
from tests.web.test_boards import deals, recount

LONG = 60_000


def test_a_stage_is_changed_by_keys_and_a_lost_deal_asks_why(small_house, page_of):
    with small_house.database.work() as work:
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear")], by=SYSTEM)
    [deal_id] = deals(small_house, owner="ann")
    recount(small_house)
    page = page_of(small_house, "ann", "/deals")
    row = page.locator(f"#row-{deal_id}")
    cell = row.locator("[data-edit=stage]")
    expect(cell).to_be_visible(timeout=LONG)
    page.wait_for_load_state("networkidle")
    cell.press("Enter")
    choice = row.locator("select[name=stage]")
    expect(choice).to_be_focused(timeout=LONG)
    choice.press("Escape")
    expect(row.locator("[data-edit=stage]")).to_be_focused(timeout=LONG)
    row.locator("[data-edit=stage]").press("Enter")
    row.locator("select[name=stage]").select_option("closed_lost", timeout=LONG)
    row.locator(".cell-form .primary").click()
    window = page.locator("#move-window")
    window.locator("label", has_text="Too dear").click(timeout=LONG)
    expect(row.locator("[data-edit=stage]")).to_contain_text("New", timeout=LONG)
    window.locator(".primary").click(timeout=LONG)
    expect(row.locator("[data-edit=stage]")).to_contain_text("Closed, lost", timeout=LONG)
    expect(row.locator("[data-edit=stage]")).to_be_focused(timeout=LONG)


def test_a_field_is_added_and_found_with(small_house, page_of, axe):
    deals(small_house, 3, owner="ann")
    recount(small_house)
    page = page_of(small_house, "ann", "/deals", width=390)
    page.locator("#filter > summary").click()
    page.locator("#add-field").select_option("deal.title", timeout=LONG)
    part = page.locator("input[name='title.has']")
    expect(part).to_be_visible(timeout=LONG)
    assert axe(page) == []
    part.fill("nothing like this")
    with page.expect_navigation(timeout=LONG):
        part.press("Enter")
    expect(page.locator(".facet")).to_contain_text("Title contains", timeout=LONG)
    assert page.url.endswith("/deals?title=~nothing%20like%20this")
    with page.expect_navigation(timeout=LONG):
        page.locator(".facet").click()
    expect(page.locator("tr[data-id]")).to_have_count(3, timeout=LONG)
