"""Hands that draw funnels: with a mouse, and with the keys alone."""

import re

from playwright.sync_api import Locator, expect

from tests.web.editing import node, stands
from tests.web.hands import Keys, Mouse


def middle(wanted: Locator, beside: int = 0) -> tuple[float, float]:
    box = wanted.bounding_box()
    return box["x"] + box["width"] / 2 + beside, box["y"] + box["height"] / 2


class Drawing:
    """What both do alike: they look at the same page, and fill in the same panel."""

    def node(self, id_: str) -> Locator:
        return node(self.page, id_)

    @property
    def panel(self) -> Locator:
        return self.page.locator("#inspector")

    def setting(self, name: str) -> Locator:
        return self.panel.locator(f'[data-setting="{name}"]')

    def pick(self, block: str) -> None:
        """Choose a block by its name, where one is asked for."""
        search = self.page.get_by_role("searchbox", name="Find a block")
        expect(search).to_be_focused()
        self.page.keyboard.type(block)
        self.page.keyboard.press("Enter")

    def choose(self, field: Locator, value: str) -> None:
        """Choose one of few from a list, one of many by typing what it is called."""
        if field.get_attribute("role") != "combobox":
            return super().choose(field, value)
        self.type(field, value)
        self.page.keyboard.press("Enter")
        return expect(field).to_have_attribute("aria-expanded", "false")

    def added(self, id_: str) -> None:
        expect(self.node(id_)).to_be_focused()
        self.open(id_)

    def called(self, title: str) -> None:
        self.type(self.panel.locator(".node-title"), title)

    def is_saved(self) -> None:
        stands(self.page, "saved")


class Pointer(Drawing, Mouse):
    """Draws with the mouse; types only where something is named."""

    width = 1440

    def new_funnel(self, name: str) -> None:
        self.press(self.page.locator(".new-funnel > summary"))
        self.type(self.page.get_by_label("What is it called?"), name)
        self.follow(self.page.get_by_role("button", name="Draw it"))

    def begin(self, block: str) -> None:
        self.press(self.page.locator(".blocks-shelf").get_by_role("button", name=block, exact=True))

    def find(self, title: str) -> None:
        field = self.page.get_by_role("searchbox", name="Find on the canvas")
        field.fill(title)
        field.press("Enter")

    def open(self, id_: str) -> None:
        if "selected" not in (self.node(id_).get_attribute("class") or ""):
            self.find(self.node(id_).locator("b").inner_text())
        expect(self.node(id_)).to_have_class(re.compile(r"\bselected\b"))

    def after(self, id_: str, port: str, block: str) -> None:
        self.open(id_)
        free = self.node(id_).locator(f'.way-out.free[data-handleid="{port}"]')
        beside = self.panel.locator(f"#way-{id_}-{port}").locator("xpath=following-sibling::button")
        self.press(free if free.count() else beside)
        self.pick(block)

    def lead(self, id_: str, port: str, to: str) -> None:
        """Draw a line; where the canvas was still moving, and it was dropped beside, draw it once more."""
        self.press(self.page.get_by_role("button", name="Show all"))
        start, end = self.node(id_).locator(f'.way-out[data-handleid="{port}"]'), self.node(to)
        line = self.page.locator(f'.react-flow__edge[data-id="{id_}:{port}:{to}"]')
        for _ in range(20):
            start.hover()
            self.page.mouse.down()
            self.page.mouse.move(*middle(start, 20), steps=4)
            self.page.mouse.move(*middle(end), steps=8)
            self.page.mouse.up()
            expect(line.or_(self.page.locator(".asked-for")).first).to_be_attached()
            if line.count():
                return
            self.page.keyboard.press("Escape")
        raise AssertionError(f"no line from {id_} to {to}")

    def go_to_the_mistake(self) -> None:
        self.press(self.page.locator("#show-problems"))
        self.press(self.page.locator(".problem-list").get_by_role("button").filter(has_text="Hot").first)

    def publish(self) -> None:
        self.press(self.page.get_by_role("button", name="Publish"))

    def leave(self) -> None:
        self.follow(self.page.get_by_role("link", name="To the funnel"))

    def take_back(self) -> None:
        self.press(self.page.locator("#toasts").get_by_role("button", name="Take it back"))


class Typist(Drawing, Keys):
    """Draws and never touches the mouse."""

    width = 1440

    def new_funnel(self, name: str) -> None:
        self.arrive()
        self.press(self.page.locator(".new-funnel > summary"))
        self.type(self.page.get_by_label("What is it called?"), name)
        with self.page.expect_navigation():
            self.keys("Enter")

    def begin(self, block: str) -> None:
        self.keys("a")
        self.pick(block)

    def find(self, title: str) -> None:
        self.back()
        self.keys("f")
        expect(self.page.locator("#find-node")).to_be_focused()
        self.keys("Control+a")
        self.page.keyboard.type(title)
        self.keys("Enter")

    def back(self) -> None:
        """Leave a field for the canvas."""
        if self.page.evaluate("document.activeElement.matches('input, select, textarea, button')"):
            self.keys("Escape")
            expect(self.page.locator(".react-flow__node:focus")).to_have_count(1)

    def reach(self, id_: str) -> None:
        """Have the focus on a block."""
        if not self.node(id_).evaluate("node => node === document.activeElement"):
            self.find(self.node(id_).locator("b").inner_text())
            expect(self.node(id_)).to_be_focused()

    def open(self, id_: str) -> None:
        """Have the focus in the panel of a block."""
        self.reach(id_)
        self.keys("Enter")
        expect(self.panel.locator(".node-title")).to_be_focused()

    def after(self, id_: str, port: str, block: str) -> None:
        """Ask for a block by the one key there is for the first free way out, else by the panel."""
        self.back()
        free = self.node(id_).locator(".way-out.free").all()
        if free and free[0].get_attribute("data-handleid") == port:
            self.reach(id_)
            self.keys("a")
            return self.pick(block)
        self.open(id_)
        way = self.panel.locator(f"#way-{id_}-{port}")
        self.press(way.locator("xpath=following-sibling::button"))
        return self.pick(block)

    def lead(self, id_: str, port: str, to: str) -> None:
        """Say in the panel where a port leads."""
        self.back()
        self.open(id_)
        self.choose(self.panel.locator(f"#way-{id_}-{port}"), to)

    def go_to_the_mistake(self) -> None:
        self.back()
        self.keys("F8")

    def to_the_bar_above(self) -> None:
        self.back()
        self.keys("F6", "F6")  # from the canvas by the panel
        expect(self.page.get_by_role("link", name="To the funnel")).to_be_focused()

    def publish(self) -> None:
        self.to_the_bar_above()
        self.press(self.page.get_by_role("button", name="Publish"))

    def take_back(self) -> None:
        self.keys("z")

    def leave(self) -> None:
        self.to_the_bar_above()
        self.follow(self.page.get_by_role("link", name="To the funnel"))
