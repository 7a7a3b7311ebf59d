"""Every request has an id: in its answer, and in each line that is logged while it is answered."""

from __future__ import annotations

import re
import uuid
from typing import Final

import structlog
from flask import Flask, g, request
from werkzeug.wrappers import Response

from web.site import site

HEADER: Final = "X-Request-ID"
_FIT: Final = re.compile(r"[\w.:-]{1,64}\Z")


def register(app: Flask) -> None:
    """Give ids to the requests of an application, and count its answers."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    """Take the id that a proxy gave, else a new one."""
    given = request.headers.get(HEADER, "")
    g.request_id = given if _FIT.match(given) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id, route=request.endpoint)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.get("request_id", "")
    site().database.counts.add(f"requests:{response.status_code // 100}xx")
    return response
