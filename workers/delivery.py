"""Delivery: claim a letter, send it, settle it, until nothing is due.

A claim is a short transaction, sending has none open, and what came of it is written together with the next claim.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from db.database import TROUBLES, Database
from db.errors import DatabaseFullError
from db.points import reached
from funnels.tables import outbox
from voronka_error import VoronkaError
from workers.letters import LEASE, Letter, Receipt, claim, settle, sweep_letters
from workers.post import Post

log = structlog.get_logger(__name__)

CHANNELS = ("email", "http")
EVERY = 1.0
SWEEP_EVERY = 5.0


def deliver(
    database: Database,
    post: Post,
    channel: str,
    *,
    until: Callable[[], bool] | None = None,
    call_another: Callable[[], None] | None = None,
) -> int:
    """Send what is due of a channel until nothing is, or ``until`` says so; returns how many letters were tried.

    ``call_another`` is called once where there was something: others may help.
    """
    letter, tried = _claim(database, channel), 0
    while letter is not None:
        if tried == 0 and call_another is not None:
            call_another()
        reached("before:send")
        receipt = _sent(post, letter)
        reached("after:send")
        tried += 1
        is_over = until is not None and until()
        letter = _settle(database, letter, receipt, None if is_over else channel)
    return tried


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Return what says that so many seconds have passed from now on."""
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() > ends


def _sent(post: Post, letter: Letter) -> Receipt:
    try:
        return post.send(letter)
    except Exception as error:  # one letter that breaks its channel must not hold up the others
        log.exception("sending_broke", outbox_id=letter.row.id)
        return Receipt("unknown", {"words": f"{type(error).__name__}: {error}"[:500]})


def _claim(database: Database, channel: str) -> Letter | None:
    if not is_due(database, channel):
        return None
    with database.work() as work:
        return claim(work, channel)


def _settle(database: Database, letter: Letter, receipt: Receipt, channel: str | None) -> Letter | None:
    """Write what came of a letter and claim the next one.  A database that is away is waited for as long as the lease lasts."""
    ends = time.monotonic() + LEASE.total_seconds()
    while True:
        try:
            with database.work() as work:
                settle(work, letter, receipt)
                found = claim(work, channel) if channel is not None else None
        except (*TROUBLES, DatabaseFullError) as trouble:
            if time.monotonic() > ends:
                raise
            log.warning("settling_waits", outbox_id=letter.row.id, error=type(trouble).__name__)
            time.sleep(EVERY)
        else:
            database.counts.add(f"messages:{letter.row.channel}:{receipt.outcome}")
            log.info("delivery_settled", outbox_id=letter.row.id, outcome=receipt.outcome)
            return found


def is_due(database: Database, channel: str) -> bool:
    """Tell whether a letter of a channel is due: one look-up by index."""
    with database.reading() as work:
        due = outbox.c.state == "queued", outbox.c.channel == channel, outbox.c.due_at <= work.now
        return bool(work.rows(select(outbox.c.id).where(*due).limit(1)))


class Delivery:
    """Threads that send what is due within a second, whatever becomes of the broker.

    Each channel has its own, so that one that hangs does not hold up the other.  Troubles of the database are logged, and tried
    again.
    """

    def __init__(self, database: Database, post: Post) -> None:
        self._database = database
        self._post = post
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(channel,), name=f"delivery-{channel}", daemon=True)
            for channel in CHANNELS
        ]

    def start(self) -> None:
        """Begin; letters of an earlier process that died are found first."""
        self._quietly(lambda: self._sweep(at_start=self._database.is_sqlite))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after what is being sent is sent."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, channel: str) -> None:
        rest = for_seconds(SWEEP_EVERY)
        while not self._stop.is_set():
            self._quietly(partial(deliver, self._database, self._post, channel, until=partial(self._is_over, rest)))
            if rest():
                self._quietly(self._sweep)
                rest = for_seconds(SWEEP_EVERY)
            self._stop.wait(EVERY)

    def _is_over(self, rest: Callable[[], bool]) -> bool:
        return self._stop.is_set() or rest()

    def _sweep(self, *, at_start: bool = False) -> None:
        with self._database.work() as work:
            found = sweep_letters(work, at_start=at_start)
        if found:
            log.warning("letters_swept", letters=found)

    def _quietly(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (SQLAlchemyError, VoronkaError) as trouble:
            log.warning("delivery_failed", error=f"{type(trouble).__name__}: {str(trouble).splitlines()[0]}")
