"""The memory of a process and its children, as the kernel counts it (Linux)."""

from __future__ import annotations

import contextlib
from pathlib import Path

_PROC = Path("/proc")


def peak_mib(pid: int) -> float:
    """Return the peak resident memory of a running process and its children, in MiB.

    The peaks are added, so pages that children share with their parent count more than once: an upper bound, exact
    for a single process.
    """
    return sum(_status_kib(each, "VmHWM") for each in family(pid)) / 1024


def resident_mib(pid: int) -> float:
    """Return the resident memory of a running process and its children now, in MiB."""
    return sum(_status_kib(each, "VmRSS") for each in family(pid)) / 1024


def proportional_mib(pid: int) -> float:
    """Return the memory of a running process and its children, what is shared divided among all who share it (PSS), in MiB."""
    return sum(_kib(_PROC / str(each) / "smaps_rollup", "Pss") for each in family(pid)) / 1024


def family(pid: int) -> tuple[int, ...]:
    """Return `pid` and all its descendants that still run."""
    found = [pid]
    for parent in found:
        for children in _PROC.glob(f"{parent}/task/*/children"):
            with contextlib.suppress(OSError):
                found.extend(int(child) for child in children.read_text().split())
    return tuple(found)


def _status_kib(pid: int, key: str) -> int:
    return _kib(_PROC / str(pid) / "status", key)


def _kib(path: Path, key: str) -> int:
    with contextlib.suppress(OSError):
        for line in path.read_text().splitlines():
            name, _, value = line.partition(":")
            if name == key:
                return int(value.split()[0])
    return 0
