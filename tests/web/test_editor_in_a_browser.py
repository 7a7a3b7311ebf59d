"""The editor of funnels in a real Chromium."""

import json
import re

import pytest
from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from crm.leads.recording import NewLead, record_leads
from funnels.publication.publishing import save_draft
from funnels.reading import read
from tests.web.editing import ADS, at, keeps_nothing, kept, node, opened


@pytest.fixture
def drawn(small_house):
    with small_house.database.work() as work:
        save_draft(work, read(ADS), by=SYSTEM)
    return small_house


def is_saved(page):
    expect(page.locator(".saved-sign")).to_have_attribute("data-state", "saved")


def test_a_funnel_is_drawn_from_an_empty_canvas_put_right_and_published(small_house, page_of, axe):
    page = page_of(small_house, "mark", "/funnels")
    page.locator(".new-funnel > summary").click()
    page.get_by_label("What is it called?").fill("Autumn ads")
    page.get_by_role("button", name="Draw it").click()
    page.get_by_text("Begin with a trigger").wait_for()

    page.locator('[data-block="trigger.lead_created"]').click()
    node(page, "trigger_lead_created").wait_for()
    expect(node(page, "trigger_lead_created")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_text("After “Lead created”")).to_be_visible()
    page.keyboard.type("add tags")
    page.keyboard.press("Enter")
    expect(node(page, "crm_add_tags")).to_be_focused()
    expect(page.locator(".react-flow__edge")).to_have_count(1)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".problem-list")).to_contain_text("this is required")
    page.troubles.clear()  # the browser notes every refusal

    page.locator(".problem-list button").first.click()
    expect(page.locator(".inspector .node-title")).to_have_attribute("placeholder", "Add tags")
    page.locator('[data-setting="tags"] input').fill("autumn")
    page.locator('[data-setting="tags"] input').press("Enter")
    expect(page.locator("#show-problems")).to_have_count(0)
    is_saved(page)
    assert axe(page) == []
    page.get_by_role("button", name="Publish").click()

    expect(page.get_by_text("version 1 in use")).to_be_visible()
    document = kept(small_house, "autumn_ads")
    assert [one.type for one in document.nodes] == ["trigger.lead_created", "crm.add_tags"]
    assert document.nodes[1].config == {"tags": ["autumn"]}


def test_blocks_are_put_into_lines_copied_removed_and_all_of_it_undone(drawn, page_of):
    page = opened(drawn, page_of)
    before = kept(drawn)
    node(page, "tag").click()
    page.get_by_role("button", name="Add a block behind “next”").click()
    page.get_by_role("searchbox", name="Find a block").press_sequentially("comment")
    page.keyboard.press("Enter")
    expect(node(page, "crm_add_comment")).to_be_focused()
    expect(page.locator(".react-flow__edge")).to_have_count(3)
    page.keyboard.press("Control+d")
    expect(node(page, "crm_add_comment_2")).to_be_visible()
    page.keyboard.press("Delete")
    expect(node(page, "crm_add_comment_2")).to_have_count(0)
    at(page, "come")
    page.keyboard.press("Enter")
    page.locator(".node-title").fill("Somebody came")
    expect(node(page, "come")).to_contain_text("Somebody came")
    is_saved(page)
    assert {edge.source: edge.target for edge in kept(drawn).edges}["tag"] == "crm_add_comment"

    undo = page.get_by_role("button", name="Undo", exact=True).and_(page.locator(".editor-bar button"))
    for _ in range(4):
        undo.click()
    expect(undo).to_be_disabled()
    is_saved(page)

    assert kept(drawn) == before


def test_the_canvas_is_worked_by_keys_and_has_notes_and_groups_that_fold(drawn, page_of, axe):
    page = opened(drawn, page_of)
    at(page, "come")
    page.keyboard.press("ArrowRight")
    expect(node(page, "tag")).to_be_focused()
    page.keyboard.press("Tab")
    expect(node(page, "end")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(node(page, "come")).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_role("combobox", name="Where shall it lead?")).to_be_focused()
    page.keyboard.type("exit")
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(node(page, "come")).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    is_saved(page)
    document = kept(drawn)
    assert {edge.source: edge.target for edge in document.edges} == {"come": "end", "tag": "end"}
    assert document.nodes[0].layout.y == 24

    page.keyboard.press("Control+a")
    page.keyboard.press("Control+g")
    page.locator("#inspector").get_by_label("Name of the group").fill("First call")
    page.locator(".canvas-frame").get_by_role("button", name="Fold").click()
    expect(page.locator(".canvas-fold")).to_contain_text("Blocks inside: 3")
    expect(page.locator(".react-flow__node-block")).to_have_count(0)
    page.locator(".react-flow__pane").click(position={"x": 30, "y": 30})
    page.keyboard.press("n")
    expect(page.locator("textarea.canvas-note")).to_be_focused()
    page.keyboard.type("Спитати Олю")
    is_saved(page)
    drawing = kept(drawn).drawing
    assert [(one.name, one.nodes, one.folded) for one in drawing.groups] == [
        ("First call", ("come", "tag", "end"), True)
    ]
    assert [one.text for one in drawing.notes] == ["Спитати Олю"]
    assert axe(page) == []

    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("leads a way out to another block")
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="What do you want to do?").click()
    page.keyboard.type("add tags")
    page.get_by_role("dialog").get_by_role("option", name="Add tags").first.click()
    expect(node(page, "tag")).to_be_focused()
    expect(page.locator(".canvas-fold")).to_have_count(0)


