"""Logs: one event per fact on standard error, for people in a terminal and as JSON lines elsewhere."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

    from voronka.settings import Settings


_LIBRARIES: Final = ("alembic", "apscheduler", "dramatiq", "gunicorn", "redis", "sqlalchemy", "urllib3", "waitress")
# Without the values of variables: among them are names, passwords and keys.
_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)

_EVERY: Final = 10.0
"""Seconds between two lines about one trouble that goes on."""


class Once:
    """Says a trouble that goes on once in a while: ``repeated`` is how often it happened since its last line.

    For what is tried again by itself, many times a second while a server is away.  Other lines pass.
    """

    TROUBLES: Final = frozenset({"look_failed", "delivery_failed", "tick_failed", "beat_failed", "poke_failed"})

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[str, tuple[float, int]] = {}

    def __call__(self, _logger: object, _method: str, line: EventDict) -> EventDict:
        """Pass a line, or drop it."""
        event = line.get("event")
        if event not in self.TROUBLES:
            return line
        with self._lock:
            now = self._clock()
            at, since = self._said.get(event, (-_EVERY, 0))
            if now - at < _EVERY:
                self._said[event] = (at, since + 1)
                raise structlog.DropEvent
            self._said[event] = (now, 0)
        return {**line, "repeated": since} if since else line


def _is_tried_again(record: logging.LogRecord) -> bool:
    """Lower what Dramatiq calls critical: that Redis is away.  It connects anew by itself; pokes are all that is missing."""
    if record.name.startswith("dramatiq.worker.ConsumerThread") and record.levelno > logging.WARNING:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def set_up_logs(settings: Settings, *, is_short: bool = False) -> None:
    """Send all logs, ours and the libraries', to standard error in the form that the settings ask for.

    Of libraries only warnings are wanted, and of a command that ends soon (``is_short``) too.
    """
    is_pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and sys.stderr.isatty())
    asked = logging.getLevelNamesMapping()[settings.log_level.upper()]
    level = max(asked, logging.WARNING) if is_short and settings.log_level != "debug" else asked
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if is_pretty else "iso", utc=not is_pretty),
    ]
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if is_pretty
        else [_TRACEBACKS, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[Once(), *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    lines = logging.StreamHandler()
    lines.addFilter(_is_tried_again)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(level)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
