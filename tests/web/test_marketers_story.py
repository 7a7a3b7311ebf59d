"""A marketer's story in a real Chromium, by mouse and by keys alone: from an empty canvas to a change under people's feet."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from funnels.doctor import examine
from funnels.tables import funnel_version, run
from tests.web.drawing_hands import Pointer, Typist
from tests.web.editing import kept

KEY = "autumn"


def versions_of_runs(house):
    """How many runs there are on each version of the funnel."""
    query = select(funnel_version.c.number).join(run, run.c.version_id == funnel_version.c.id).order_by(run.c.id)
    with house.database.reading() as work:
        return [row.number for row in work.rows(query)]


def lines(house):
    return {(one.source, one.port, one.target) for one in kept(house, KEY).edges}


def it_begins_with_an_empty_canvas(hand, axe):
    hand.new_funnel("Autumn")
    expect(hand.page.get_by_text("Begin with a trigger")).to_be_visible()
    assert axe(hand.page) == []
    hand.begin("Lead created")
    hand.added("trigger_lead_created")


def two_ways_are_gone_at_once_and_come_together(hand, axe):
    hand.after("trigger_lead_created", "next", "Parallel")
    hand.added("logic_parallel")
    hand.after("logic_parallel", "branch_1", "Add tags")
    hand.added("crm_add_tags")
    hand.type(hand.setting("tags").locator("input"), "autumn")
    hand.page.keyboard.press("Enter")
    hand.after("logic_parallel", "branch_2", "Add to sales plan")
    hand.added("crm_add_to_plan")
    hand.choose(hand.setting("plan").locator("select"), "wholesale")
    hand.after("crm_add_to_plan", "next", "Join")
    hand.added("logic_join")
    hand.lead("crm_add_tags", "next", "logic_join")


def a_condition_parts_them(hand, axe):
    hand.after("logic_join", "next", "Condition")
    hand.added("logic_condition")
    hand.press(hand.setting("condition").get_by_role("button", name="Add a condition"))
    hand.choose(hand.setting("condition").get_by_label("Field", exact=True), "lead.source")
    hand.type(hand.setting("condition").get_by_label("Value", exact=True), "ads")
    hand.after("logic_condition", "yes", "Add comment")
    hand.added("crm_add_comment")
    hand.called("Hot")
    hand.after("crm_add_comment", "next", "Exit")
    hand.added("logic_exit")
    hand.called("Sold to")


def others_wait_and_go_round_a_limited_number_of_times(hand, axe):
    hand.after("logic_condition", "no", "Wait")
    hand.added("wait_duration")
    hand.type(hand.setting("lasting").locator("input").first, "2")
    hand.after("wait_duration", "next", "Go to")
    hand.added("logic_go_to")
    hand.lead("logic_go_to", "next", "wait_duration")
    hand.after("logic_go_to", "limit", "Remove tags")
    hand.added("crm_remove_tags")
    hand.type(hand.setting("tags").locator("input"), "autumn")
    hand.page.keyboard.press("Enter")
    hand.after("crm_remove_tags", "next", "Exit")
    hand.added("logic_exit_2")
    hand.called("Enough")
    hand.is_saved()


def a_mistake_is_found_by_the_checks_and_put_right(hand, axe):
    wrong = hand.page.locator("#show-problems")
    expect(wrong).to_contain_text("Errors: 1")
    hand.go_to_the_mistake()
    text = hand.setting("text").locator("textarea, input").first
    expect(text).to_be_focused()
    hand.type(text, "Call at once")
    expect(wrong.filter(has_text="Errors")).to_have_count(0)
    hand.is_saved()


def it_is_published(hand, axe):
    hand.publish()
    expect(hand.page.get_by_text("version 1 in use")).to_be_visible()
    document = kept(hand.house, KEY)
    assert len(document.nodes) == 12
    assert {
        ("trigger_lead_created", "next", "logic_parallel"), ("logic_parallel", "branch_1", "crm_add_tags"),
        ("logic_parallel", "branch_2", "crm_add_to_plan"), ("crm_add_tags", "next", "logic_join"),
        ("crm_add_to_plan", "next", "logic_join"), ("logic_join", "next", "logic_condition"),
        ("logic_condition", "yes", "crm_add_comment"), ("logic_condition", "no", "wait_duration"),
        ("crm_add_comment", "next", "logic_exit"), ("wait_duration", "next", "logic_go_to"),
        ("logic_go_to", "next", "wait_duration"), ("logic_go_to", "limit", "crm_remove_tags"),
        ("crm_remove_tags", "next", "logic_exit_2"),
    } == lines(hand.house)  # fmt: skip


def leads_run_and_counts_appear(hand, axe):
    with hand.house.database.work() as work:
        sources = ("ads", "ads", "fair", "fair", "fair")
        record_leads(work, [NewLead(f"Lead {number}", source=one) for number, one in enumerate(sources)], by=SYSTEM)
    hand.house.walk()
    hand.leave()

    expect(hand.node("wait_duration")).to_contain_text("3")
    expect(hand.node("crm_add_comment")).to_contain_text("2")
    assert versions_of_runs(hand.house) == [1] * 5


def it_is_changed_under_the_feet_of_those_inside(hand, axe):
    hand.follow(hand.page.get_by_role("link", name="Edit", exact=True))
    expect(hand.node("wait_duration")).to_be_visible()
    hand.find("Wait")
    hand.open("wait_duration")
    hand.called("Longer")
    hand.type(hand.setting("lasting").locator("input").first, "3")
    hand.after("logic_go_to", "limit", "Add comment")
    hand.added("crm_add_comment_2")
    hand.type(hand.setting("text").locator("textarea, input").first, "Never answered")
    hand.is_saved()
    with hand.page.expect_navigation(url="**/publish"):
        hand.publish()


def those_inside_follow_by_plan(hand, axe):
    page = hand.page
    hand.arrive()
    expect(page.locator("#change-wait_duration")).to_contain_text("3 stand here")
    hand.choose(page.locator("#change-wait_duration select[name=choice]"), "follow")
    assert axe(page) == []
    with page.expect_navigation(url=re.compile("/funnels/autumn(#content)?$")):
        hand.press(page.locator("form.side").get_by_role("button", name="Publish"))
    assert versions_of_runs(hand.house) == [1] * 2 + [2] * 3


def and_it_is_taken_back(hand, axe):
    expect(hand.page.locator("#toasts")).to_contain_text("Published as version 2. 3 runs follow.")
    with hand.page.expect_navigation():
        hand.take_back()
    expect(hand.page.locator("#toasts")).to_contain_text("3 runs stand where they stood")
    assert versions_of_runs(hand.house) == [1] * 5
    hand.house.forward(days=10)
    hand.house.walk()
    with hand.house.database.reading() as work:
        assert [one.code for one in examine(work, deep=True) if one.severity == "error"] == []


STORY = (
    it_begins_with_an_empty_canvas,
    two_ways_are_gone_at_once_and_come_together,
    a_condition_parts_them,
    others_wait_and_go_round_a_limited_number_of_times,
    a_mistake_is_found_by_the_checks_and_put_right,
    it_is_published,
    leads_run_and_counts_appear,
    it_is_changed_under_the_feet_of_those_inside,
    those_inside_follow_by_plan,
    and_it_is_taken_back,
)


@pytest.mark.first
@pytest.mark.parametrize("hand", [Pointer, Typist])
def test_a_marketers_story(small_house, page_of, axe, hand):
    told = hand(page_of(small_house, "mark", "/funnels", width=hand.width))
    told.house = small_house

    for part in STORY:
        part(told, axe)
