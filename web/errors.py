"""What a visitor sees when something cannot be done: what happened, what was kept, what to do."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from crm.errors import NotAllowedError, NotFoundError, NotSetUpError
from db.database import is_away
from db.errors import DatabaseFullError, StaleError
from engine.text import _l
from voronka_error import VoronkaError
from web.texts import translated
from web.visit import wants_json

log = structlog.get_logger(__name__)

_STATUS: dict[type[VoronkaError], int] = {
    NotFoundError: 404,
    NotAllowedError: 403,
    StaleError: 409,
    DatabaseFullError: 507,
    NotSetUpError: 503,
}
_WORDS = {
    400: _l("The request cannot be read. Go back and try again."),
    401: _l("You are not signed in, or your session is over. Sign in and try again."),
    403: _l("You may not see this. Ask an administrator for the right."),
    404: _l("There is nothing here. It may have been deleted, or the address is mistyped."),
    405: _l("This address does not take such a request."),
    409: _l("Somebody else has changed this meanwhile. Reload and try again."),
    413: _l("This is too large to be taken."),
    415: _l("This kind of content is not taken here."),
    429: _l("Too many attempts. Wait a minute and try again."),
    500: _l("Something went wrong on our side. What you had saved is safe. The error is written to the log."),
    503: _l("The database does not answer. What you had saved is safe. Try again in a minute."),
    507: _l(
        "There is no room left for the database. Nothing was half-written. Ask whoever runs it to free some space."
    ),
}


def status_of(error: VoronkaError) -> int:
    """Return the HTTP status for what was refused."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 422)


def register(app: Flask) -> None:
    """Answer errors as pages, or as JSON where a program asks."""

    @app.errorhandler(VoronkaError)
    def refused(error: VoronkaError) -> ResponseReturnValue:
        status = status_of(error)
        if isinstance(error, (StaleError, DatabaseFullError)):  # the database side knows no languages
            return _answer(status, error.code, translated(_WORDS[status]))
        words = "\n".join(translated(one) if isinstance(one, str) else str(one) for one in error.args)
        return _answer(status, error.code, words or error.message)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> ResponseReturnValue:
        return _answer(400, "csrf", translated(_l("This page was open for too long. Reload it and try again.")))

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error
        words = _WORDS.get(status)
        code = HTTPStatus(status).phrase.lower().replace(" ", "_")
        answer = _answer(status, code, translated(words) if words else error.description or code)
        answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Retry-After")
        return answer

    @app.errorhandler(OperationalError)
    def unanswered(error: OperationalError) -> ResponseReturnValue:
        if not is_away(error):
            return broken(error)
        log.warning(
            "request_unanswered", path=request.path, method=request.method, error=str(error.orig).splitlines()[0]
        )
        answer = _answer(503, "database_unreachable", translated(_WORDS[503]))
        answer.headers["Retry-After"] = "5"
        return answer

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        log.error("request_failed", path=request.path, method=request.method, exc_info=error)
        return _answer(500, "internal", translated(_WORDS[500]))


def _answer(status: int, code: str, words: str) -> Response:
    if wants_json():
        return make_response(jsonify({"error": {"code": code, "message": words}}), status)
    if "HX-Request" in request.headers or request.headers.get("X-Requested-With"):
        return make_response(words, status)
    return make_response(render_template("error.html", status=status, words=words), status)
