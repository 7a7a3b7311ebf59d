"""Named points inside transactions.  The fault suite ends the process at one of them; otherwise they cost a comparison."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

_stop: Callable[[str], None] | None = None


def reached(name: str) -> None:
    """Say that the process is at the point ``name`` (``before:deal``, ``after:deal``, ``before:commit`` ...)."""
    if _stop is not None:
        _stop(name)


def kill_at(name: str, count: int) -> None:
    """From now on, end this process by SIGKILL when it reaches point ``name`` for the ``count``-th time."""
    global _stop  # noqa: PLW0603  one process, one fault
    left = count

    def stop(point: str) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    _stop = stop
