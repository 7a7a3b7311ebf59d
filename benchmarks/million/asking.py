"""What a manager asks all day, as contestants: each asks the same of a company with many deals, and times every answer."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select
from waitress import create_server
from werkzeug.test import Client

from benchmarks.distributed import history
from benchmarks.frame import ContestantError, Measured
from benchmarks.million import company
from crm.access.sessions import begin_session
from crm.directory import directory
from crm.tables.records import deal
from db.database import Database
from tests.servers.binaries import NoServerError
from tests.servers.chromium import launch_options
from voronka.languages import LANGUAGES
from web.app import create_app
from web.site import Limits, Site
from web.visit import TOKEN

Kind = Callable[[Path, int], Measured]
Ask = Callable[[], object]

ASKED: Final = 25
WARM: Final = 5
PAINTS: Final = 9
_CSRF: Final = re.compile(r'<meta name="csrf" content="([^"]+)"')
_SORTS: Final = re.compile(r'href="(/boards/sales/list\?sort=-?[a-z_.]+)"')
_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"

SEARCHED: Final[Mapping[str, str]] = {
    "a word of many": "kitchen",
    "words of many": "shevchenko anna",
    "the end of a title": "k-0500-7z",
    "words of one": "шафа k-0501-5z",
    "an address": "client77.8@example.com",
    "a part of an address": "client321.6@",
    "a phone": "(050) 000-51-23",
    "a part of a phone": "0004321",
    "two letters": "wa",
    "no word": "zqxvyw",
    "no words": "шафа zqxvyw",
    "no phone": "+380 67 999 99 99",
    "no address": "nobody@nowhere.example",
}


class House:
    """The pages over the company with so many deals."""

    def __init__(self, deals: int) -> None:
        self.database = Database(company.database_with(history.scaled(deals)))
        site = Site(self.database, LANGUAGES, "bench", secret_key="bench", limits=Limits())
        self.app: Flask = create_app(site)

    def client(self, login: str) -> Client:
        """Return a browser without scripts, signed in."""
        client: Client = self.app.test_client()
        with client.session_transaction() as kept:  # type: ignore[attr-defined]  # Flask's own client
            kept[TOKEN] = self._token(login)
        return client

    def cookie(self, login: str) -> str:
        """Return what a browser keeps that is signed in."""
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        found: str = signer.dumps({TOKEN: self._token(login), "_permanent": True})
        return found

    def _token(self, login: str) -> str:
        with self.database.work() as work:
            return begin_session(work, directory(work).user(login), browser="bench", address="127.0.0.1")


def board(_folder: Path, deals: int) -> Measured:
    """B1: the page of a board, for who sees all, a team, his own; and the first paint in a real browser, where there is one."""
    with _house(deals) as house:
        asks = {login: _page(house.client(login), "/boards/sales") for login in ("root", "boss1", "manager7")}
        parts = {f"page of {login}": seconds for login, seconds in _timed(asks).items()}
        return _measured(deals, parts | _painted(house))


def drag(_folder: Path, deals: int) -> Measured:
    """B2: the command that a board sends when a card is put down, its answer included."""
    with _house(deals) as house:
        client = house.client("root")
        found = _CSRF.search(client.get("/boards/sales").text)
        assert found is not None
        headers = {"X-CSRF-Token": found[1], "Accept": "application/json"}
        times = [_moved(client, headers, *one) for one in _moves(house, ASKED + WARM)]
        return _measured(deals, {"drag": median(times[WARM:])})


def sorted_list(_folder: Path, deals: int) -> Measured:
    """B3: the list of a plan as it comes, and sorted by each column that offers it, either way."""
    with _house(deals) as house:
        client = house.client("root")
        page = client.get("/boards/sales/list").text
        paths = {unescape(path) for path in _SORTS.findall(page)}
        paths |= {unescape(path) for one in sorted(paths) for path in _SORTS.findall(client.get(one).text)}
        asks = {path: _page(client, path) for path in ("/boards/sales/list", *sorted(paths))}
        return _measured(deals, _timed(asks))


def search(_folder: Path, deals: int) -> Measured:
    """B4: search from anywhere."""
    with _house(deals) as house:
        client = house.client("root")
        asks = {name: _page(client, f"/search?{urlencode({'q': text})}") for name, text in SEARCHED.items()}
        return _measured(deals, _timed(asks))


def totals(_folder: Path, deals: int) -> Measured:
    """B5: pages that show counts and sums: of all plans, of a plan and its stages, of an owner, of a team."""
    with _house(deals) as house:
        client, boss = house.client("root"), house.client("boss1")
        paths = {
            "all plans": (client, "/boards"),
            "a plan by stage": (client, "/boards/sales"),
            "an owner": (client, "/boards/sales?owner=manager7"),
            "nobody": (client, "/boards/sales?owner=nobody"),
            "a team": (client, "/boards/sales?team=boss1"),
            "a team, as its supervisor": (boss, "/boards/sales"),
        }
        return _measured(deals, _timed({name: _page(who, path) for name, (who, path) in paths.items()}))


KINDS: dict[str, Kind] = {f"million_{kind.__name__}": kind for kind in (board, drag, sorted_list, search, totals)}


@contextmanager
def _house(deals: int) -> Iterator[House]:
    house = House(deals)
    try:
        yield house
    finally:
        house.database.close()


def _page(client: Client, path: str) -> Ask:
    def ask() -> object:
        answer = client.get(path)
        if answer.status_code != 200:
            raise ContestantError(f"{path} answered {answer.status_code}")
        return answer.data

    return ask


def _timed(asks: Mapping[str, Ask]) -> dict[str, float]:
    """Return the median of the seconds that each answer takes, all asked in turn, round after round."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(ASKED + WARM):
        for name, ask in asks.items():
            started = time.perf_counter()
            ask()
            if number >= WARM:
                times[name].append(time.perf_counter() - started)
    return {name: median(seconds) for name, seconds in times.items()}


