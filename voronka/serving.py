"""Processes that stay: the embedded all-in-one server, and the web, worker and scheduler of the distributed form."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import structlog

from db.database import Database
from engine.text import _l
from voronka.crew import run_crew
from voronka.listening import Listening
from voronka.lock import sole_server
from voronka.opening import opened
from voronka.pulse import Pulse
from voronka.settings import Settings
from voronka_error import VoronkaError

if TYPE_CHECKING:
    from flask import Flask

    from workers.clearing import Kept
    from workers.post import Post

log = structlog.get_logger(__name__)


class OneProcessError(VoronkaError):
    """SQLite cannot promise what several processes need."""

    code = "one_process"

    def __init__(self, command: str) -> None:
        super().__init__(
            _l(
                "`voronka {command}` needs PostgreSQL, for SQLite has one process that works: use `voronka serve`,"
                " or set VORONKA_DATABASE_URL=postgresql://…",
                command=command,
            )
        )


def serve(settings: Settings, *, ready: Callable[[str], None]) -> None:
    """Be the whole of Voronka in one process: pages, a worker, a scheduler; until a signal ends it.

    Args:
        settings: where to listen and what database to open; an embedded one is made and migrated.
        ready: told the address once it answers.

    Raises:
        DatabaseBusyError: another process serves this embedded database.
        AddressInUseError: the port is taken.
    """
    from workers.loop import Loop
    from workers.scheduler import Scheduler

    with ExitStack() as stack:
        stack.enter_context(_ended_by_sigterm())
        probe = Database(settings.database)
        if probe.path is not None:
            stack.enter_context(sole_server(probe.path))
        database = stack.enter_context(opened(settings, create=True, is_short=False))
        app = web_app(database, settings)
        pages = Listening(app, host=settings.host, port=settings.port, threads=settings.threads)
        stack.callback(pages.stop)
        redis_url = None if database.is_sqlite else settings.redis_url
        loop = Loop(database, redis_url=redis_url, threads=settings.threads, post=_post(settings))
        scheduler = Scheduler(database, loop.poke, _kept(settings))
        pulse = Pulse(database, "serve", version("voronka"))
        pulse.start()
        stack.callback(pulse.stop)
        loop.start()
        stack.callback(loop.stop)
        scheduler.start()
        stack.callback(scheduler.stop)
        ended = stack.enter_context(_told_to_end())
        pages.start(failed=ended.set)
        host = settings.host if ":" not in settings.host else f"[{settings.host}]"
        ready(f"http://{host}:{pages.port}")
        log.info("served", database=database.engine.dialect.name, port=pages.port)
        ended.wait()
        log.info("stopping")
        pages.stop()


def web(settings: Settings) -> None:
    """Answer pages with several processes, behind a proxy; until a signal ends it."""
    from gunicorn.app.base import BaseApplication
    from gunicorn.glogging import Logger

    from voronka.web_worker import WebWorker

    with opened(settings, is_short=False):
        pass  # refuse what cannot be opened once, and not in every process

    pulses: list[Pulse] = []

    def end_pulse(_arbiter: object, _worker: object) -> None:
        for pulse in pulses:
            pulse.stop()

    def say_where(_arbiter: object) -> None:
        log.info("web_started", address=f"{settings.host}:{settings.port}", processes=settings.processes)

    class Lines(Logger):  # type: ignore[misc]  # ships no types
        """Its lines go where all others go."""

        def setup(self, cfg: object) -> None:
            super().setup(cfg)
            self.error_log.handlers[:] = []
            self.error_log.propagate = True

    class Web(BaseApplication):  # type: ignore[misc]  # ships no types
        def load_config(self) -> None:
            for name, value in {
                "bind": f"{settings.host}:{settings.port}",
                "workers": settings.processes,
                "threads": 2 * settings.threads,  # half of them wait for a commit, and leads that do so share it
                "worker_class": WebWorker,
                "proc_name": "voronka web",
                "graceful_timeout": 30,
                "keepalive": 75,  # longer than proxies keep theirs, so that none is closed as a request comes
                "control_socket_disable": True,
                "max_requests": 20_000,
                "max_requests_jitter": 2_000,
                "loglevel": "warning",
                "logger_class": Lines,
                "when_ready": say_where,
                "worker_exit": end_pulse,
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            database = Database(settings.database, shift=settings.clock_shift)
            if not database.is_sqlite and settings.redis_url:
                from workers.loop import connect_poker

                connect_poker(database, settings.redis_url)
            pulses.append(Pulse(database, "web", version("voronka")))
            pulses[-1].start()
            return web_app(database, settings)

    Web().run()


def work(settings: Settings, *, processes: int = 1) -> None:
    """Do what is due, beside other workers; until a signal ends it.

    Raises:
        OneProcessError: the database is SQLite.
    """
    if processes > 1:
        if Database(settings.database).is_sqlite:
            raise OneProcessError("worker")
        with opened(settings, is_short=False):
            pass  # refuse what cannot be opened once, and not in every process
        import workers.loop  # noqa: F401  read once, for all

        run_crew(processes, lambda: work(settings))
        return
    from workers.loop import Loop

    with _staying(settings, "worker") as (database, ended):
        loop = Loop(database, redis_url=settings.redis_url, threads=settings.threads, post=_post(settings))
        loop.start()
        log.info("worker_started", threads=settings.threads, redis=settings.redis_url is not None)
        ended.wait()
        log.info("stopping")
        loop.stop()


def schedule(settings: Settings) -> None:
    """Tick, or stand by while another scheduler leads; until a signal ends it.

    Raises:
        OneProcessError: the database is SQLite.
    """
    from workers.loop import connect_poker
    from workers.scheduler import Scheduler

    with _staying(settings, "scheduler") as (database, ended):
        poke = connect_poker(database, settings.redis_url).poke if settings.redis_url else _nobody
        scheduler = Scheduler(database, poke, _kept(settings))
        scheduler.start()
        log.info("scheduler_started")
        ended.wait()
        log.info("stopping")
        scheduler.stop()


def _kept(settings: Settings) -> Kept:
    """Return how long what is over is kept."""
    from workers.clearing import Kept

    messages, steps = (timedelta(days=days) if days else None for days in (settings.keep_messages, settings.keep_steps))
    return Kept(messages, steps)


def _post(settings: Settings) -> Post:
    """Return what sends messages, by the rules of the installation."""
    from channels.http import Rules
    from workers.post import Post

    return Post(Rules(allow_private=settings.allow_private_http))


def web_app(database: Database, settings: Settings) -> Flask:
    """Return the pages over an open database."""
    from voronka.languages import LANGUAGES
    from web.app import create_app
    from web.site import Site

    secret = settings.secret_key.get_secret_value() if settings.secret_key else None
    app = create_app(
        Site(
            database,
            LANGUAGES,
            version("voronka"),
            secret_key=secret,
            redis_url=None if database.is_sqlite else settings.redis_url,
            public_url=settings.public_url,
            metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
        )
    )
    if settings.trusted_proxies:
        from werkzeug.middleware.proxy_fix import ProxyFix

        trusted = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted)  # type: ignore[method-assign]
    return app


@contextmanager
def _staying(settings: Settings, command: Literal["worker", "scheduler"]) -> Iterator[tuple[Database, threading.Event]]:
    """Open a database for a process that stays; the event is set by SIGINT and SIGTERM."""
    if Database(settings.database).is_sqlite:
        raise OneProcessError(command)
    with opened(settings, is_short=False) as database, _told_to_end() as ended:
        pulse = Pulse(database, command, version("voronka"))
        pulse.start()
        try:
            yield database, ended
        finally:
            pulse.stop()


@contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set.

    They raise nothing: what is raised out of the blue may come where nobody can hear it, in the end of an object for instance.
    """
    ended = threading.Event()
    before = {name: signal.signal(name, lambda *_: ended.set()) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a start as Ctrl-C does, so that everything is closed in order."""

    def end(*_: Any) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _nobody() -> None:
    """Nobody is there to be woken: workers look by themselves."""
