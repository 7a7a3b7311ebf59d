"""A Redis server of our own."""

from __future__ import annotations

import shutil
import signal
import socket
import tempfile
from pathlib import Path

from tests.servers.binaries import redis_program
from tests.servers.child import Child, free_port


class RedisServer:
    """A server in a folder of its own, on a port that stays the same over restarts.

    Attributes:
        url: the address of its database 0.
    """

    def __init__(self, *, durable: bool = False) -> None:
        """Make the folder; nothing runs yet.

        Args:
            durable: keep what is written over ``stop`` and ``kill``.  Without it each start is empty.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="voronka-redis-"))
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        saved = ["--appendonly", "yes", "--appendfsync", "always"] if durable else ["--appendonly", "no"]
        self._child = Child(
            command=[
                redis_program(),
                *("--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(self._folder)),
                *("--save", "", "--loglevel", "warning", *saved),
            ],
            folder=self._folder,
            log=self._folder / "log",
            is_ready=self._is_ready,
            stop_signal=signal.SIGTERM,
            kill_signal=signal.SIGKILL,
        )

    def start(self) -> None:
        """Start and wait until it answers."""
        self._child.start()

    def stop(self) -> None:
        """Stop in order."""
        self._child.stop()

    def kill(self) -> None:
        """Stop at once."""
        self._child.kill()

    def close(self) -> None:
        """Stop and remove everything."""
        self._child.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), 0.2) as line:
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False
