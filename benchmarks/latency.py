"""How soon a form has its effect: the embedded form of the product, idle, beside a bare insert through the same server."""

from __future__ import annotations

import http.client
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import text
from waitress import create_server

from benchmarks import pages
from benchmarks.frame import Measured
from crm.access.actor import SYSTEM
from crm.ways.forms import FormText, add_forms, form_by_key
from crm.ways.kinds import FormField
from db.database import Database
from funnels.publication.publishing import publish, save_draft
from funnels.reading import read
from voronka.languages import LANGUAGES
from web.access import ANYONE, allowed
from web.app import create_app
from web.guards import csrf
from web.pages.public_form import Ticket, _sign
from web.site import Limits, Site
from workers.loop import Loop

DOCUMENT = Path(__file__).with_name("form.yaml")
PAUSE = 0.05
LONGEST = 30.0


def form_effect(folder: Path, posts: int) -> Measured:
    """The median from a form's POST to the commit of the deal that its funnel opens, as the time of all at that pace."""
    path = folder / "latency.db"
    with _serving(path) as (port, app, database), closing(sqlite3.connect(path)) as eye:
        with database.reading() as work:
            form, now = form_by_key(work, "ask"), work.now
        times = []
        for number in range(posts + 3):
            with app.app_context():
                ticket = _sign(form.public_id, Ticket(f"nonce-{number}", now - timedelta(minutes=1)))
            body = urlencode({"name": f"Name {number}", "phone": f"+38067{number:07d}", "ticket": ticket})
            times.append(_time(port, f"/f/{form.public_id}", body, 303, partial(_has_more, eye, number)))
        return _median(times[3:])


def bare_insert(folder: Path, posts: int) -> Measured:
    """The same of one durable insert in a view of its own."""
    with _serving(folder / "latency.db") as (port, _, _):
        times = [_time(port, "/bare", "text=x", 204, lambda: True) for _ in range(posts + 3)]
        return _median(times[3:])


def _time(port: int, path: str, body: str, status: int, is_there: Callable[[], bool]) -> float:
    """Return the seconds from sending a request until its answer and its effect are there."""
    time.sleep(PAUSE)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
    started = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    while not is_there():
        time.sleep(0.0005)
        if time.perf_counter() - started > LONGEST:
            raise TimeoutError(f"{path} had no effect")
    seconds = time.perf_counter() - started
    connection.close()
    assert answer.status == status, f"{path}: {answer.status}"
    return seconds


def _has_more(eye: sqlite3.Connection, deals: int) -> bool:
    return int(eye.execute("select count(*) from deal").fetchone()[0]) > deals


def _median(times: list[float]) -> Measured:
    return Measured(len(times), median(times) * len(times))


@contextmanager
def _serving(path: Path) -> Iterator[tuple[int, Flask, Database]]:
    url = f"sqlite:///{path}"
    pages.prepare(url, 0)
    database = Database(url)
    with database.work() as work:
        work.execute(text("create table bare (id integer primary key, text text)"))
        fields = [FormField("name", "Name"), FormField("phone", "Phone")]
        add_forms(work, [FormText("Ask", fields)], by=SYSTEM, keys=["ask"])
        save_draft(work, read(DOCUMENT.read_text(encoding="utf-8")), by=SYSTEM)
        publish(work, "form-to-board", by=SYSTEM)
    limits = Limits(form="1000000 per minute")
    app = create_app(Site(database, LANGUAGES, "bench", secret_key="bench", limits=limits))

    @allowed(ANYONE)
    def bare() -> tuple[str, int]:
        with database.work() as work:
            work.execute(text("insert into bare (text) values ('x')"))
        return "", 204

    app.add_url_rule("/bare", view_func=csrf.exempt(bare), methods=["POST"])
    loop = Loop(database)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    loop.start()
    thread.start()
    try:
        yield int(server.effective_port), app, database
    finally:
        server.close()
        thread.join(10)
        loop.stop()
        database.close()
