"""A manager's day, as one story in a real browser: with the mouse, with the keyboard alone, and with a finger on a phone."""

import pytest
from playwright.sync_api import expect

from crm.access.actor import SYSTEM
from crm.settings.directories import NewLossReason, add_loss_reasons
from crm.settings.field_definitions import NewField, add_fields
from crm.settings.stages import StageChange, change_stage
from tests.crm.company import put_deals
from tests.web.test_boards import recount

LONG = 60_000


@pytest.fixture
def house(small_house):
    with small_house.database.work() as work:
        add_fields(work, [NewField("deal", "Size", "number", key="size")], by=SYSTEM)
        add_loss_reasons(work, [NewLossReason("Too dear", key="dear"), NewLossReason("Later", key="later")], by=SYSTEM)
        change_stage(work, "wholesale", "talks", StageChange(required_fields=["company", "field.size"]), by=SYSTEM)
        put_deals(work, 1, owner="ann")
    recount(small_house)
    return small_house


class Mouse:
    """Somebody at a desk who drags."""

    width = 1440

    def __init__(self, page):
        self.page = page

    def card(self, title):
        return self.page.locator(".card", has_text=title)

    def add(self, title):
        self.page.get_by_role("button", name="New deal on “New”").click()
        self.page.get_by_label("What it is about").fill(title)
        self.page.get_by_role("button", name="Add", exact=True).click()

    def move(self, title, stage):
        start = self.card(title).bounding_box()
        end = self.page.locator(f'.column[data-stage="{stage}"] [data-cards]').bounding_box()
        mouse = self.page.mouse
        mouse.move(start["x"] + 60, start["y"] + 40)
        mouse.down()
        mouse.move(end["x"] + 100, end["y"] + 30, steps=12)
        mouse.move(end["x"] + 110, end["y"] + 40, steps=3)
        mouse.up()

    def fill(self, label, value):
        self.window.get_by_label(label).fill(value)

    def choose(self, label):
        self.window.get_by_label(label).check()

    def confirm(self):
        self.window.get_by_role("button", name="Move", exact=True).click()

    def open(self, title):
        self.card(title).locator(".title").click()

    def recall(self, why):
        self.page.locator("#recall summary").click()
        self.page.locator("#recall-why").fill(why)
        self.page.locator("#recall").get_by_role("button", name="Recall deal").click()

    def close(self):
        self.page.get_by_role("link", name="Close", exact=True).click()

    @property
    def window(self):
        return self.page.locator("#move-window")


class Finger(Mouse):
    """Somebody with a phone of 390 pixels: every card has a menu that does what dragging does."""

    width = 390

    def add(self, title):
        self.page.get_by_role("button", name="New deal on “New”").tap()
        self.page.get_by_label("What it is about").fill(title)
        self.page.get_by_role("button", name="Add", exact=True).tap()

    def move(self, title, stage):
        self.card(title).locator("[data-move]").tap()
        name = self.page.locator(f'.column[data-stage="{stage}"]').get_attribute("data-name")
        self.page.get_by_role("menuitem", name=name).tap()

    def choose(self, label):
        self.window.get_by_label(label).tap()

    def confirm(self):
        self.window.get_by_role("button", name="Move", exact=True).tap()

    def open(self, title):
        self.card(title).locator(".title").tap()

    def recall(self, why):
        self.page.locator("#recall summary").tap()
        self.page.locator("#recall-why").fill(why)
        self.page.locator("#recall").get_by_role("button", name="Recall deal").tap()

    def close(self):
        self.page.get_by_role("link", name="Close", exact=True).tap()