def test_pasted_blocks_that_name_what_there_is_not_here_ask_for_it(drawn, page_of):
    page = opened(drawn, page_of)
    config = {"plan": "elsewhere"}
    clip = {
        "voronka": "nodes",
        "version": 1,
        "nodes": [{"id": "deal", "type": "crm.add_to_plan", "config": config}],
        "edges": [],
    }
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }""",
        json.dumps(clip),
    )

    expect(node(page, "deal")).to_be_visible()
    note = page.locator(".toast", has_text="Pasted blocks that name what there is not here: 1")
    note.get_by_role("button", name="What to put right").click()
    expect(page.locator(".problem-list")).to_contain_text("there is no sales plan elsewhere")
    page.get_by_role("button", name="Undo", exact=True).and_(page.locator(".editor-bar button")).click()
    expect(node(page, "deal")).to_have_count(0)


def test_nothing_is_lost_without_a_connection_or_by_a_reload(drawn, page_of):
    page = opened(drawn, page_of)
    with keeps_nothing(drawn):
        node(page, "tag").click()
        page.locator(".node-title").fill("Мітка")
        expect(page.locator(".saved-sign")).to_have_attribute("data-state", "offline")
        page.reload()
        expect(node(page, "tag")).to_contain_text("Мітка")
        assert kept(drawn).nodes[1].title is None

    page.keyboard.press("Control+s")

    is_saved(page)
    assert kept(drawn).nodes[1].title == "Мітка"
    page.troubles.clear()  # the browser notes every request that failed


def test_two_people_change_different_blocks_and_are_asked_about_the_same(drawn, page_of):
    one, other = opened(drawn, page_of, "mark"), opened(drawn, page_of, "root")
    for page in (one, other):  # nobody looks by himself what the other does: it depends on how long the test takes
        page.route("**/draft?since=*", lambda route: route.fulfill(status=204))
    node(one, "tag").click()
    one.locator(".node-title").fill("Of Mark")
    is_saved(one)
    expect(one.locator(".react-flow__node.selected")).to_contain_text("Of Mark")

    node(other, "end").click()
    other.locator(".node-title").fill("Of Root")
    expect(node(other, "tag")).to_contain_text("Of Mark")
    is_saved(other)
    assert [each.title for each in kept(drawn).nodes] == [None, "Of Mark", "Of Root"]

    node(one, "end").click()
    one.locator(".node-title").fill("Of Mark too")
    expect(one.get_by_role("alert")).to_contain_text("Whose version holds?")
    assert kept(drawn).nodes[2].title == "Of Root"
    one.get_by_role("button", name="Take theirs").click()
    expect(node(one, "end")).to_contain_text("Of Root")
    is_saved(one)
    one.troubles.clear()  # the browser notes every refusal


LOOSE = """
key: ads
name: Ads
nodes:
  - {id: come, type: trigger.lead_created, layout: {x: 0, y: 0}}
  - {id: ask, type: logic.condition, config: {condition: {op: not_empty, field: lead.phone}}, layout: {x: 320, y: 0}}
  - {id: call, type: task.create, config: {name: Call}, layout: {x: 640, y: 0}}
edges:
  - {from: come, to: ask}
  - {from: ask, port: "yes", to: call}
