"""The process that bears others: it has imported everything once, and forks one that is as real as any within milliseconds.

Takes orders from a socket, a JSON object in each message, and answers each: ``bear`` names a module to run as a program, with its
arguments, folder, environment and the three standard streams, which come with the message; ``wait`` says how it ended.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import time
from typing import Any

from tests.servers.child import DIE_WITH_PARENT

LONGEST_ORDER = 1 << 18
LIBRARIES = (
    "alembic.command", "apscheduler.schedulers.background", "argon2", "babel.dates", "charset_normalizer", "dramatiq",
    "email_validator", "flask", "networkx", "phonenumbers", "psycopg", "pydantic", "pydantic_settings", "redis",
    "rich.console", "rich.progress", "rich.table", "ruamel.yaml", "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite", "structlog", "typer.rich_utils", "waitress",
)  # fmt: skip
PACKAGES = ("engine", "db", "blocks", "crm", "funnels", "workers", "web")
"""Imported beforehand.  Not ``voronka``: what it says at import depends on the language of its environment."""


def main() -> None:
    _die_with_parent()
    _import_everything()
    gc.freeze()  # what is there for good is not looked through by anybody born here
    line = socket.socket(fileno=int(sys.argv[1]))
    line.send(b'"ready"')
    while True:
        message, streams, _, _ = socket.recv_fds(line, LONGEST_ORDER, 3)
        if not message:
            return
        order = json.loads(message)
        if order["do"] == "bear":
            process = os.fork()
            if process == 0:
                line.close()
                _live(order, streams)
                return
            for stream in streams:
                os.close(stream)
            answer: Any = process
        else:
            answer = _end_of(order["process"], order["seconds"])
        line.send(json.dumps(answer).encode())


def _live(order: dict[str, Any], streams: list[int]) -> None:
    """Become the program; the interpreter then ends as after any program."""
    _die_with_parent()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        if stream > 2:
            os.close(stream)
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), "utf-8", "surrogateescape")  # noqa: SIM115  for good
    sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), "utf-8", "surrogateescape")  # noqa: SIM115
    sys.stderr = io.TextIOWrapper(
        open(2, "wb", closefd=False),  # noqa: SIM115
        "utf-8",
        "backslashreplace",
        line_buffering=True,
    )
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["", *order["arguments"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


def _end_of(process: int, seconds: float | None) -> int | str | None:
    """Return how it ended, ``stopped`` where it stands still, nothing where it goes on after these seconds."""
    ends = None if seconds is None else time.monotonic() + seconds
    while True:
        done, status = os.waitpid(process, os.WUNTRACED | (0 if ends is None else os.WNOHANG))
        if done:
            return "stopped" if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
        if ends is not None and time.monotonic() >= ends:
            return None
        time.sleep(0.002)


def _import_everything() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    for package in PACKAGES:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.startswith("db.migrations."):  # Alembic loads these itself
                importlib.import_module(module.name)


def _die_with_parent() -> None:
    """Let nobody outlive a test run that was broken off."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, int(signal.SIGKILL))


if __name__ == "__main__":
    main()