def _moves(house: House, number: int) -> Sequence[tuple[int, int, str]]:
    """Return deals that are open, their versions and where they go: those of "talks" and "meeting" change places."""
    with house.database.reading() as work:
        plan = directory(work).plan("sales")
        places = {plan.by_key["talks"].id: "meeting", plan.by_key["meeting"].id: "talks"}
        query = select(deal.c.id, deal.c.version, deal.c.stage_id).where(deal.c.stage_id.in_(places))
        rows = work.rows(query.order_by(deal.c.id.desc()).limit(number))
    return [(row.id, row.version, places[row.stage_id]) for row in rows]


def _moved(client: Client, headers: Mapping[str, str], deal_id: int, version: int, stage: str) -> float:
    started = time.perf_counter()
    body = {"stage": stage, "version": version}
    answer = client.post(f"/api/deals/{deal_id}/move", json=body, headers=dict(headers))
    if answer.status_code != 200:
        raise ContestantError(f"the move of {deal_id} was answered {answer.status_code}: {answer.text[:200]}")
    return time.perf_counter() - started


def _painted(house: House) -> dict[str, float]:
    """Return when a real browser first shows something of the board, the median; nothing where there is no browser."""
    try:
        options = launch_options()
    except NoServerError:
        return {}
    from playwright.sync_api import sync_playwright  # after launch_options, which chooses its Node

    server = create_server(house.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.effective_port}"
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 860}, locale="en")
        context.add_cookies([{"name": "voronka", "value": house.cookie("root"), "url": address}])
        page = context.new_page()
        for _ in range(PAINTS + 1):
            page.goto("/boards/sales", wait_until="load")
            page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
            times.append(float(page.evaluate(_PAINT)) / 1000)
        browser.close()
    server.trigger.pull_trigger(server.close)
    thread.join(10)
    return {"first paint in a browser": median(times[1:])}


def _measured(deals: int, parts: dict[str, float]) -> Measured:
    return Measured(deals, sum(parts.values()), parts=parts)
