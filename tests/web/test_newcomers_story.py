"""A newcomer's first hour, as one story in a real browser: from an empty database to the answer to "why did nothing happen?"."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.conftest import PREFERS, be_patient
from workers.loop import Loop

FILES = Path(__file__).with_name("story")


class Story:
    """Browsers of people, on one running installation."""

    def __init__(self, browser, house, address):
        self.browser, self.house, self.address, self.contexts = browser, house, address, []

    def person(self, *, width=1440):
        context = self.browser.new_context(
            base_url=self.address, viewport={"width": width, "height": 860}, has_touch=width < 600, **PREFERS
        )
        be_patient(context)
        self.contexts.append(context)
        return context.new_page()


@pytest.fixture
def story(empty_house, browser, served):
    house = empty_house
    loop = Loop(house.database)
    loop.start()
    told = Story(browser, house, served(house))
    yield told
    for context in told.contexts:
        context.close()
    loop.stop()


def begin(page):
    page.goto("/")
    page.get_by_label("Name", exact=False).first.fill("Sofas & Co")
    page.get_by_label("Full name").fill("Olena Koval")
    page.get_by_label("Login").fill("olena")
    page.get_by_label("Password").fill("a long sentence")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/")


def make_plan(page):
    page.goto("/settings/new-plan")
    page.get_by_label("Name", exact=False).first.fill("Sales")
    page.locator("#distribution-even").check()
    page.get_by_role("button", name="Make the plan").click()
    page.wait_for_url("**/settings/plans/*")


def invite(page, story):
    page.goto("/settings/people/new")
    page.get_by_label("Full name").fill("Marko Dub")
    page.get_by_label("Login").fill("marko")
    page.get_by_label("Role").select_option("manager")
    page.get_by_role("button", name="Invite").click()
    link = page.locator("#link").input_value()
    manager = story.person()
    manager.goto(link)
    manager.get_by_label("New password").fill("another sentence")
    manager.get_by_label("Once more").fill("another sentence")
    manager.get_by_role("button", name="Save and sign in").click()
    manager.wait_for_url("**/")
    return manager


def put_to_work(page):
    page.goto("/settings/plans/sales")
    page.locator('input[name="managers"][value="marko"]').check()
    with page.expect_navigation():
        page.get_by_role("button", name="Save the people").click()


def add_stage(page):
    page.goto("/settings/plans/sales")
    page.locator("#new-stage").fill("Talks")
    page.locator("form", has=page.locator("#new-stage")).get_by_role("button", name="Add").click()
    page.locator("#stage-talks").wait_for()


def publish(page, name):
    page.goto("/funnels/upload")
    page.locator("input[type=file]").set_input_files(FILES / name)
    with page.expect_navigation():
        page.get_by_role("button", name="Check it").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Publish").click()


def make_form(page):
    page.goto("/settings/forms/new")
    page.get_by_label("Name for colleagues").fill("Ask us")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").last.click()
    return page.locator("input[readonly]").first.input_value()


def ask_on_a_phone(story, address):
    phone = story.person(width=390)
    phone.goto(address)
    for label, value in (("name", "Iryna Petrenko"), ("phone", "+380671234567"), ("email", "iryna@example.com")):
        field = phone.locator(f'input[name="{label}"]')
        if field.count():
            field.fill(value)
    story.house.forward(seconds=5)  # nobody fills a form faster, and the page knows it
    phone.locator(".public-send").click()
    phone.wait_for_url("**sent=1**")


def drag(page, card, stage):
    start = card.bounding_box()
    end = page.locator(f'.column[data-stage="{stage}"] [data-cards]').bounding_box()
    page.mouse.move(start["x"] + 60, start["y"] + 40)
    page.mouse.down()
    page.mouse.move(end["x"] + 100, end["y"] + 30, steps=12)
    page.mouse.move(end["x"] + 110, end["y"] + 40, steps=3)
    page.mouse.up()


def test_a_newcomers_first_hour(story):
    boss = story.person()
    begin(boss)
    make_plan(boss)
    manager = invite(boss, story)
    put_to_work(boss)
    add_stage(boss)
    for name in ("funnel.yaml", "robots.yaml", "large.yaml"):
        publish(boss, name)
    address = make_form(boss)

    manager.goto("/boards/sales")
    ask_on_a_phone(story, address)
    card = manager.locator(".card", has_text="Iryna Petrenko")
    card.wait_for()  # without a reload

    drag(manager, card, "talks")
    manager.locator('.column[data-stage="talks"] .card .chip[title="Call and ask about the size"]').wait_for()

    manager.locator(".card .title").first.click()
    drawer = manager.locator("#drawer")
    drawer.get_by_text("Call and ask about the size").first.wait_for()
    drawer.get_by_text("Large deals are marked").first.wait_for()
    drawer.get_by_text("needs more than").first.wait_for()

    boss.goto("/funnels/asked")
    expect(boss.locator(".react-flow__node")).to_have_count(2)
