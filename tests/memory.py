"""Where temporary files cost no disk: databases of tests are gone with the tests, and waiting for a disk proves nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
NEEDED_BYTES = 4 << 30


def use_memory() -> None:
    """Put temporary files, of processes started from here too, into memory: where there is room, and nobody set ``TMPDIR``."""
    if "TMPDIR" not in os.environ and _has_room(SHARED_MEMORY):
        os.environ["TMPDIR"] = str(SHARED_MEMORY)
        tempfile.tempdir = None  # to be looked up again


def _has_room(folder: Path) -> bool:
    """True for a folder that we may write to and start programs from, with memory enough behind it."""
    try:
        found = os.statvfs(folder)
        memory = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(memory["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):
        return False
    room = min(found.f_bavail * found.f_frsize, free)
    return room >= NEEDED_BYTES and not found.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK | os.X_OK)
