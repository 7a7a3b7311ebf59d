"""Where other programs send to: each webhook has an address of its own, which is its secret."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import HTTPException

from crm.access.tokens import token_hash
from crm.errors import NotFoundError
from crm.ways.receiving import MOST_BYTES, SAME_CONTENT, SAME_ID, Came, receive
from crm.ways.webhooks import webhook_by_token
from engine.text import _l
from web.access import ANYONE, allowed
from web.guards import csrf, limiter
from web.reading_json import NotJsonError, read_json
from web.site import site, writing
from web.texts import translated

blueprint = Blueprint("hooks", __name__)
csrf.exempt(blueprint)

ID_HEADERS: Final = (
    "Idempotency-Key",
    "Webhook-Id",
    "X-Webhook-Id",
    "X-Delivery-Id",
    "X-GitHub-Delivery",
    "X-Shopify-Webhook-Id",
    "X-Request-Id",
    "X-Event-Id",
)
"""Headers by which programs name a delivery; the first that is there counts."""
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def _who() -> str:
    return f"hook:{token_hash(str((request.view_args or {}).get('token', '')))[:16]}:{get_remote_address()}"


@blueprint.post("/hooks/<token>")
@allowed(ANYONE)
@limiter.limit(lambda: site().limits.api, key_func=_who)
def take(token: str) -> ResponseReturnValue:
    """Take JSON or a form: 202 with the id of the delivery, also for one that came before."""
    request.max_content_length = MOST_BYTES
    with writing() as work:
        webhook = webhook_by_token(work, token)
        payload, raw = _payload()
        [answer] = receive(work, webhook, [_came(payload, raw)])
    return make_response(jsonify({"id": answer.delivery_id, "status": answer.code}), 202)


def _payload() -> tuple[Any, bytes]:
    """Return what came, and the bytes that it is recognised by."""
    if request.mimetype in _FORMS:
        pairs = [(name, value) for name, values in request.form.lists() for value in values]
        found: dict[str, Any] = {}
        for name, values in request.form.lists():
            found[name] = values[0] if len(values) == 1 else values
        return found, repr(pairs).encode()
    raw = request.get_data()
    return read_json(raw), raw


def _came(payload: Any, raw: bytes) -> Came:
    for header in ID_HEADERS:
        named = request.headers.get(header, "").strip()
        if named:
            digest = hashlib.sha256(named.encode(errors="replace")).hexdigest()
            return Came(payload, f"{header.lower()}:{digest}", SAME_ID)
    within: timedelta = SAME_CONTENT
    return Came(payload, f"body:{hashlib.sha256(raw).hexdigest()}", within)


@blueprint.errorhandler(NotJsonError)
def not_json(_error: NotJsonError) -> ResponseReturnValue:
    """Say what is taken."""
    return _problem(400, "malformed", translated(_l("send JSON, or a form")))


@blueprint.errorhandler(NotFoundError)
def unknown(_error: NotFoundError) -> ResponseReturnValue:
    """Say that there is no such address, and nothing else."""
    return _problem(404, "not_found", translated(_l("there is no such webhook, or it is switched off")))


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> ResponseReturnValue:
    """Answer as programs read it."""
    answer = _problem(error.code or 500, error.name.lower().replace(" ", "_"), error.name)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Retry-After")
    return answer


def _problem(status: int, code: str, words: str) -> Response:
    return make_response(jsonify({"error": {"code": code, "message": words}}), status)
