"""Programs in processes of their own, born by a nursery: start one, talk to it, see how it ended.

Everything about such a process is real but its birth: it is forked from one that has imported everything, where Python would
take a second or two to start.  Tests about the start itself use ``subprocess``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """A process of ours, as ``subprocess.Popen`` shows one.

    Attributes:
        args: the words after the module's name.
        stdout, stderr: what it says, as text; only where it was started with pipes.
    """

    def __init__(self, nursery: Nursery, pid: int, args: list[str], stdout: IO[str] | None, stderr: IO[str] | None):
        self.pid = pid
        self.args = args
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        """Return how it ended: its status, or minus the signal; nothing while it goes on."""
        return self._end(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return how it was.

        Raises:
            subprocess.TimeoutExpired: it goes on.
        """
        ended = self._end(timeout)
        if ended is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return ended

    def wait_for_stop(self) -> int | str:
        """Wait until it ends, or stands still: that is ``stopped``."""
        if self.returncode is None:
            answer = self._nursery.ask(do="wait", process=self.pid, seconds=None)
            if answer == "stopped":
                return "stopped"
            self.returncode = answer
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal; nothing happens where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> tuple[str, str]:
        """Read what is left to its end, and wait for that."""
        said = [stream.read() if stream and not stream.closed else "" for stream in (self.stdout, self.stderr)]
        self.wait()
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        return said[0], said[1]

    def _end(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            answer = self._nursery.ask(do="wait", process=self.pid, seconds=seconds)
            while answer == "stopped":
                answer = self._nursery.ask(do="wait", process=self.pid, seconds=seconds)
            self.returncode = answer
        return self.returncode


class Nursery:
    """The process that bears programs; it ends with ``close``, and everybody born there with it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.nursery", str(theirs.fileno())],
                cwd=ROOT,
                env={**_outside(), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._is_ready = False

    def start(
        self,
        module: str,
        *words: str,
        folder: Path | str = ROOT,
        environment: Mapping[str, str] | None = None,
        stdin: IO[Any] | None = None,
        stdout: IO[Any] | None = None,
        stderr: IO[Any] | None = None,
        pipes: bool = False,
    ) -> Program:
        """Bear a program: ``python -m module words``, in the environment of the tests where none is given.

        Streams that are not given lead nowhere, or with ``pipes`` to the returned program.
        """
        order = {
            "do": "bear", "module": module, "arguments": words, "folder": str(folder),
            "environment": dict(os.environ if environment is None else environment),
        }  # fmt: skip
        ours: list[IO[str] | None] = [None, None]
        opened: list[int] = []
        streams: list[int] = []
        for place, given in enumerate((stdin, stdout, stderr)):
            if given is not None:
                streams.append(given.fileno())
                continue
            if pipes and place:
                reading, theirs = os.pipe()
                ours[place - 1] = os.fdopen(reading, encoding="utf-8", errors="surrogateescape")
            else:
                theirs = os.open(os.devnull, os.O_RDWR)
            opened.append(theirs)
            streams.append(theirs)
        try:
            pid = self.ask(streams, **order)
        finally:
            for one in opened:
                os.close(one)
        return Program(self, pid, list(words), *ours)

    def run(
        self,
        module: str,
        *words: str,
        folder: Path | str = ROOT,
        environment: Mapping[str, str] | None = None,
        given: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Bear a program, give it its standard input and wait for its end; its output is UTF-8."""
        with TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
            stdin.write(given.encode())
            stdin.seek(0)
            program = self.start(
                module, *words, folder=folder, environment=environment, stdin=stdin, stdout=stdout, stderr=stderr
            )
            status = program.wait()
            said = []
            for stream in (stdout, stderr):
                stream.seek(0)
                said.append(stream.read().decode(errors="surrogateescape"))
        return subprocess.CompletedProcess(list(words), status, *said)

    def ask(self, streams: list[int] | None = None, **order: Any) -> Any:
        """Give an order and return its answer.

        Raises:
            RuntimeError: the nursery has ended.
        """
        if not self._is_ready:
            self._answer()
            self._is_ready = True
        socket.send_fds(self._line, [json.dumps(order).encode()], streams or [])
        return self._answer()

    def close(self) -> None:
        """End the nursery."""
        self._line.close()
        self._process.wait(120)

    def _answer(self) -> Any:
        answer = self._line.recv(1 << 16)
        if not answer:
            raise RuntimeError(f"the nursery has ended with status {self._process.wait(20)}")
        return json.loads(answer)


def _outside() -> dict[str, str]:
    """Return what the nursery may know of our environment."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("VORONKA_", "LC_", "LANG"))}
