"""The web server of the embedded form: waitress in a thread of its own, so that a signal needs to interrupt nobody."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from engine.text import _l
from voronka_error import VoronkaError

if TYPE_CHECKING:
    from flask import Flask

_REFUSED: Final = (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL, None)


class AddressInUseError(VoronkaError):
    """Something else answers on the port."""

    code = "address_in_use"


class Listening:
    """Answers on an address from ``start`` to ``stop``; ``port`` is the one that is really listened on."""

    def __init__(self, app: Flask, *, host: str, port: int, threads: int) -> None:
        """Take the address.

        Raises:
            AddressInUseError: it is taken, or cannot be had.
        """
        from waitress import create_server

        self._sockets: dict[int, Any] = {}
        try:
            self._server = create_server(app, map=self._sockets, host=host, port=port, threads=threads, ident="")
        except OSError as error:
            if error.errno not in _REFUSED:
                raise
            raise AddressInUseError(
                _l(
                    "cannot listen on {host}:{port}: {problem}; choose another with --port or VORONKA_PORT",
                    host=host,
                    port=port,
                    problem=error.strerror or error,
                )
            ) from error
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._failed: Callable[[], None] = _nobody
        self._error: BaseException | None = None

    def start(self, *, failed: Callable[[], None]) -> None:
        """Begin to answer; ``failed`` is called should that end by itself."""
        self._failed = failed
        self._thread.start()

    def stop(self) -> None:
        """Finish the answers under way, for five seconds at most, and let go of the address; a second time nothing is left to do.

        Raises:
            Exception: whatever ended it before.
        """
        from waitress.trigger import trigger
        from waitress.wasyncore import close_all

        def close() -> None:
            close_all(self._sockets, ignore_all=True)

        self._server.task_dispatcher.shutdown()
        wakers = [one for one in list(self._sockets.values()) if isinstance(one, trigger)]
        if self._thread.is_alive() and wakers:
            wakers[0].pull_trigger(close)  # its own thread does it, and ends when nothing is left to listen to
            self._thread.join(10)
        else:
            close()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._server.run()
        except BaseException as error:  # noqa: BLE001  told to whoever stops it
            self._error = error
        finally:
            self._failed()


def _nobody() -> None:
    """Nobody asked to be told."""
