"""What a manager asks all day, as contestants: each asks the same of a company with many deals, and times every answer."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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

ASKED, WARM = 9, 2
"""So often each question is asked in a round, and before it counts."""
PAINTS: Final = 5
TIMES: Final = 100
"""So many times more deals one company has than the other."""
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

FILTERED: Final = (
    "/boards/sales?amount=5000..",
    "/boards/sales?amount=9990..",
    "/boards/sales?q=kitchen",
    "/boards/sales?q=k-0500-7z",
    "/boards/sales?q=nobody-is-called-so",
    "/boards/sales?tags=new",
    "/boards/sales?has_task=no",
    "/boards/sales?created_at=last-7d",
    "/boards/sales/list?amount=5000..",
    "/boards/sales/list?amount=5000..&sort=-amount",
    "/boards/sales/list?amount=9990..&sort=title",
    "/boards/sales/list?q=kitchen&sort=-created_at",
    "/boards/sales/list?created_at=last-7d&sort=-amount",
    "/boards/sales/list?owner=manager7&sort=-amount",
    "/boards/sales/list?owner=manager7&sort=next_task",
    "/boards/sales/list?stage=talks&sort=title",
    "/deals?q=kitchen",
)


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

    def asked(house: House) -> dict[str, Ask]:
        return {
            f"page of {login}": _page(house.client(login), "/boards/sales") for login in ("root", "boss1", "manager7")
        }

    with _houses(deals) as houses:
        return _measured(deals, _timed([asked(house) for house in houses]), _painted(houses))


def drag(_folder: Path, deals: int) -> Measured:
    """B2: the command that a board sends when a card is put down, its answer included."""

    def asked(house: House) -> dict[str, Ask]:
        client = house.client("root")
        found = _CSRF.search(client.get("/boards/sales").text)
        assert found is not None
        headers = {"X-CSRF-Token": found[1], "Accept": "application/json"}
        moves = iter(_moves(house, ASKED + WARM))
        return {"drag": lambda: _moved(client, headers, *next(moves))}

    with _houses(deals) as houses:
        return _measured(deals, _timed([asked(house) for house in houses]))


def sorted_list(_folder: Path, deals: int) -> Measured:
    """B3: the list of a plan as it comes, and sorted by each column that offers it, either way."""

    def asked(house: House) -> dict[str, Ask]:
        client = house.client("root")
        page = client.get("/boards/sales/list").text
        paths = {unescape(path) for path in _SORTS.findall(page)}
        paths |= {unescape(path) for one in sorted(paths) for path in _SORTS.findall(client.get(one).text)}
        return {path: _page(client, path) for path in ("/boards/sales/list", *sorted(paths))}

    with _houses(deals) as houses:
        return _measured(deals, _timed([asked(house) for house in houses]))


def search(_folder: Path, deals: int) -> Measured:
    """B4: search from anywhere."""

    def asked(house: House) -> dict[str, Ask]:
        client = house.client("root")
        return {name: _page(client, f"/search?{urlencode({'q': text})}") for name, text in SEARCHED.items()}

    with _houses(deals) as houses:
        return _measured(deals, _timed([asked(house) for house in houses]))


def totals(_folder: Path, deals: int) -> Measured:
    """B5: pages that show counts and sums: of all plans, of a plan and its stages, of an owner, of a team."""

    def asked(house: House) -> dict[str, Ask]:
        client, boss = house.client("root"), house.client("boss1")
        paths = {
            "all plans": (client, "/boards"),
            "a plan by stage": (client, "/boards/sales"),
            "an owner": (client, "/boards/sales?owner=manager7"),
            "nobody": (client, "/boards/sales?owner=nobody"),
            "a team": (client, "/boards/sales?team=boss1"),
            "a team, as its supervisor": (boss, "/boards/sales"),
        }
        return {name: _page(who, path) for name, (who, path) in paths.items()}

    with _houses(deals) as houses:
        return _measured(deals, _timed([asked(house) for house in houses]))


def filtered(_folder: Path, deals: int) -> Measured:
    """B6: cards and rows under filters that no kept count answers; their counts come apart, and are not of this."""

    def asked(house: House) -> dict[str, Ask]:
        client = house.client("root")
        return {path: _page(client, path) for path in FILTERED}

    with _houses(deals) as houses:
        return _measured(deals, _timed([asked(house) for house in houses]))


KINDS: dict[str, Kind] = {
    f"million_{kind.__name__}": kind for kind in (board, drag, sorted_list, search, totals, filtered)
}


@contextmanager
def _houses(deals: int) -> Iterator[tuple[House, House]]:
    """Open the company with few deals, and that with so many."""
    with ExitStack() as stack:
        few, many = (House(number) for number in (deals // TIMES, deals))
        for house in (few, many):
            stack.callback(house.database.close)
        yield few, many


def _page(client: Client, path: str) -> Ask:
    def ask() -> object:
        answer = client.get(path)
        if answer.status_code != 200:
            raise ContestantError(f"{path} answered {answer.status_code}")
        return answer.data

    return ask


def _timed(houses: Sequence[Mapping[str, Ask]]) -> list[dict[str, float]]:
    """Return for each house the median of the seconds that each answer takes.

    All is asked in turn, round after round, each of one house and then of the other: what slows the machine down meets both.
    """
    times: list[dict[str, list[float]]] = [{name: [] for name in asks} for asks in houses]
    for number in range(ASKED + WARM):
        for name in houses[0]:
            for asks, kept in zip(houses, times, strict=True):
                started = time.perf_counter()
                asks[name]()
                if number >= WARM:
                    kept[name].append(time.perf_counter() - started)
    return [{name: median(seconds) for name, seconds in kept.items()} for kept in times]


def _moves(house: House, number: int) -> Sequence[tuple[int, int, str]]:
    """Return deals that are open, their versions and where they go: those of "talks" and "meeting" change places."""
    with house.database.reading() as work:
        plan = directory(work).plan("sales")
        places = {plan.by_key["talks"].id: "meeting", plan.by_key["meeting"].id: "talks"}
        query = select(deal.c.id, deal.c.version, deal.c.stage_id).where(deal.c.stage_id.in_(places))
        rows = work.rows(query.order_by(deal.c.id.desc()).limit(number))
    return [(row.id, row.version, places[row.stage_id]) for row in rows]


def _moved(client: Client, headers: Mapping[str, str], deal_id: int, version: int, stage: str) -> None:
    body = {"stage": stage, "version": version}
    answer = client.post(f"/api/deals/{deal_id}/move", json=body, headers=dict(headers))
    if answer.status_code != 200:
        raise ContestantError(f"the move of {deal_id} was answered {answer.status_code}: {answer.text[:200]}")


def _painted(houses: Sequence[House]) -> list[dict[str, float]]:
    """Return when a real browser first shows something of each board, the median; nothing where there is no browser."""
    try:
        options = launch_options()
    except NoServerError:
        return [{} for _ in houses]
    from playwright.sync_api import sync_playwright  # after launch_options, which chooses its Node

    with ExitStack() as stack:
        addresses = [stack.enter_context(_served(house)) for house in houses]
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(**options)
        stack.callback(browser.close)
        pages = []
        for house, address in zip(houses, addresses, strict=True):
            context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 860}, locale="en")
            context.add_cookies([{"name": "voronka", "value": house.cookie("root"), "url": address}])
            pages.append(context.new_page())
        times: list[list[float]] = [[] for _ in pages]
        for number in range(PAINTS + 1):
            for page, kept in zip(pages, times, strict=True):
                page.goto("/boards/sales", wait_until="load")
                page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
                if number:
                    kept.append(float(page.evaluate(_PAINT)) / 1000)
                page.goto("about:blank")  # it asks for changes no more
    return [{"first paint in a browser": median(kept)} for kept in times]


@contextmanager
def _served(house: House) -> Iterator[str]:
    """Serve the pages meanwhile; give their address."""
    server = create_server(house.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(server.close)
        thread.join(10)


def _measured(deals: int, *asked: Sequence[Mapping[str, float]]) -> Measured:
    few, many = (dict(item for parts in asked for item in parts[place].items()) for place in (0, 1))
    return Measured(deals, sum(many.values()), parts=many, fewer=few)
