"""Processes of the product, started as its users start them, or held at a line until all are ready."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.frame import ContestantError

ROOT = Path(__file__).parents[2]
READY = b"ready\n"
LONGEST = 60.0


@contextlib.contextmanager
def running(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m module` with its words in `log`; SIGTERM ends it, and SIGKILL where that does not."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def await_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a process says that it is ready.

    Raises:
        ContestantError: it ended instead.
    """
    assert process.stdout is not None
    if process.stdout.readline() != READY:
        raise ContestantError(f"a process ended: {log.read_text()[-1000:]}")


def go(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Let processes that are ready begin."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()


def wait_for_go() -> None:
    """Say that this process is ready, and wait until it may begin."""
    print(READY.decode(), end="", flush=True)
    sys.stdin.readline()


@contextlib.contextmanager
def web(url: str, redis_url: str, folder: Path) -> Iterator[int]:
    """Serve pages as `voronka web` does, with a bare insert beside them; gives the port once it answers."""
    port = _free_port()
    environment = {**product(url, redis_url), "VORONKA_PORT": str(port)}
    log = folder / "web.log"
    with running("benchmarks.distributed.web", (), environment, log) as process:
        deadline = time.monotonic() + LONGEST
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ContestantError(f"the web server does not answer: {log.read_text()[-1000:]}")
            time.sleep(0.1)
        yield port


@contextlib.contextmanager
def worker(url: str, redis_url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `voronka worker`."""
    with running("voronka", ["worker"], product(url, redis_url), folder / "worker.log") as process:
        yield process


def product(url: str, redis_url: str) -> dict[str, str]:
    """Return the environment of the product's own processes."""
    return {
        "VORONKA_DATABASE_URL": url,
        "VORONKA_REDIS_URL": redis_url,
        "VORONKA_SECRET_KEY": "bench",
        "VORONKA_LOG_LEVEL": "warning",
    }


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
