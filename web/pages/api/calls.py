"""What every call of the API goes through: the key, the limit, the body, the protection against repeats, the errors."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, Final, NoReturn

from flask import Blueprint, Response, current_app, g, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException, TooManyRequests

from crm.access.actor import Actor, Viewer
from crm.access.origins import Origin
from crm.directory import Directory, directory
from crm.ways.api_keys import actor_of_key, viewer_of_key
from crm.ways.pressure import is_pressed
from crm.ways.repeats import Call, Given, UsedKeyError, answer_all
from db.gathering import Gatherer
from db.work import Work
from engine.setting_errors import problem_of
from engine.text import LazyText, _l
from voronka_error import VoronkaError
from web.access import API_KEY, allowed
from web.errors import status_of
from web.guards import csrf
from web.pages.api.keys import Shown, caller, confirmed
from web.pages.api.pace import Pace, Room
from web.reading_json import NotJsonError, read_json
from web.site import reading, site, writing
from web.texts import translated

blueprint = Blueprint("api_v1", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)

MOST_BYTES: Final = 4 * 1024 * 1024
REPEATED_WITHIN: Final = timedelta(hours=24)
LONGEST_REPEAT_KEY: Final = 200
BUSY_FOR: Final = "5"
"""Seconds after which a program that was put off may come again."""


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
Together = Callable[[Asked], "list[Given | Exception]"]


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
    together: Together | None = None,
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
        together: does calls of the first shape that come at one moment, instead of the view; its ``Asked`` holds their bodies.
    """

    def declare(view: View) -> View:
        refused = {400, 401, 403, 429, *((413, 415, 422, 409) if takes else ()), *((422,) if query else ()), *refusals}
        refused |= {503} if feeds else set()
        name = view.__name__
        CALLS.append(Described(method, path, name, summary, right, takes, query, answers, tuple(sorted(refused))))

        @wraps(view)
        def answer(**parts: int) -> ResponseReturnValue:
            _slow_down()
            shown = caller()
            if shown is None:
                _refuse_key()
            g.origin = Origin("key", shown.key.id, request.remote_addr or "")
            if right is not None:
                actor_of_key(shown.key).require(right)
            if feeds and is_pressed(site().database, most=site().limits.waiting):
                refuse(503, "busy", _l("Very many events wait already. Nothing was taken: come again in a while."))
            body = _body(takes, choose) if takes else None
            asked_query = _checked(query, request.args.to_dict()) if query is not None else None

            if together is not None and isinstance(body, takes[0]):
                given = _together(shown, together)(Call(*_repeated(), body))
                return _json(*_given(given))

            def do(work: Work) -> Given:
                settings = directory(work)
                key = confirmed(work, settings, shown) or _refuse_key()
                asked = Asked(work, settings, actor_of_key(key), viewer_of_key(key), body, asked_query)
                status, found = view(asked, **parts)
                return status, found.model_dump(mode="json")

            if method == "GET":
                with reading() as work:
                    return _json(*do(work))
            call_ = Call(*_repeated(), body)
            with writing() as work:
                scope = f"api:{shown.key.id}"
                [given] = answer_all(work, scope, [call_], lambda _: [do(work)], within=REPEATED_WITHIN)
                found = _given(given)
            return _json(*found)

        blueprint.add_url_rule(path, name, allowed(API_KEY)(answer), methods=[method])
        return view

    return declare


def _who() -> str:
    shown = caller()
    return f"key:{shown.key.id}" if shown is not None else f"address:{get_remote_address()}"


def _slow_down() -> None:
    """Count the call, and refuse what is more than its program may do."""
    extensions = current_app.extensions
    pace: Pace = extensions.get("api_pace") or extensions.setdefault("api_pace", Pace(site().redis_url))
    g.room = room = pace.count(_who(), site().limits.api)
    if room.is_over:
        raise TooManyRequests(retry_after=room.seconds)


@blueprint.after_request
def _tell_room(answer: Response) -> Response:
    """Tell the program how much it may still ask."""
    room: Room | None = g.get("room")
    if room is not None:
        answer.headers["X-RateLimit-Limit"] = str(room.limit)
        answer.headers["X-RateLimit-Remaining"] = str(room.left)
        answer.headers["X-RateLimit-Reset"] = str(int(time.time()) + room.seconds)
    return answer


def _refuse_key() -> NoReturn:
    refuse(401, "unauthorized", _l("Send a valid key in the header Authorization: Bearer …"))


def refuse(status: int, code: str, words: LazyText, where: str | None = None) -> NoReturn:
    """Refuse a call."""
    raise RefusedError(status, code, words, where)


def _repeated() -> tuple[str | None, str]:
    """Return what protects the call against being done twice, where it has that: its key, and the hash of all that it asks."""
    repeat_key = request.headers.get("Idempotency-Key")
    if repeat_key is None:
        return None, ""
    if not 0 < len(repeat_key) <= LONGEST_REPEAT_KEY or not repeat_key.isprintable():
        refuse(
            400, "bad_idempotency_key", _l("an Idempotency-Key has 1 to {limit} characters", limit=LONGEST_REPEAT_KEY)
        )
    asked = f"{request.method} {request.path}\n".encode() + request.get_data()
    return repeat_key, hashlib.sha256(asked).hexdigest()


def _together(shown: Shown, do: Together) -> Gatherer[Call, Given | Exception]:
    """Return what gathers the calls of a key that come at one moment: one transaction for all of them."""
    database = site().database
    known: dict[tuple[int, Together], Gatherer[Call, Given | Exception]] = database.cache.setdefault("api_calls", {})
    found = known.get((shown.key.id, do))
    if found is None:

        def do_all(calls: Sequence[Call]) -> list[Given | Exception]:
            with database.work() as work:
                settings = directory(work)
                key = confirmed(work, settings, shown) or _refuse_key()

                def asked(bodies: list[Any]) -> list[Given | Exception]:
                    return do(Asked(work, settings, actor_of_key(key), viewer_of_key(key), bodies, None))

                return answer_all(work, f"api:{key.id}", calls, asked, within=REPEATED_WITHIN)

        found = known.setdefault((shown.key.id, do), Gatherer(do_all))
    return found


def _given(found: Given | Exception) -> Given:
    """Return an answer, or raise why there is none."""
    if isinstance(found, UsedKeyError):
        refuse(409, found.code, _l("this Idempotency-Key was used for another request"), "Idempotency-Key")
    if isinstance(found, Exception):
        raise found
    return found


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
