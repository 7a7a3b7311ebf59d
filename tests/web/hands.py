"""Hands that work on pages in a real browser: with a mouse, with the keys alone, with a finger on a phone.

What is done is said once (``press``, ``type``, ``choose``, ``tick``); each hand does it in its way.
"""

import re

from playwright.sync_api import Locator, Page, expect

FAR = 30
"""How many presses of Tab anything may be away from where one is."""
BESIDE_IT_AND_STILL = """card => new Promise(done => {
  card.scrollIntoView({ block: "nearest", inline: "center" });
  let before = NaN;
  const look = () => {
    const now = card.getBoundingClientRect().left;
    if (now === before) done();
    else { before = now; setTimeout(look, 100); }
  };
  look();
})"""
"""Shows a card as a swipe would, and waits until the board lies still."""


class Mouse:
    """Somebody at a desk."""

    width = 1680

    def __init__(self, page: Page):
        self.page = page

    def card(self, title: str) -> Locator:
        return self.page.locator(".card", has_text=title)

    def column(self, stage: str, of: str = "stage") -> Locator:
        return self.page.locator(f'.column[data-{of}="{stage}"]')

    def shown(self, wanted: Locator) -> Locator:
        expect(wanted).to_be_visible()
        return wanted

    def press(self, wanted: Locator) -> None:
        wanted.click()

    def tick(self, wanted: Locator) -> None:
        self.press(wanted)
        expect(wanted).to_be_checked()

    def type(self, wanted: Locator, text: str) -> None:
        wanted.fill(text)

    def choose(self, wanted: Locator, value: str) -> None:
        wanted.select_option(value)

    def follow(self, wanted: Locator) -> None:
        """Press what leads to another page, and be there."""
        with self.page.expect_navigation():
            self.press(wanted)
        self.arrive()

    def arrive(self) -> None:
        """Get from the top of a page to what it is about."""

    def open_filter(self) -> None:
        self.press(self.page.locator("#filter > summary"))

    def find(self) -> None:
        self.follow(self.page.locator("#filter").get_by_role("button", name="Find"))

    def show_all(self) -> None:
        self.follow(self.page.locator(".facet"))

    def begin_deal(self) -> None:
        self.press(self.page.get_by_role("button", name="New deal on “New”"))

    def move(self, title: str, stage: str, of: str = "stage") -> None:
        start, end = self.card(title).bounding_box(), self.column(stage, of).locator("[data-cards]").bounding_box()
        mouse = self.page.mouse
        mouse.move(start["x"] + 60, start["y"] + 18)
        mouse.down()
        mouse.move(end["x"] + 100, end["y"] + 30, steps=12)
        mouse.move(end["x"] + 110, end["y"] + 40, steps=3)
        mouse.up()

    def open(self, title: str) -> None:
        self.press(self.card(title).locator(".title"))

    def close(self) -> None:
        self.press(self.page.get_by_role("link", name="Close", exact=True))

    def pick_a_card(self) -> None:
        self.page.locator(".card").first.hover()
        self.tick(self.page.locator(".card .pick").first)

    def to_the_bar(self) -> None:
        """Get to the bar of what is chosen."""

    def undo(self) -> None:
        self.press(self.page.locator("#toasts").get_by_role("button", name="Undo").last)

    def go_to_reports(self) -> None:
        self.follow(self.page.locator(".sidebar").first.get_by_role("link", name="Reports"))


