"""The pages as contestants: a board with many deals, beside the health page through the same application."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from werkzeug.test import Client

from benchmarks import statements
from benchmarks.frame import Measured
from crm.access.actor import SYSTEM
from crm.access.sessions import begin_session
from crm.deals.opening import NewDeal, open_deals
from crm.directory import directory
from crm.people.persons import persons_of
from crm.settings.organization import NewOrganization, set_up
from crm.settings.plans import NewPlan, create_plan
from crm.settings.stage_rules import NewStage
from crm.settings.users import NewUser, add_users
from crm.tasks.changes import NewTask, create_tasks
from db.database import Database
from db.migrations import upgrade
from voronka.languages import LANGUAGES
from web.app import create_app
from web.assets import DIST
from web.site import Site
from web.visit import TOKEN

REQUESTS = 80
STAGES = ("New", "Talks", "Offer", "Contract")
MANAGERS = 4
AT_ONCE = 1000


def board_page(folder: Path, deals: int) -> Measured:
    """The 95th percentile of the server's time for the board page, as the time of all requests at that pace."""
    return _paced(folder, deals, "/boards/sales")


def health_page(folder: Path, deals: int) -> Measured:
    """The same for the health page."""
    return _paced(folder, deals, "/health")


def page_statements(folder: Path, deals: int) -> Measured:
    """The statements of board, list, deal page, search and list of leads together, counted at the driver."""
    url = f"sqlite:///{folder}/pages.db"
    prepare(url, deals)
    with statements.counted() as counter:
        _, ask = _client(url)
        paths = ("/boards/sales", "/boards/sales/list", "/deals/1", "/search?q=deal+99", "/leads")
        for path in paths:
            ask(path)
        warm = counter.calls
        started = time.perf_counter()
        for path in paths:
            ask(path)
        return Measured(deals, time.perf_counter() - started, statements=counter.calls - warm)


def board_assets(folder: Path, deals: int) -> Measured:
    """What a browser loads of script and style for the board page, packed, in KiB."""
    url = f"sqlite:///{folder}/pages.db"
    prepare(url, deals)
    started = time.perf_counter()
    _, ask = _client(url)
    found = set(re.findall(r'(?:src|href)="/static/dist/([^"]+\.(?:js|css))"', ask("/boards/sales")))
    packed = sum(len(gzip.compress((DIST / name).read_bytes(), 9)) for name in found)
    return Measured(deals, time.perf_counter() - started, kib=packed / 1024)


def prepare(url: str, deals: int) -> None:
    """Fill the empty database `url`: a company, a plan with its managers, and so many deals, each with a task."""
    upgrade(url)
    database = Database(url)
    logins = [f"manager{number}" for number in range(MANAGERS)]
    with database.work() as work:
        set_up(work, NewOrganization(name="Bench", zone="Europe/Kyiv", currency="UAH", language="en"))
        add_users(work, [NewUser(login="root", name="Root", role="administrator")], by=SYSTEM)
        add_users(work, [NewUser(login=login, name=login, role="manager") for login in logins], by=SYSTEM)
        stages = (*map(NewStage, STAGES), NewStage("Won", kind="won"), NewStage("Lost", kind="lost"))
        create_plan(
            work,
            NewPlan("Sales", stages, key="sales", average_check=100_000, distribution="even", managers=tuple(logins)),
            by=SYSTEM,
        )
    for start in range(0, deals, AT_ONCE):
        with database.work() as work:
            number = min(AT_ONCE, deals - start)
            persons = persons_of(work, [()] * number)
            stages_by_key = directory(work).plan("sales").stages
            opened = open_deals(
                work,
                [
                    NewDeal(person, "sales", stages_by_key[place % len(STAGES)].key, f"Deal {start + place}")
                    for place, person in enumerate(persons)
                ],
                by=SYSTEM,
            )
            tasks = [
                NewTask(person, "Call", None, None, None, result.ids[0])
                for person, result in zip(persons, opened, strict=True)
            ]
            create_tasks(work, tasks, by=SYSTEM)
    database.close()


def _client(url: str) -> tuple[Flask, Callable[[str], str]]:
    database = Database(url)
    app = create_app(Site(database, LANGUAGES, "bench", secret_key="bench"))
    client: Client = app.test_client()
    with database.work() as work:
        token = begin_session(work, directory(work).user("root"), browser="bench", address="127.0.0.1")
    with client.session_transaction() as kept:  # type: ignore[attr-defined]  # Flask's own client
        kept[TOKEN] = token

    def ask(path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    return app, ask


def _paced(folder: Path, deals: int, path: str) -> Measured:
    url = f"sqlite:///{folder}/pages.db"
    prepare(url, deals)
    _, ask = _client(url)
    for _ in range(5):
        ask(path)
    times = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        ask(path)
        times.append(time.perf_counter() - started)
    slow = sorted(times)[int(REQUESTS * 0.95)]
    return Measured(REQUESTS, slow * REQUESTS)
