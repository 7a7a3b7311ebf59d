"""A report under a real hand: a part of a bar says what it is, keys walk through them, a click leads to the deals."""

from playwright.sync_api import expect

from tests.web.test_report_pages import close


def test_a_chart_is_read_walked_and_clicked(small_house, page_of, axe):
    close(small_house, {"ann": ("closed_won", "closed_won", "closed_lost"), "bob": ("closed_lost",)})
    page = page_of(small_house, "root", "/reports/of/refusals?group=owner&period=all")
    chart = page.locator('section[aria-labelledby="t-outcomes"] [data-chart]')
    tip = page.locator(".tip")

    chart.get_by_label("Ann, Won: 2").hover()
    expect(tip).to_contain_text("Won: 2", timeout=60_000)
    chart.get_by_label("Ann, Won: 2").focus()
    page.keyboard.press("ArrowRight")
    expect(chart.get_by_label("Ann, Lost: 1")).to_be_focused(timeout=60_000)
    page.keyboard.press("ArrowDown")
    expect(chart.get_by_label("Bob, Lost: 1")).to_be_focused(timeout=60_000)
    expect(tip).to_contain_text("Bob", timeout=60_000)
    assert axe(page) == []
    with page.expect_navigation(timeout=60_000):
        page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("1 deal", timeout=60_000)
    assert "owner=bob" in page.url
