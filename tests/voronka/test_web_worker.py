"""A process that answers pages, in a thread of the test: what gunicorn would wait for takes hours here."""

import gc
import logging
import os
import socket
import sys
import threading

import pytest
from gunicorn.config import Config
from gunicorn.workers import gthread

from voronka.__main__ import main
from voronka.web_worker import WebWorker

HOURS = 7200


class App:
    def __init__(self):
        self.callable = self

    def __call__(self, _environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    def wsgi(self):
        return self


class Log(logging.Logger):
    def access(self, *_):
        """Nobody reads it."""


@pytest.fixture
def worker(monkeypatch):
    """A worker with one thread that answers, and the thread it runs in."""
    monkeypatch.setattr(gthread, "DEFAULT_WORKER_DATA_TIMEOUT", HOURS)
    settings = Config()
    for name, value in {"threads": 1, "keepalive": HOURS, "graceful_timeout": HOURS}.items():
        settings.set(name, value)
    listener = socket.create_server(("127.0.0.1", 0))
    made = WebWorker(1, os.getppid(), [listener], App(), HOURS, settings, Log("worker"))
    made.wsgi = made.app
    made.tpool = made.get_thread_pool()
    made.poller = gthread.selectors.DefaultSelector()
    made.method_queue.init()
    made.thread = threading.Thread(target=made.run, daemon=True)
    made.thread.start()
    yield made
    made.handle_exit(None, None)
    made.thread.join(60)
    made.tmp.close()
    assert not made.thread.is_alive()


def connected(worker):
    return socket.create_connection(worker.sockets[0].getsockname(), timeout=60)


def test_who_says_nothing_takes_no_thread_and_holds_up_no_end(worker):
    with connected(worker) as silent, connected(worker) as asking:
        asking.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = asking.recv(1000)

        worker.handle_exit(None, None)
        worker.thread.join(60)

        assert (answer[:12], worker.thread.is_alive(), silent.recv(1)) == (b"HTTP/1.1 200", False, b"")


def test_python_does_not_look_through_all_that_was_imported_when_a_program_ends(monkeypatch, capsys):
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append("all"))
    monkeypatch.setattr(sys, "argv", ["voronka", "--version"])

    with pytest.raises(SystemExit):
        main()

    assert (frozen, "voronka" in capsys.readouterr().out.lower()) == (["all"], True)
