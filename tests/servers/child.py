"""A server program as a child of this process: started, stopped, killed, started again."""

from __future__ import annotations

import ctypes
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 90.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.01

PORTS = range(15_000, 32_000)
"""Below what Linux (from 32768), macOS and Windows (from 49152) give by themselves."""
_chance = random.SystemRandom()  # many processes look for one at once, and those of a suite begin with the same seed

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class User:
    """Whom a child runs as; by default as ourselves."""

    options: Mapping[str, object] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()


@dataclass
class Child:
    """One server program and the way it is started; at most one process at a time.

    Attributes:
        command: the program and its arguments.
        log: what it writes; shown when it does not start.
        is_ready: asked until it says yes.
        stop_signal: asks for an orderly end.
        kill_signal: ends at once, losing what was not saved.
        most_bytes: no file that it writes may grow beyond, as on a full disk; nothing for no limit.  Seen at the next start.
    """

    command: Sequence[str | Path]
    folder: Path
    log: Path
    is_ready: Callable[[], bool]
    stop_signal: signal.Signals
    kill_signal: signal.Signals
    user: User = field(default_factory=User)
    environment: Mapping[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None
    most_bytes: int | None = None

    @property
    def is_running(self) -> bool:
        """Whether there is a process that has not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start, and wait until it answers.  Nothing happens when it runs already.

        Raises:
            RuntimeError: it ended or did not answer in time; the message holds its log.
        """
        if self.is_running:
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.user.prefix, *self.command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=self._prepare,  # noqa: PLW1509  # two system calls, no lock
                **self.user.options,  # type: ignore[call-overload]  # user, group, extra_groups
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end(self.kill_signal)
                said = self.log.read_text(errors="replace")[-4000:]
                raise RuntimeError(f"{Path(self.command[0]).name} did not start:\n{said}")
            time.sleep(POLL_SECONDS)

    def end(self, how: signal.Signals) -> None:
        """Send a signal and wait for the end; a child that stays is killed.  Safe when it has ended."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
        self.process = None

    def stop(self) -> None:
        """End in order."""
        self.end(self.stop_signal)

    def kill(self) -> None:
        """End at once, as when the power fails."""
        self.end(self.kill_signal)

    def _prepare(self) -> None:
        """Between fork and exec: limit its files, and ask Linux to end the child when this process is killed."""
        if self.most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.most_bytes, self.most_bytes))
        if _libc is not None:
            _libc.prctl(DIE_WITH_PARENT, int(self.kill_signal))


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now, and that stays free until somebody asked for it by its number.

    None of those that the system gives to whoever connects, or asks for any: one of these may be taken before a server has
    started, or while it is away, even by the very client that looks for it there.
    """
    while True:
        port = _chance.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
