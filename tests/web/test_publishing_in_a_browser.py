"""Publishing with people inside, in a real Chromium: the plan is drawn, choices are made, and it is taken back."""

import pytest
from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from funnels.publication.publishing import publish
from tests.web.funnels import lived_in
from tests.web.test_publish_page import changed, versions_of_runs


@pytest.fixture
def ads(small_house):
    lived_in(small_house)
    changed(small_house)
    return small_house


def node(page, id_):
    return page.locator(f'.compared .react-flow__node[data-id="{id_}"]')


def test_a_change_is_seen_published_with_choices_and_taken_back(ads, page_of, axe):
    page = page_of(ads, "root", "/funnels/ads/edit")
    page.locator(".stage .react-flow__pane").wait_for()
    with page.expect_navigation(url="**/funnels/ads/publish"):
        page.get_by_role("button", name="Publish").click()

    expect(node(page, "tag")).to_contain_text("gone")
    expect(node(page, "late")).to_contain_text("new")
    expect(node(page, "answer")).to_contain_text("changed")
    expect(page.locator(".compared .react-flow__edge.mark-removed")).to_have_count(2)
    node(page, "tag").click()
    expect(page.locator("#change-tag")).to_be_focused()
    card = page.locator("#change-tag")
    expect(card).to_contain_text("2 stand here")
    expect(card.locator("select.target")).to_be_hidden()
    card.locator("select[name=choice]").select_option("move")
    card.locator("select.target").select_option("late")
    page.get_by_label("What becomes of all who are inside").select_option("follow")
    page.get_by_label("Note for the list of versions").fill("Nobody waits for the tag")
    assert axe(page) == []
    with page.expect_navigation(url="**/funnels/ads"):
        page.locator(".head").get_by_role("button", name="Publish").click()

    expect(page.locator("#toasts")).to_contain_text("Published as version 2. 4 runs follow. 2 runs were moved.")
    assert versions_of_runs(ads) == [(2, 1)] * 6
    with page.expect_navigation():
        page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#toasts")).to_contain_text("6 runs stand where they stood")
    assert versions_of_runs(ads) == [(1, 1)] * 4 + [(1, 2)] * 2


@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light")])
def test_the_plan_and_the_versions_are_open_to_everybody(ads, page_of, axe, width, theme):
    page = page_of(ads, "root", "/funnels/ads/publish", width=width, theme=theme)
    with ads.database.work() as work:
        publish(work, "ads", by=SYSTEM)
    for path in ("/funnels/ads/publish", "/funnels/ads/versions?from=1&to=2"):
        page.goto(path)
        page.locator(".compared .react-flow__node").first.wait_for()
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