"""


def test_what_is_wrong_is_gone_through_by_a_key_and_put_right_by_one_step_that_is_undone(small_house, page_of, axe):
    with small_house.database.work() as work:
        save_draft(work, read(LOOSE), by=SYSTEM)
    page = opened(small_house, page_of)
    before = kept(small_house)

    page.keyboard.press("F8")
    deadline = page.locator('#inspector [data-setting="deadline"]')
    expect(deadline.locator("select").first).to_be_focused()
    deadline.get_by_role("button", name="Due in a day").press("Enter")
    expect(deadline.locator(".error")).to_have_count(0)
    page.keyboard.press("F8")
    expect(page.locator(".node-title")).to_have_attribute("placeholder", "Condition")
    assert axe(page) == []
    page.get_by_role("button", name="Lead it to an end").click()
    expect(node(page, "logic_exit")).to_be_visible()
    expect(page.locator("#show-problems")).to_have_count(0)
    is_saved(page)
    assert kept(small_house).nodes[2].config["deadline"] == {"kind": "days_in_stage", "days": 1}

    undo = page.get_by_role("button", name="Undo", exact=True).and_(page.locator(".editor-bar button"))
    undo.click()
    expect(node(page, "logic_exit")).to_have_count(0)
    undo.click()
    expect(undo).to_be_disabled()
    is_saved(page)
    assert kept(small_house) == before


def test_a_condition_is_built_of_groups_and_said_in_a_sentence(small_house, page_of, axe):
    with small_house.database.work() as work:
        save_draft(work, read(LOOSE), by=SYSTEM)
    page = opened(small_house, page_of)
    node(page, "ask").click()
    condition = page.locator('#inspector [data-setting="condition"]')
    expect(condition.locator(".sentence")).to_have_text("lead's phone is filled")

    condition.get_by_role("button", name="Add a group").click()
    group = condition.get_by_role("group", name="Group of conditions")
    field = group.get_by_role("combobox", name="Field")
    field.click()
    page.keyboard.type("deal amount")
    page.keyboard.press("Enter")
    expect(field).to_have_value("deal's amount")
    group.get_by_role("spinbutton", name="Value").fill("1000")
    group.get_by_role("checkbox", name="not so").check()

    sentence = "lead's phone is filled, and not so: deal's amount is more than 1000"
    expect(condition.locator(".sentence")).to_have_text(sentence)
    assert axe(page) == []
    is_saved(page)
    assert kept(small_house).nodes[1].config["condition"]["of"][1] == {
        "op": "not",
        "of": {"op": "any", "of": [{"op": "greater", "field": "deal.amount", "value": 100000}]},
    }


def test_a_text_is_read_as_it_would_be_about_a_lead_that_was_found(small_house, page_of, axe):
    with small_house.database.work() as work:
        record_leads(work, [NewLead(title="Кухня", name="Олена", phone="+380501234567")], by=SYSTEM)
        save_draft(work, read(LOOSE), by=SYSTEM)
    page = opened(small_house, page_of)
    node(page, "call").click()
    name = page.locator('#inspector [data-setting="name"]')
    name.locator("textarea").fill("Call ")
    name.get_by_role("button", name="lead's name").click()
    expect(name.locator("textarea")).to_have_value("Call {lead.name}")
    name.get_by_text("How it reads").click()
    name.get_by_role("searchbox").fill("кухня")
    name.get_by_role("button", name="Кухня").click()

    expect(name.locator("output")).to_have_text("Call Олена")
    page.get_by_text("How this block works").click()
    expect(page.locator(".page-text")).to_contain_text("The deadline is one of four kinds.")
    assert axe(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_editor_is_open_to_everybody(small_house, page_of, axe, width, theme):
    with small_house.database.work() as work:
        save_draft(work, read(ADS.replace("tags: [ads]", "tags: []")), by=SYSTEM)
    page = opened(small_house, page_of, width=width, theme=theme)

    def is_open(what):
        assert axe(page) == [], what
        assert page.evaluate("document.documentElement.scrollWidth") <= width, what

    at(page, "tag")
    expect(node(page, "tag")).to_have_attribute("aria-label", re.compile(r"^Add tags: .*2 of 3\. Leads to: Exit"))
    is_open("canvas")
    page.keyboard.press("Enter")
    expect(page.locator("#inspector .node-title")).to_be_focused()
    is_open("settings")
    page.keyboard.press("Escape")
    expect(node(page, "tag")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_role("searchbox", name="Find a block")).to_be_focused()
    is_open("a block is asked for")
    page.keyboard.press("Escape")
    page.locator("#show-problems").click()
    expect(page.locator(".problem-list")).to_contain_text("Add tags")
    is_open("problems")


def test_the_focus_is_never_lost(drawn, page_of):
    page = opened(drawn, page_of)
    at(page, "tag")
    page.keyboard.press("Enter")
    page.locator("#inspector").get_by_role("button", name="Remove", exact=True).press("Enter")
    expect(node(page, "tag")).to_have_count(0)
    expect(page.locator(".react-flow__node:focus")).to_have_count(1)

    page.keyboard.press("Enter")
    page.locator("#inspector").get_by_role("button", name="Close", exact=True).press("Enter")
    expect(page.locator("#inspector .node-title")).to_have_count(0)
    expect(page.locator(".react-flow__node:focus")).to_have_count(1)
    for part in ("#inspector", ".editor-bar", ".blocks-shelf", ".stage"):
        page.keyboard.press("F6")
        expect(page.locator(f"{part} :focus")).to_have_count(1)


def test_a_setting_is_changed_and_published_on_a_phone(drawn, page_of, axe):
    page = opened(drawn, page_of, width=390)
    page.get_by_role("button", name="Show all").tap()
    node(page, "tag").tap()
    tags = page.locator('#inspector [data-setting="tags"] input')
    tags.tap()
    tags.fill("phone")
    tags.press("Enter")
    expect(page.locator("#inspector .chips")).to_contain_text("phone")
    page.locator("#inspector").get_by_role("button", name="Close", exact=True).tap()
    page.get_by_role("button", name="Publish").tap()

    expect(page.get_by_text("version 1 in use")).to_be_visible()
    assert kept(drawn).nodes[1].config == {"tags": ["ads", "phone"]}
