"""A crew: several processes of one kind under one that looks after them."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import structlog

log = structlog.get_logger(__name__)

_ENDS = (signal.SIGTERM, signal.SIGINT)
_PAUSE = 1.0
"""Seconds before another takes the place of one that died, so that one that cannot live does not spin."""


def run_crew(processes: int, work: Callable[[], None]) -> None:
    """Do ``work`` in so many processes until SIGTERM or SIGINT, which all of them get; one that dies is replaced.

    To be called before there are threads and connections.  If this process is killed, the others end in order by themselves.
    """
    reading, writing = os.pipe()
    gc.freeze()  # what is there for good is shared by all
    crew: set[int] = set()
    ended = threading.Event()

    def end(*_: object) -> None:
        ended.set()
        for one in crew:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGTERM)

    def add() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # until who is born takes them for itself, and we know of it
        born = os.fork()
        if born == 0:
            os.close(writing)
            _live(reading, work)
        crew.add(born)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
        if ended.is_set():
            os.kill(born, signal.SIGTERM)

    for name in _ENDS:
        signal.signal(name, end)
    for _ in range(processes):
        add()
    while crew:
        gone, status = os.wait()
        crew.discard(gone)
        if not ended.is_set():
            log.warning("process_replaced", pid=gone, status=os.waitstatus_to_exitcode(status))
            ended.wait(_PAUSE)
            if not ended.is_set():
                add()
    os.close(reading)
    os.close(writing)


def _live(reading: int, work: Callable[[], None]) -> NoReturn:
    """Be one of the crew, and end with whoever looks after it."""
    for name in _ENDS:
        signal.signal(name, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
    threading.Thread(target=_watch, args=(reading,), name="watch", daemon=True).start()
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001  the last thing this process says
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _watch(reading: int) -> None:
    """End this process in order when the pipe's other end is gone, and with it whoever held it."""
    while os.read(reading, 1):
        time.sleep(_PAUSE)
    os.kill(os.getpid(), signal.SIGTERM)
