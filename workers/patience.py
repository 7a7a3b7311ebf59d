"""Patience: a block that hangs is broken off, so that it parks its run and holds no worker for ever."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from voronka_error import VoronkaError

LOOKS = 10
"""A block that is still at it after so many looks is broken off."""
LOOK_SECONDS = 1.0
"""Looks are counted, and not the time by a clock: a process that stood still has lost no patience with anybody."""

P = ParamSpec("P")
T = TypeVar("T")


class HangsError(VoronkaError):
    """A block does not come to an end."""

    code = "block_hangs"

    def __init__(self) -> None:
        super().__init__("it does not come to an end")


class Watched:
    """A thread that walks runs, one at a time.

    ``turn`` grows when a run begins to walk and when it ends, so it is odd while one walks; a look sees whether it gets on.
    """

    def __init__(self) -> None:
        self.turn = 0
        self.seen = (0, 0)
        self.thread_id = ctypes.c_ulong(threading.get_ident())
        self.may_be_struck = False

    def walk(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``act`` does, or break it off where it takes too long.  After it nothing is on its way to this thread.

        Raises:
            HangsError: it was broken off, perhaps in the very moment in which it ended.
        """
        try:
            self.turn += 1
            try:
                return act(*args, **kwargs)
            finally:
                # Python raises what another thread asked for only at calls and at jumps back, and there is none before it is
                # taken back. Whoever saw the turn before it ended holds the lock until he has asked.
                self.turn += 1
                if self.may_be_struck:
                    with _lock:
                        _raise_in(self.thread_id, _NOTHING)
                        self.may_be_struck = False
        except _Enough:
            raise HangsError from None


class _Enough(BaseException):
    """Ends a block from outside; no block that catches every ``Exception`` takes it for one of its own."""


_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = (ctypes.c_ulong, ctypes.py_object)
_NOTHING = ctypes.py_object()
_ENOUGH = ctypes.py_object(_Enough)

_watched: set[Watched] = set()
_lock = threading.Lock()
_woken = threading.Event()
_watcher: threading.Thread | None = None


@contextmanager
def watched() -> Iterator[Watched]:
    """Watch this thread while it walks runs with what is returned; only inside ``walk`` it is ever broken off."""
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
    """Look once, holding the lock."""
    turn, looks = one.seen
    now = one.turn
    one.seen = (now, looks + 1 if turn == now else 1)
    if now % 2 and one.seen[1] > LOOKS:
        one.seen = (now, 0)
        one.may_be_struck = True  # before the turn is read again: whoever ends it now sees this, and waits for the lock
        if one.turn == now:
            _raise_in(one.thread_id, _ENOUGH)
