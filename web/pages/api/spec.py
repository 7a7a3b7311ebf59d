"""The specification of the API: OpenAPI 3.1, made from the calls and their shapes."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from flask import Response, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web.access import ANYONE, allowed
from web.pages.api import deals, leads, mass_actions, mass_starts
from web.pages.api.calls import CALLS, Described, blueprint
from web.pages.api.shapes import BIGGEST_ID, Error
from web.site import site

Json = dict[str, Any]
_PART: Final = re.compile(r"<[^:>]+:(\w+)>")
_MODULES: Final = (leads, deals, mass_actions, mass_starts)
"""Where the calls are declared."""
_ABOUT: Final = (
    'Send the key as `Authorization: Bearer vk_…`. Every refusal is `{"error": {"code", "message", "where"}}`. '
    "A POST with an `Idempotency-Key` is done once: repeated within 24 hours it is answered again, and with another body refused."
)
_REFUSED: Final = {
    400: "The body is not JSON, or the request cannot be read.",
    401: "There is no valid key.",
    403: "The key lacks the right.",
    404: "There is no such record, or the key may not see it.",
    409: "It was changed meanwhile, or the Idempotency-Key was used for another request.",
    413: "The body is too large.",
    415: "The body is not sent as application/json.",
    422: "A value cannot be; `where` says which.",
    429: "Too many requests; `Retry-After` says when to try again.",
    503: "Very many events wait already; nothing was taken, and `Retry-After` says when to come again.",
}


@blueprint.get("/openapi.json")
@allowed(ANYONE)
def openapi() -> Response:
    """Return the specification."""
    return jsonify({**specification(), "info": {**specification()["info"], "version": site().version}})


@cache
def specification() -> Json:
    """Return the specification as JSON has it."""
    shapes: list[tuple[type[BaseModel], Any]] = [(Error, "serialization")]
    for one in CALLS:
        shapes += [(shape, "validation") for shape in one.takes]
        shapes += [(shape, "serialization") for several in one.answers.values() for shape in several]
    _, definitions = models_json_schema(list(dict.fromkeys(shapes)), ref_template="#/components/schemas/{model}")
    paths: Json = {}
    for one in CALLS:
        paths.setdefault(_PART.sub(r"{\1}", one.path), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Voronka", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Described) -> Json:
    right = f" The key needs the right `{one.right}`." if one.right else ""
    found: Json = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"{one.summary}.{right}",
        "parameters": _parameters(one),
        "responses": {
            **{str(status): _content(shapes, HTTPStatus(status).phrase) for status, shapes in one.answers.items()},
            **{str(status): _content((Error,), _REFUSED[status]) for status in one.refusals},
        },
    }
    if one.takes:
        found["requestBody"] = {"required": True, "content": _json(one.takes)}
    return found


def _parameters(one: Described) -> list[Json]:
    number = {"type": "integer", "minimum": 0, "maximum": BIGGEST_ID}
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": number} for name in _PART.findall(one.path)
    ]
    if one.query is not None:
        for name, schema in one.query.model_json_schema()["properties"].items():
            about = schema.pop("description", "")
            found.append({"name": name, "in": "query", "description": about, "schema": schema})
    if one.method == "POST":
        text = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
        about = "Chosen by you, new for each request: a repeat is answered and not done again."
        found.append({"name": "Idempotency-Key", "in": "header", "description": about, "schema": text})
    return found


def _content(shapes: tuple[type[BaseModel], ...], about: str) -> Json:
    return {"description": about, "content": _json(shapes)}


def _json(shapes: tuple[type[BaseModel], ...]) -> Json:
    references = [{"$ref": f"#/components/schemas/{shape.__name__}"} for shape in shapes]
    return {"application/json": {"schema": references[0] if len(references) == 1 else {"anyOf": references}}}
