"""The pages over the company of ``tests.crm.company``: as clients, and in a real browser."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from waitress import create_server

from crm.access.sessions import begin_session
from crm.directory import directory
from db.database import Database
from tests.crm.company import set_up_company
from tests.servers.chromium import MODULES, launch_options
from voronka.languages import LANGUAGES
from web.app import create_app
from web.guards import limiter
from web.pages.api import pace
from web.site import Limits, Site
from web.visit import TOKEN
from workers.drain import drain

PATIENCE = 120_000
"""Milliseconds that a browser may take on a busy machine."""
NOTES_STAY = """
const later = window.setTimeout;
window.setTimeout = (act, wait, ...more) => later(act, wait >= 5000 ? wait * 20 : wait, ...more);
"""
"""A script by which the notes of a page wait for who looks late at them."""


PREFERS = {"locale": "en", "reduced_motion": "reduce"}
"""What every browser says of whoever sits before it.  Without motion nothing is looked at while it fades in."""


def be_patient(context) -> None:
    """Let nothing in the pages of a browser depend on how fast the machine is."""
    context.set_default_timeout(PATIENCE)
    context.add_init_script(NOTES_STAY)


class House:
    """An installation: its database, its application, and clients signed in as its people."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.site = Site(database, LANGUAGES, "test", secret_key="test", limits=Limits())
        self.app = create_app(self.site)
        self.app.testing = True

    def client(self, login: str | None = None):
        """A client, signed in where a login is given; its requests carry the token against forged ones."""
        client = self.app.test_client()
        if login is not None:
            with client.session_transaction() as kept:
                kept[TOKEN] = self.token(login)
        return Client(client)

    def token(self, login: str) -> str:
        with self.database.work() as work:
            user = directory(work).user(login)
            return begin_session(work, user, browser="test", address="127.0.0.1")

    def cookie(self, login: str) -> str:
        """What a browser keeps that is signed in as somebody."""
        signer = self.app.session_interface.get_signing_serializer(self.app)
        return signer.dumps({TOKEN: self.token(login), "_permanent": True})

    def forward(self, **span) -> None:
        """Move the clock: the next transactions begin so much later."""
        self.database._shift += timedelta(**span)

    def stand_still(self) -> None:
        """Let its clock stand, so that nobody falls silent however long the test takes; ``forward`` still moves it."""
        with self.database.reading() as work:
            now = work.now - self.database._shift
        self.database._clock = lambda: now

    def walk(self) -> None:
        """Do what is due."""
        drain(self.database)


class Client:
    """A browser without scripts."""

    def __init__(self, inner) -> None:
        self.inner = inner

    def get(self, path: str, **more):
        return self.inner.get(path, **more)

    def csrf(self) -> str:
        page = self.inner.get("/sign-in", follow_redirects=True).text
        found = re.search(r'<meta name="csrf" content="([^"]+)"', page)
        assert found
        return found[1]

    def post(self, path: str, data=None, **more):
        """Send a form, or JSON with ``json=``."""
        headers = {**more.pop("headers", {}), "X-CSRF-Token": self.csrf()}
        return self.inner.post(path, data=data, headers=headers, **more)

    def send(self, method: str, path: str, json=None):
        """Send what a script of ours sends."""
        headers = {"X-CSRF-Token": self.csrf(), "Accept": "application/json"}
        return self.inner.open(path, method=method, json=json, headers=headers)


@pytest.fixture(autouse=True)
def _no_limits_carried_over() -> Iterator[None]:
    yield
    if limiter._storage is not None:
        limiter.reset()


@pytest.fixture
def standing_minute(monkeypatch):
    """Let calls of programs be counted in one minute, however long they take."""
    monkeypatch.setattr(pace, "time", SimpleNamespace(time=lambda: 1_200_000.0))


@pytest.fixture
def house(database):
    """The pages over a company, on both databases."""
    return House(database)


@pytest.fixture
def small_house(databases):
    """The same on SQLite only, for what does not depend on the database."""
    with databases.furnished("sqlite", set_up_company) as url:
        database = Database(url)
        yield House(database)
        database.close()


@pytest.fixture
def empty_house(databases):
    """The pages before anything was set up, on SQLite."""
    with databases.migrated("sqlite") as url:
        database = Database(url)
        yield House(database)
        database.close()


@pytest.fixture
def database(company_url):
    """The company of ``tests.crm.company``."""
    made = Database(company_url)
    yield made
    made.close()


@pytest.fixture
def served():
    """Serve the pages of a house on a free port, and return the address."""
    servers = []

    def serve(house: House) -> str:
        server = create_server(house.app, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.effective_port}"

    yield serve
    for server, thread in servers:
        server.trigger.pull_trigger(server.close)  # in its own thread: what is closed beside it may break its select
        thread.join(10)


@pytest.fixture(scope="session")
def browser():
    """A real Chromium, one per process of the suite."""
    options = launch_options()
    from playwright.sync_api import expect, sync_playwright  # after launch_options, which chooses its Node

    expect.set_options(timeout=PATIENCE)

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(**options)
        yield started
        started.close()


@pytest.fixture
def page_of(browser, served):
    """Open a page of a house as one of its people: ``page_of(house, "ann", "/boards")``; errors of scripts fail the test."""
    contexts, troubles = [], []

    def open_page(house: House, login: str | None, path: str = "/", *, width: int = 1440, theme: str = "light"):
        address = house.__dict__.setdefault("address", None) or served(house)
        house.address = address
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 860},
            color_scheme=theme,
            has_touch=width < 600,
            **PREFERS,
        )
        contexts.append(context)
        be_patient(context)
        if login is not None:
            context.add_cookies([{"name": "voronka", "value": house.cookie(login), "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.troubles = troubles
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles, troubles


@pytest.fixture(scope="session")
def axe():
    """Return what axe finds wrong on a page, one line for each."""
    source = (MODULES / "axe-core" / "axe.min.js").read_text()

    def look(page) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(source)  # as the page's own tools would: the policy forbids scripts from elsewhere
            page.add_init_script(source)  # the next pages here have it from the start, which is quicker
        found = page.evaluate("axe.run().then(found => found.violations)")  # what is well is long, and nobody reads it
        return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]

    return look
