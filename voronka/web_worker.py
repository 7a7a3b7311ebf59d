"""A process that answers pages: connections that say nothing take no thread, and hold up no end."""

from __future__ import annotations

import selectors
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class WebWorker(ThreadWorker):  # type: ignore[misc]  # ships no types
    """Gunicorn's worker with threads, for browsers and proxies that connect before they ask.

    Gunicorn itself lets a thread wait five seconds for the first words of each connection, and waits with its own end for those
    that were never said: half a minute.
    """

    def enqueue_req(self, conn: Any) -> None:
        """Have a request answered by a thread, as soon as its first words are here."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _cap_keepalive(self, deadline: float) -> None:
        """When the end has begun, let go by ``deadline`` also of who has said nothing yet."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)
