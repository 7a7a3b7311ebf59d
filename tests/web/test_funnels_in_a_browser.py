"""The canvas in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.web.funnels import leads, lived_in, parked_runs


@pytest.fixture
def ads(small_house):
    return lived_in(small_house)


def test_the_canvas_draws_nodes_and_edges_with_their_counts(ads, page_of):
    page = page_of(ads, "mark", "/funnels/ads")
    page.wait_for_selector(".react-flow__edge-path", state="attached")

    nodes = {one.get_attribute("data-id"): one.inner_text() for one in page.locator(".react-flow__node").all()}
    assert set(nodes) == {"created", "paid", "plan", "tag", "answer", "thanks"}
    assert "2 stuck" in nodes["tag"].replace("\n", " ")
    expect(page.locator(".react-flow__edge-text", has_text="yes · 67 % · 4")).to_be_attached()
    labels = {one.text_content() for one in page.locator(".react-flow__edge-text").all()}
    assert {"6", "yes · 67 % · 4", "no · 33 % · 2", "4", "spoke"} <= labels
    expect(page.locator(".react-flow__minimap")).to_be_visible()


def test_a_node_opens_by_mouse_and_keys_and_stays_open_after_a_reload(ads, page_of):
    page = page_of(ads, "mark", "/funnels/ads")
    page.locator(".react-flow__node[data-id=tag]").click()
    page.get_by_text("Stands still here (2)").wait_for()
    page.wait_for_url("**?node=tag")
    page.reload()
    page.get_by_text("Stands still here (2)").wait_for()
    page.keyboard.press("Escape")

    page.locator(".react-flow__node[data-id=answer]").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Here now (4)").wait_for()


def test_the_way_of_a_run_is_seen_on_the_graph_and_it_is_skipped(ads, page_of):
    page = page_of(ads, "mark", f"/runs/{parked_runs(ads)[0]}")
    page.wait_for_selector(".react-flow__edge-path", state="attached")

    expect(page.locator(".block.failed")).to_contain_text("Add tags")
    expect(page.locator(".block.walked .step")).to_have_text(["1", "2"])
    expect(page.locator(".block.off")).to_have_count(3)
    page.get_by_role("button", name="Skip the node").click()
    page.get_by_text("1 run goes on behind the node").wait_for()


def test_somebody_is_followed_step_by_step_by_keys_and_the_address_says_which(ads, page_of):
    page = page_of(ads, "mark", "/funnels/ads?node=answer")
    page.locator("#panel").get_by_role("link", name="the way").first.click()
    slider = page.get_by_role("slider", name="Moment of the way")
    expect(slider).to_have_attribute("aria-valuetext", "Now at “Wait for an event”")
    expect(page.get_by_role("heading", name="The way it went")).to_be_visible()
    slider.press("Home")
    expect(page.locator(".block.here")).to_contain_text("Lead created")
    slider.press("ArrowRight")
    expect(page.locator(".block.here")).to_contain_text("Paid?")
    expect(page.locator("#panel [aria-current=step]")).to_have_text("2")
    page.wait_for_url("**run=*step=2*")

    page.reload()
    expect(page.locator(".block.here")).to_contain_text("Paid?")
    page.get_by_role("button", name="Show step 3 on the graph").click()
    expect(page.locator(".block.here")).to_contain_text("Add to sales plan")
    page.locator("#panel").get_by_role("link", name="Close").click()
    expect(slider).to_have_count(0)
    expect(page.get_by_text("Here now (4)")).to_be_visible()


def test_the_figures_of_another_period_and_their_colours_come_without_a_reload(ads, page_of):
    ads.forward(days=3)
    leads(ads, 1, "ads")
    ads.walk()
    page = page_of(ads, "mark", "/funnels/ads")
    page.evaluate("window.same = true")
    page.get_by_role("button", name="People").click()
    expect(page.locator(".react-flow__node[data-id=tag] .heat-sign")).to_have_text("2")
    expect(page.locator(".legend")).to_contain_text("People inside")

    page.get_by_role("link", name="7 days").click()
    expect(page.locator('[data-sum="entered"]')).to_have_text("7")
    leads(ads, 2, "ads")
    ads.walk()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator('[data-sum="entered"]')).to_have_text("9")
    page.wait_for_url("**?heat=people&period=7d")
    assert page.evaluate("window.same")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_funnels_are_open_to_everybody(ads, page_of, axe, width, theme):
    page = page_of(ads, "root", "/funnels", width=width, theme=theme)
    run_id = parked_runs(ads)[0]
    for path in (
        "/funnels",
        "/funnels/ads?node=tag&heat=people",
        f"/runs/{run_id}",
        f"/funnels/ads?run={run_id}&step=2",
        "/funnels/ads/runs",
        "/funnels/ads/refused",
    ):
        page.goto(path)
        if page.locator("#canvas").count():
            page.wait_for_selector(".react-flow__edge-path", state="attached")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
