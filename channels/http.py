"""HTTP out: one request at a time, within limits of time, size and redirects, and never into our own network by accident."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from engine.text import _l
from voronka_error import VoronkaError

CONNECT = 5.0
"""Seconds until a connection must stand."""
TOTAL = 30.0
"""Seconds for everything, redirects and the whole answer among it."""
LARGEST = 256 * 1024
"""Bytes of an answer that are read."""
MOST_REDIRECTS = 3

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Rules:
    """Where requests may go.

    ``allow_private`` lets them into the installation's own network; ``private_ports`` only to these ports of it.
    """

    allow_private: bool = False
    private_ports: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Call:
    """One request.  ``key`` is sent as ``Idempotency-Key``: the same key is the same request."""

    method: str
    address: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    ``body`` is ``None`` where it could not be read whole, and ``problem`` says why: ``too_large``, ``cut_off``, ``encoded``.
    ``retry_after`` are the seconds that the server asks to wait.
    """

    status: int
    body: bytes | None
    problem: str | None = None
    retry_after: int | None = None


class CallError(VoronkaError):
    """A request without an answer.

    ``is_certain`` says that it did not reach the other side; ``is_final`` that it never will, however often it is tried.
    """

    code = "call_failed"

    def __init__(self, words: str, *, is_certain: bool = True, is_final: bool = False) -> None:
        super().__init__(words)
        self.is_certain = is_certain
        self.is_final = is_final


def send(call: Call, rules: Rules) -> Answer:
    """Send a request, follow its redirects, and return the answer.

    Raises:
        CallError: there was no answer, or it leads where it may not.
    """
    ends = time.monotonic() + TOTAL
    url = _address(call.address)
    method, headers, body = call.method, list(call.headers), call.body.encode()
    for _ in range(MOST_REDIRECTS + 1):
        answer, location = _once(method, url, [*headers, ("Idempotency-Key", call.key)], body, rules, ends)
        if answer.status not in _MOVED or location is None:
            return answer
        target = _address(str(url.join(location)))
        if url.scheme == "https" and target.scheme != "https":
            raise CallError(_l("it redirects from https to http"), is_final=True)
        if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
            headers = [one for one in headers if one[0].lower() == "content-type"]
        if method != "HEAD" and (answer.status == 303 or (answer.status in (301, 302) and method == "POST")):
            method, body = "GET", b""
            headers = [one for one in headers if one[0].lower() != "content-type"]
        url = target
    raise CallError(_l("it redirects more than {times} times", times=MOST_REDIRECTS), is_final=True)


def _address(text: str) -> httpx.URL:
    """Read an address of the web."""
    try:
        url = httpx.URL(text)
        if url.scheme not in ("http", "https") or not url.raw_host or url.userinfo:
            raise httpx.InvalidURL("it begins with http:// or https:// and names no password")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise CallError(_l("this is no address of the web: {problem}", problem=str(error)), is_final=True) from error
    return url


def _once(
    method: str, url: httpx.URL, headers: Iterable[tuple[str, str]], body: bytes, rules: Rules, ends: float
) -> tuple[Answer, str | None]:
    """Send one request and return its answer, and where it redirects to."""
    network = _Network(rules, ends)
    lines = [("Host", url.netloc.decode("ascii")), ("User-Agent", "Voronka"), ("Accept-Encoding", "identity")]
    lines += [("Accept", "*/*"), ("Connection", "close"), *headers]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(("Content-Length", str(len(body))))
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trusted(), network_backend=network) as pool,
            pool.stream(
                method, target, headers=[(name.encode(), value.encode()) for name, value in lines], content=body
            ) as response,
        ):
            received = [(name.lower(), value.decode("latin-1")) for name, value in response.headers]
            return _read(response, dict(received)), dict(received).get(b"location")
    except httpcore.LocalProtocolError as error:
        raise CallError(_l("it cannot be sent: {problem}", problem=str(error)), is_final=True) from error
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        is_late = isinstance(error, httpcore.TimeoutException)
        words = _l("it did not answer in time") if is_late else str(error) or type(error).__name__
        raise CallError(words, is_certain=not network.has_written) from error


def _read(response: httpcore.Response, headers: dict[bytes, str]) -> Answer:
    """Read the answer's body, as far as it may go."""
    after = headers.get(b"retry-after", "")
    retry_after = int(after) if after.isdecimal() and len(after) < 7 else None
    if headers.get(b"content-encoding", "identity").strip().lower() not in ("", "identity"):
        return Answer(response.status, None, "encoded", retry_after)
    read, size = [], 0
    try:
        for chunk in response.iter_stream():
            size += len(chunk)
            if size > LARGEST:
                return Answer(response.status, None, "too_large", retry_after)
            read.append(chunk)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
        return Answer(response.status, None, "cut_off", retry_after)
    return Answer(response.status, b"".join(read), None, retry_after)


class _Network(httpcore.SyncBackend):
    """Connects to checked addresses only: the very address that was looked up is the one that is connected to."""

    def __init__(self, rules: Rules, ends: float) -> None:
        self._rules = rules
        self.ends = ends
        self.has_written = False

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            httpcore.ReadTimeout: none.
        """
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers."""
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _allowed(host, port, self._rules):
            try:
                stream = super().connect_tcp(address, port, min(CONNECT, self.left()), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return _Stream(stream, self)
        raise problem

    def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Refuse: there is no such way out."""
        raise httpcore.ConnectError(path)


class _Stream(httpcore.NetworkStream):
    """A connection that knows when everything must be over, however slowly the other side speaks."""

    def __init__(self, inner: httpcore.NetworkStream, network: _Network) -> None:
        self._inner = inner
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is."""
        return self._inner.read(max_bytes, self._network.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write; from now on the other side may have got it."""
        left = self._network.left()
        self._network.has_written = True
        self._inner.write(buffer, left)

    def close(self) -> None:
        """Close."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Go on encrypted, with the name that the address had."""
        inner = self._inner.start_tls(ssl_context, server_hostname, min(CONNECT, self._network.left()))
        return _Stream(inner, self._network)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows of itself."""
        return self._inner.get_extra_info(info)


def _allowed(host: str, port: int, rules: Rules) -> list[str]:
    """Return the addresses of a host that may be connected to."""
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if rules.allow_private or port in rules.private_ports:
        return found
    public = [address for address in found if is_public(address)]
    if found and not public:
        raise CallError(
            _l("{host} leads into a private network; set VORONKA_ALLOW_PRIVATE_HTTP=1 if it may", host=host),
            is_final=True,
        )
    return public


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the open internet, also where it wraps one of another kind."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.teredo is not None or ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
