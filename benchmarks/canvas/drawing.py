"""What is done on a canvas, as contestants: open it, drag a node, take it back; each costs so much time of the main thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from waitress import create_server

import hatch_build
from benchmarks.canvas import graph
from benchmarks.frame import ContestantError, Measured
from crm.access.actor import SYSTEM
from crm.access.sessions import begin_session
from crm.directory import directory
from crm.settings.organization import NewOrganization, set_up
from crm.settings.users import NewUser, add_users
from db.database import Database
from db.migrations import upgrade
from funnels.publication.publishing import save_draft
from tests.servers.binaries import NoServerError
from tests.servers.chromium import launch_options
from voronka.languages import LANGUAGES
from web.app import create_app
from web.site import Limits, Site
from web.visit import TOKEN

if TYPE_CHECKING:
    from playwright.sync_api import Page

OPENED: Final = 3
"""So often a canvas is opened in a round, after once that does not count."""
STEPS: Final = 100
UNDONE: Final = 10
"""So many moves are taken back, and made again."""
_PATIENCE: Final = 300_000
_QUIET: Final = 3
"""So many looks in a row at the main thread must find it idle."""
_FRAME: Final = "() => new Promise(done => requestAnimationFrame(() => done()))"
_NODE: Final = f'.react-flow__node[data-id="{graph.MOVED}"]'


def canvas_editor(folder: Path, _nodes: int) -> Measured:
    """Our editor, as it is shipped: each change is kept by the server meanwhile."""
    url = f"sqlite:///{folder}/canvas.db"
    upgrade(url)
    database = Database(url)
    with database.work() as work:
        set_up(work, NewOrganization(name="Bench", zone="Europe/Kyiv", currency="UAH", language="en"))
        add_users(work, [NewUser(login="root", name="Root", role="administrator")], by=SYSTEM)
        save_draft(work, graph.document(), by=SYSTEM)
    app = create_app(Site(database, LANGUAGES, "bench", secret_key="bench", limits=Limits()))
    with database.work() as work:
        token = begin_session(work, directory(work).user("root"), browser="bench", address="127.0.0.1")
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # Flask's own
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    with ExitStack() as stack:
        stack.callback(database.close)
        stack.callback(lambda: server.trigger.pull_trigger(server.close))
        threading.Thread(target=server.run, daemon=True).start()
        address = f"http://127.0.0.1:{server.effective_port}"
        page = stack.enter_context(_page(address, signer.dumps({TOKEN: token, "_permanent": True})))
        return _measured(page, "/health", "/funnels/large/edit", '.saved-sign[data-state="saved"]')


def canvas_bare(folder: Path, _nodes: int) -> Measured:
    """React Flow with default nodes and edges, built as our front end is; it keeps nothing."""
    built = folder / "bare"
    options = ["--outDir", str(built), "--emptyOutDir"]
    hatch_build.npm(["run", "--silent", "bench", "--", *options], hatch_build.ROOT / "web" / "frontend")
    (built / "graph.json").write_text(json.dumps(graph.bare()))
    (built / "empty.html").write_text("<!doctype html><title>Empty</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(built)))
    with ExitStack() as stack:
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = stack.enter_context(_page(f"http://127.0.0.1:{server.server_port}", ""))
        return _measured(page, "/empty.html", "/index.html", ".react-flow__attribution")


KINDS: Final[dict[str, Callable[[Path, int], Measured]]] = {
    "canvas_editor": canvas_editor,
    "canvas_bare": canvas_bare,
}


class _Files(SimpleHTTPRequestHandler):
    """Serves the files of a folder and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _page(address: str, cookie: str) -> Iterator[Page]:
    """Give a page of a new browser that is signed in where there is a cookie."""
    try:
        options = launch_options()
    except NoServerError as error:
        raise ContestantError(str(error)) from None
    from playwright.sync_api import sync_playwright  # after launch_options, which chooses its Node

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 860}, locale="en")
        context.set_default_timeout(_PATIENCE)
        if cookie:
            context.add_cookies([{"name": "voronka", "value": cookie, "url": address}])
        yield context.new_page()
        browser.close()


class _Meter:
    """What the main thread of a page has spent on tasks: scripts, styles, layout, paint; in seconds."""

    def __init__(self, page: Page, kept: str) -> None:
        self.page = page
        self.kept = kept
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable")

    def read(self) -> float:
        found = self.session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in found if one["name"] == "TaskDuration"))

    def of(self, act: Callable[[], object]) -> float:
        """Do something, wait until it is through, also what it set going, and return what it cost."""
        before = self.read()
        act()
        # a plain look now and then: a locator's own waiting asks the page in every frame, and would be counted
        self.page.wait_for_function("at => document.querySelector(at) !== null", arg=self.kept, polling=200)
        return self.rest() - before

    def rest(self) -> float:
        """Wait until the main thread has nothing left to do; return what it had spent then."""
        last, quiet = self.read(), 0
        while quiet < _QUIET:
            self.page.wait_for_timeout(300)
            now = self.read()
            quiet = quiet + 1 if now - last < 0.01 else 0
            last = now
        return last


def _measured(page: Page, empty: str, address: str, kept: str) -> Measured:
    opening = []
    meter = _Meter(page, kept)
    for number in range(OPENED + 1):
        page.goto(empty)
        seconds = meter.of(lambda: _open(page, address))
        if number:
            opening.append(seconds)
    fit = page.locator(".react-flow__controls-fitview")
    if fit.count():
        fit.click()  # the other shows all by itself
    meter.rest()
    dragging = [meter.of(partial(_drag, page, by)) for by in (60, -60, 60)]
    for number in range(UNDONE):
        _drag(page, 8 + number, steps=2)
    meter.rest()
    undoing = [sum(meter.of(partial(_press, page, keys)) for keys in ("Control+z", "Control+y")) for _ in range(5)]
    parts = {"opening": median(opening), "dragging": median(dragging), "undoing": median(undoing)}
    return Measured(graph.NODES, sum(parts.values()), parts=parts)


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".react-flow__edge").first.wait_for(state="attached")


def _drag(page: Page, by: float, *, steps: int = STEPS) -> None:
    """Drag a node so many pixels down, each step in a frame of its own."""
    box = page.locator(_NODE).bounding_box()
    if box is None:
        raise ContestantError(f"{graph.MOVED} is not in sight")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(x + step % 2, y + by * step / steps)
        page.evaluate(_FRAME)
    page.mouse.up()


def _press(page: Page, keys: str) -> None:
    for _ in range(UNDONE):
        page.keyboard.press(keys)
        page.evaluate(_FRAME)
