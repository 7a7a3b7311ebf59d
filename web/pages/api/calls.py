"""What every call of the API goes through: the key, the limit, the body, the protection against repeats, the errors."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, Final, NoReturn, cast

from flask import Blueprint, Response, g, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from crm.access.actor import Actor, Viewer
from crm.access.tokens import token_hash
from crm.directory import Directory, directory
from crm.ways.api_keys import ApiKey, actor_of_key, find_api_key, is_stale, note_used, viewer_of_key
from crm.ways.pressure import is_pressed
from crm.ways.repeats import keep, reserve
from db.work import Work
from engine.setting_errors import problem_of
from engine.text import LazyText, _l
from voronka_error import VoronkaError
from web.access import API_KEY, allowed
from web.errors import status_of
from web.guards import csrf, limiter
from web.reading_json import NotJsonError, read_json
from web.site import reading, site, writing
from web.texts import translated
from web.visit import visit

blueprint = Blueprint("api_v1", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)

MOST_BYTES: Final = 4 * 1024 * 1024
REPEATED_WITHIN: Final = timedelta(hours=24)
LONGEST_REPEAT_KEY: Final = 200
BUSY_FOR: Final = "5"
"""Seconds after which a program that was put off may come again."""
_NOTED_EVERY: Final = 60.0
"""Seconds for which a key is remembered, so that its use is noted again."""


class RefusedError(VoronkaError):
    """A call that cannot be answered as asked: its status, a stable code, words, and the value it is about."""

    def __init__(self, status: int, code: str, words: str, where: str | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.where = where


@dataclass(frozen=True, slots=True)
class Asked:
    """A call, read and checked: who asks, in which transaction, and what."""

    work: Work
    settings: Directory
    by: Actor
    viewer: Viewer
    body: Any
    query: Any


Answer = tuple[int, BaseModel]
View = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Described:
    """A call as the specification shows it.  ``takes`` are the shapes of the body, of which one is needed."""

    method: str
    path: str
    name: str
    summary: str
    right: str | None
    takes: tuple[type[BaseModel], ...]
    query: type[BaseModel] | None
    answers: Mapping[int, tuple[type[BaseModel], ...]]
    refusals: tuple[int, ...]


CALLS: Final[list[Described]] = []


def call(
    method: str,
    path: str,
    summary: str,
    *,
    answers: Mapping[int, tuple[type[BaseModel], ...]],
    right: str | None = None,
    takes: tuple[type[BaseModel], ...] = (),
    choose: Callable[[Any], type[BaseModel]] | None = None,
    query: type[BaseModel] | None = None,
    refusals: tuple[int, ...] = (),
    feeds: bool = False,
) -> Callable[[View], View]:
    """Declare a call: where it is, what it takes and answers.  The view gets ``Asked`` and the parts of the path.

    Args:
        method: GET, or POST, which is done once where the request has an ``Idempotency-Key``.
        path: below ``/api/v1``, as Flask writes it.
        summary: one line for people.
        answers: the shapes by status.
        right: what the key must be allowed; commands check it again.
        takes: the shapes a body may have.
        choose: says by the raw JSON which of them is meant, where there are several.
        query: the shape of the query.
        refusals: statuses beside those of every call.
        feeds: whether it brings work for funnels, and is put off with 503 while very much of it waits.
    """

    def declare(view: View) -> View:
        refused = {400, 401, 403, 429, *((413, 415, 422, 409) if takes else ()), *((422,) if query else ()), *refusals}
        refused |= {503} if feeds else set()
        name = view.__name__
        CALLS.append(Described(method, path, name, summary, right, takes, query, answers, tuple(sorted(refused))))

        @wraps(view)
        def answer(**parts: int) -> ResponseReturnValue:
            key = caller()
            if key is None:
                refuse(401, "unauthorized", _l("Send a valid key in the header Authorization: Bearer …"))
            if right is not None:
                actor_of_key(key).require(right)
            if feeds and is_pressed(site().database, most=site().limits.waiting):
                refuse(503, "busy", _l("Very many events wait already. Nothing was taken: come again in a while."))
            body = _body(takes, choose) if takes else None
            asked_query = _checked(query, request.args.to_dict()) if query is not None else None

            def do(work: Work) -> tuple[int, object]:
                asked = Asked(work, directory(work), actor_of_key(key), viewer_of_key(key), body, asked_query)
                status, found = view(asked, **parts)
                return status, found.model_dump(mode="json")

            if method == "GET":
                with reading() as work:
                    return _json(*do(work))
            with writing() as work:
                return _json(*_once(work, key, do))

        limited = limiter.limit(lambda: site().limits.api, key_func=_who)(answer)
        blueprint.add_url_rule(path, name, allowed(API_KEY)(limited), methods=[method])
        return view

    return declare


def caller() -> ApiKey | None:
    """Return the key that asks; ``None`` without a valid one.  It is looked up once, and its use is noted."""
    if "api_key" not in g:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        g.api_key = None
        if kind.lower() == "bearer" and secret.strip():
            g.api_key = _known_key(secret.strip())
    found: ApiKey | None = g.api_key
    return found


def _known_key(secret: str) -> ApiKey | None:
    """Return the key of a secret: remembered for as long as no setting changes, for making and revoking a key is a change."""
    settings = visit().settings
    version = settings.version if settings is not None else 0
    cache = site().database.cache
    known_for, keys = cache.get("api_keys", (None, {}))
    if known_for != version:
        keys = {}
        cache["api_keys"] = (version, keys)
    secret_hash = token_hash(secret)
    found, noted_at = keys.get(secret_hash, (None, 0.0))
    if found is not None and time.monotonic() - noted_at < _NOTED_EVERY:
        return cast(ApiKey, found)
    with reading() as work:
        key = find_api_key(work, secret)
        stale = key is not None and is_stale(work, key)
    if key is not None:
        if stale:
            with writing() as work:
                note_used(work, key)
        keys[secret_hash] = (key, time.monotonic())
    return key


def _who() -> str:
    key = caller()
    return f"key:{key.id}" if key is not None else f"address:{get_remote_address()}"


def refuse(status: int, code: str, words: LazyText, where: str | None = None) -> NoReturn:
    """Refuse a call."""
    raise RefusedError(status, code, words, where)


def _once(work: Work, key: ApiKey, do: Callable[[Work], tuple[int, object]]) -> tuple[int, object]:
    """Do what is asked, or answer what was answered to the same request before."""
    repeat_key = request.headers.get("Idempotency-Key")
    if repeat_key is None:
        return do(work)
    if not 0 < len(repeat_key) <= LONGEST_REPEAT_KEY or not repeat_key.isprintable():
        refuse(
            400, "bad_idempotency_key", _l("an Idempotency-Key has 1 to {limit} characters", limit=LONGEST_REPEAT_KEY)
        )
    asked = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data()).hexdigest()
    scope = f"api:{key.id}"
    known = reserve(work, scope, {repeat_key: asked}, within=REPEATED_WITHIN).get(repeat_key)
    if known is None:
        status, answer = do(work)
        keep(work, scope, [(repeat_key, status, answer)])
        return status, answer
    if known.body_hash != asked:
        refuse(409, "idempotency_key_used", _l("this Idempotency-Key was used for another request"), "Idempotency-Key")
    return known.status, known.answer


def _body(takes: tuple[type[BaseModel], ...], choose: Callable[[Any], type[BaseModel]] | None) -> BaseModel:
    if request.mimetype != "application/json":
        refuse(415, "unsupported_media_type", _l("send JSON with Content-Type: application/json"))
    request.max_content_length = MOST_BYTES
    try:
        found = read_json(request.get_data())
    except NotJsonError:
        refuse(400, "malformed_json", _l("the body is not valid JSON"))
    checked: BaseModel = _checked(choose(found) if choose is not None else takes[0], found)
    return checked


def _checked(shape: type[BaseModel] | None, found: Any) -> Any:
    assert shape is not None
    try:
        return shape.model_validate(found)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        raise RefusedError(422, "invalid", problem_of(first)[1], ".".join(map(str, first["loc"])) or None) from None


def _json(status: int, answer: object) -> Response:
    return make_response(jsonify(answer), status)


@blueprint.errorhandler(VoronkaError)
def refused(error: VoronkaError) -> ResponseReturnValue:
    """Answer what was refused."""
    status = error.status if isinstance(error, RefusedError) else status_of(error)
    words = "\n".join(translated(one) if isinstance(one, str) else str(one) for one in error.args) or error.message
    return _problem(status, error.code, words, getattr(error, "where", None))


@blueprint.errorhandler(HTTPException)
def failed(error: HTTPException) -> ResponseReturnValue:
    """Answer what Flask refused."""
    status = error.code or 500
    words = {
        413: _l("This is too large to be taken."),
        429: _l("Too many requests. Wait a little and try again."),
    }.get(status)
    code = {413: "too_large", 429: "too_many_requests", 400: "bad_request"}.get(status, "refused")
    answer = _problem(status, code, translated(words) if words else error.name, None)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Retry-After")
    return answer


def _problem(status: int, code: str, words: str, where: str | None) -> Response:
    answer = _json(status, {"error": {"code": code, "message": words, "where": where}})
    if status == 503:
        answer.headers["Retry-After"] = BUSY_FOR
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
