"""Callers of the web server: as little of Python as possible, for they share the machine with what they measure."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Sequence

from benchmarks.frame import ContestantError


class Caller:
    """One connection that stays open, as a program that sends leads would keep it."""

    def __init__(self, port: int, path: str, key: str = "") -> None:
        self._port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key}\r\nContent-Length: "
        ).encode()
        self._socket: socket.socket | None = None

    def call(self, body: bytes) -> bytes:
        """Send a body and return that of the answer; a connection that the server closed meanwhile is opened again.

        Raises:
            ContestantError: the answer is an error.
        """
        request = self._head + str(len(body)).encode() + b"\r\n\r\n" + body
        answer = self._sent(request) or self._sent(request)
        head, _, rest = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 20"):
            raise ContestantError(f"the web server answered {head[:60]!r} {rest[:200]!r}")
        return rest

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _sent(self, request: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), 60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found = b""
        try:
            self._socket.sendall(request)
            while not _is_whole(found):
                part = self._socket.recv(65536)
                if not part:
                    break
                found += part
        except ConnectionError:
            found = b""
        if not found or b"connection: close" in found[:1000].lower():
            self.close()
        return found


def _is_whole(answer: bytes) -> bool:
    head, end, rest = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(rest) >= int(value)
    return head.startswith(b"HTTP/1.1 204")


def call_all(callers: Sequence[Caller], bodies: Sequence[bytes]) -> None:
    """Send all bodies, each caller one after the other in a thread of its own.

    Raises:
        ContestantError: the first error of any.
    """
    errors: list[BaseException] = []
    threads = [
        threading.Thread(target=_call_each, args=(caller, bodies[number :: len(callers)], errors.append))
        for number, caller in enumerate(callers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _call_each(caller: Caller, bodies: Sequence[bytes], failed: Callable[[BaseException], None]) -> None:
    try:
        for body in bodies:
            caller.call(body)
    except (ContestantError, OSError) as error:
        failed(error)
    finally:
        caller.close()


def lead(number: int, named: str = "api") -> dict[str, str]:
    """Return a lead as the API takes it; every source passes the job's condition."""
    return {
        "title": f"Request {number}",
        "name": f"Name {number}",
        "source": ("ads", "site")[number % 2],
        "external_id": f"{named}-{number}",
    }


def body_of(value: object) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value).encode()