class Finger(Mouse):
    """Somebody with a phone of 390 pixels: taps, swipes, and a long press that drags."""

    width = 390

    def __init__(self, page: Page):
        super().__init__(page)
        self.glass = page.context.new_cdp_session(page)

    def touch(self, kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        self.glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def press(self, wanted: Locator) -> None:
        wanted.tap()

    def swipe_up(self, wanted: Locator) -> None:
        """Scroll what lies under the finger."""
        box = wanted.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + 300
        self.touch("touchStart", x, y)
        for step in range(1, 9):
            self.touch("touchMove", x, y - 25 * step)
        self.touch("touchEnd")

    def move(self, title: str, stage: str, of: str = "stage") -> None:
        """Rest on the card until it is lifted, carry it to the edge until its column is there, and let it go."""
        card, there = self.card(title), self.column(stage, of).locator("[data-cards]")
        card.evaluate(BESIDE_IT_AND_STILL)
        box = card.bounding_box()
        x, y = box["x"] + 90, box["y"] + 18
        self.touch("touchStart", x, y)
        expect(card).to_have_class(re.compile("sortable-chosen"))
        self.touch("touchMove", x + 30, y + 8)
        expect(self.page.locator(".card.dragged")).to_be_visible()
        edge = self.width - 12
        for step in range(5000):
            box = there.bounding_box()
            if there.locator(".ghosted").count():
                break
            if box["x"] + 150 < edge:
                self.touch("touchMove", max(box["x"], 0) + 120, box["y"] + 16 + step % 2)
            else:
                self.touch("touchMove", edge - step % 2, y)  # the board scrolls by itself under a finger at its edge
        expect(there.locator(".ghosted")).to_have_count(1)
        self.touch("touchEnd")

    def pick_a_card(self) -> None:
        self.press(self.page.get_by_role("button", name="Choose", exact=True))
        self.press(self.page.locator(".card").first)

    def go_to_reports(self) -> None:
        self.press(self.page.locator("nav.bottom button"))
        self.follow(self.page.locator("#more").get_by_role("link", name="Reports"))


class Keys(Mouse):
    """Somebody who never touches the mouse."""

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, wanted: Locator) -> None:
        """Go from one to the next until the one wanted has the focus; that must not be far."""
        self.shown(wanted)
        for _ in range(FAR):
            if wanted.evaluate("wanted => wanted === document.activeElement"):
                return
            self.keys("Tab")
        focused = self.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        raise AssertionError(f"no key leads to {wanted}: the focus is at {focused}")

    def press(self, wanted: Locator) -> None:
        self.to(wanted)
        self.keys("Enter")

    def tick(self, wanted: Locator) -> None:
        if wanted.get_attribute("type") == "radio":
            self.to(self.page.locator(f"[name={wanted.get_attribute('name')}]").first)
            self.keys("Space")
            while not wanted.is_checked():
                self.keys("ArrowDown")
            return
        self.to(wanted)
        self.keys("Space")
        expect(wanted).to_be_checked()

    def type(self, wanted: Locator, text: str) -> None:
        self.to(wanted)
        self.page.keyboard.type(text)

    def choose(self, wanted: Locator, value: str) -> None:
        self.to(wanted)
        for _ in range(wanted.locator("option").count()):
            if wanted.input_value() == value:
                return
            self.keys("ArrowDown")
        expect(wanted).to_have_value(value)

    def arrive(self) -> None:
        self.press(self.page.locator(".skip"))

    def open_filter(self) -> None:
        self.keys("f")

    def find(self) -> None:
        with self.page.expect_navigation():
            self.keys("Enter")
        self.arrive()

    def show_all(self) -> None:
        self.open_filter()
        self.follow(self.page.locator("#filter").get_by_role("link", name="Show all"))

    def begin_deal(self) -> None:
        self.keys("n")

    def at(self, title: str) -> None:
        """Walk over the cards until one is reached."""
        for key in ("j", "k", "l") * 4 + ("h", "j", "k") * 4:
            self.keys(key)
            if self.page.locator(".card.at", has_text=title).count():
                return
        raise AssertionError(f"no key leads to the card {title}")

    def move(self, title: str, stage: str, of: str = "stage") -> None:
        self.at(title)
        self.keys("m")
        menu = self.page.locator("#move-menu button")
        expect(menu.first).to_be_focused()
        name = self.column(stage, of).get_attribute("data-name")
        self.keys(*["ArrowDown"] * menu.all_inner_texts().index(name), "Enter")

    def open(self, title: str) -> None:
        self.at(title)
        self.keys("Enter")

    def close(self) -> None:
        self.keys("Escape")
        if self.page.locator("[data-drawer]").count():  # the first one leaves a field
            self.keys("Escape")

    def pick_a_card(self) -> None:
        self.keys("j")
        expect(self.page.locator(".card.at")).to_be_visible()
        self.keys("x")

    def to_the_bar(self) -> None:
        self.keys(".")

    def undo(self) -> None:
        self.keys("z")

    def go_to_reports(self) -> None:
        with self.page.expect_navigation():
            self.keys("g", "r")
        self.arrive()


HANDS = (Mouse, Keys, Finger)