class Keys(Mouse):
    """Somebody who never touches the mouse."""

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, selector):
        """Go from field to field until the one wanted has the focus."""
        for _ in range(150):
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
            self.press("Tab")
        raise AssertionError(f"no key leads to {selector}")

    def at(self, title):
        """Walk over the cards until one is reached."""
        for key in ("j", "k", "l") * 4 + ("h", "j", "k") * 4:
            self.press(key)
            if self.page.locator(".card.at", has_text=title).count():
                return
        raise AssertionError(f"no key leads to the card {title}")

    def add(self, title):
        self.press("n")
        self.to("#d-title")
        self.page.keyboard.type(title)
        self.press("Enter")

    def move(self, title, stage):
        self.at(title)
        self.press("m")
        menu = self.page.locator("#move-menu button")
        expect(menu.first).to_be_focused(timeout=LONG)
        name = self.page.locator(f'.column[data-stage="{stage}"]').get_attribute("data-name")
        self.press(*["ArrowDown"] * menu.all_inner_texts().index(name), "Enter")

    def fill(self, label, value):
        self.to(f"#{self.window.get_by_label(label).get_attribute('id')}".replace(".", "\\."))
        self.page.keyboard.type(value)

    def choose(self, label):
        self.to("#move-window [name=reason]")
        self.press("Space")
        while not self.window.get_by_label(label).is_checked():
            self.press("ArrowDown")

    def confirm(self):
        self.to("#move-window .button.primary")
        self.press("Enter")

    def open(self, title):
        self.at(title)
        self.press("Enter")

    def recall(self, why):
        self.to("#recall summary")
        self.press("Enter")
        self.to("#recall-why")
        self.page.keyboard.type(why)
        self.press("Enter")

    def close(self):
        self.press("Escape")
        if self.page.locator("[data-drawer]").count():  # the first one leaves a field
            self.press("Escape")


def stands(hand, title, stage):
    expect(hand.page.locator(f'.column[data-stage="{stage}"] .card', has_text=title)).to_have_count(1, timeout=LONG)


def said(hand, words):
    expect(hand.page.locator("#toasts").get_by_text(words).last).to_be_visible(timeout=LONG)


def a_deal_is_added_where_it_stands(hand):
    hand.add("Kitchen of oak")
    stands(hand, "Kitchen of oak", "new")


def what_a_stage_asks_for_is_filled_in(hand):
    hand.move("Kitchen of oak", "talks")
    expect(hand.window).to_be_visible(timeout=LONG)
    hand.fill("Company", "Oak & Sons")
    hand.fill("Size", "12")
    hand.confirm()
    said(hand, "Moved to Talks")
    stands(hand, "Kitchen of oak", "talks")


def a_deal_is_lost_with_its_reason(hand):
    hand.move("Kitchen of oak", "closed_lost")
    expect(hand.window).to_be_visible(timeout=LONG)
    hand.choose("Later")
    hand.confirm()
    said(hand, "Moved to Closed, lost")
    stands(hand, "Kitchen of oak", "closed_lost")


def it_is_recalled(hand):
    hand.open("Kitchen of oak")
    hand.page.locator("[data-drawer]").wait_for(timeout=LONG)
    hand.recall("They called back")
    said(hand, "Taken up again.")
    expect(hand.page.locator("#recall")).to_have_count(0, timeout=LONG)
    hand.close()
    expect(hand.page.locator("[data-drawer]")).to_have_count(0, timeout=LONG)
    stands(hand, "Kitchen of oak", "talks")  # without a reload


MORNING = ()
"""What comes before the board: the filter."""
AT_THE_BOARD = (
    a_deal_is_added_where_it_stands,
    what_a_stage_asks_for_is_filled_in,
    a_deal_is_lost_with_its_reason,
    it_is_recalled,
)
AFTERNOON = ()
"""What follows: many at once with undo, handing over, and from a report to its deals."""


@pytest.mark.parametrize("hand", [Mouse, Keys, Finger])
def test_a_managers_day(house, page_of, hand):
    told = hand(page_of(house, "boss", "/boards/wholesale", width=hand.width))
    for part in (*MORNING, *AT_THE_BOARD, *AFTERNOON):
        part(told)
