"""Patience: a block that hangs is broken off, so that it parks its run and holds no worker for ever."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from voronka_error import VoronkaError

LOOKS = 10
"""A block that is still at it after so many looks is broken off."""
LOOK_SECONDS = 1.0
"""Looks are counted, and not the time by a clock: a process that stood still has lost no patience with anybody."""


class HangsError(VoronkaError):
    """A block does not come to an end."""

    code = "block_hangs"

    def __init__(self) -> None:
        super().__init__("it does not come to an end")


class Watched:
    """A thread that walks runs; ``turn`` grows with each of them, so that a look sees whether it gets on."""

    def __init__(self) -> None:
        self.thread_id = threading.get_ident()
        self.turn = 0
        self.seen = (-1, 0)


_watched: set[Watched] = set()
_lock = threading.Lock()
_woken = threading.Event()
_watcher: threading.Thread | None = None


@contextmanager
def watched() -> Iterator[Watched]:
    """Watch this thread while it walks; raise ``turn`` at each run.

    Raises:
        HangsError: inside, wherever the thread is, when a turn takes too long.
    """
    one = Watched()
    with _lock:
        _begin()
        _watched.add(one)
    _woken.set()
    try:
        yield one
    finally:
        with _lock:
            _watched.discard(one)


def _begin() -> None:
    """Have a watcher; a forked process needs its own."""
    global _watcher  # noqa: PLW0603  one per process
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_watch, name="patience", daemon=True)
        _watcher.start()


def _watch() -> None:
    while True:
        with _lock:
            idle = not _watched
            if idle:
                _woken.clear()
        if idle:
            _woken.wait()
        time.sleep(LOOK_SECONDS)
        with _lock:
            for one in _watched:
                _look(one)


def _look(one: Watched) -> None:
    turn, looks = one.seen
    one.seen = (one.turn, looks + 1 if turn == one.turn else 1)
    if one.seen[1] > LOOKS:
        one.seen = (one.turn, 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(one.thread_id), ctypes.py_object(HangsError))
