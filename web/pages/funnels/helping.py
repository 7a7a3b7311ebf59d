"""What helps to fill in the settings of blocks: sentences for what was set, texts on a real record, pages about blocks."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import Field, TypeAdapter, ValidationError

from blocks.catalogue import block_type
from crm.directory import directory
from engine.condition import Condition
from engine.duration import Duration
from engine.setting_errors import problem_of
from engine.template import TemplateError
from funnels.previewing import examples, preview
from funnels.words.lengths import in_full
from funnels.words.values import condition
from web.access import allowed
from web.block_pages import page_of
from web.forms import FormModel
from web.pages.funnels.blueprint import SIGHT, blueprint, said
from web.site import reading
from web.texts import translated
from web.visit import viewer

_CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)


class Told(FormModel):
    """What shall be said in words: a condition or a duration, as the document has it."""

    kind: Literal["condition", "duration"]
    value: dict[str, Any]


class Filled(FormModel):
    """Texts to be filled from a record."""

    texts: list[str] = Field(max_length=20)
    record: Literal["lead", "deal"]
    id: int = Field(ge=1)


@blueprint.post("/api/funnels/told")
@allowed(*SIGHT)
def tell() -> ResponseReturnValue:
    """Answer a condition or a duration in a sentence; an empty one, and why, where it is not whole yet."""
    asked = _sent(Told)
    try:
        value = (
            _CONDITION.validate_python(asked.value)
            if asked.kind == "condition"
            else Duration.model_validate(asked.value)
        )
    except ValidationError as error:
        return jsonify({"words": "", "wrong": translated(problem_of(error.errors(include_url=False)[0])[1])})
    with reading() as work:
        settings = directory(work)
        words = in_full(value, settings) if isinstance(value, Duration) else condition(value, settings)
    return jsonify({"words": said(words)})


@blueprint.get("/api/funnels/examples")
@allowed(*SIGHT)
def all_examples() -> ResponseReturnValue:
    """Answer deals and leads to look at a text with: those that fit ``q``, else the newest."""
    with reading() as work:
        found = examples(work, request.args.get("q", "")[:200], viewer=viewer())
    return jsonify([{"record": one.kind, "id": one.id, "title": one.title, "more": said(one.more)} for one in found])


@blueprint.post("/api/funnels/preview")
@allowed(*SIGHT)
def fill() -> ResponseReturnValue:
    """Answer texts as they read about a deal or a lead; none, and why, where one cannot be read; 404 where it is not seen."""
    asked = _sent(Filled)
    try:
        with reading() as work:
            return jsonify({"texts": preview(work, asked.texts, asked.record, asked.id, viewer=viewer())})
    except TemplateError as error:
        return jsonify({"texts": [], "wrong": translated(error.message)})


@blueprint.get("/api/funnels/blocks/<key>/page")
@allowed(*SIGHT)
def page(key: str) -> ResponseReturnValue:
    """Answer the page about a block as HTML; 404 where there is no such block."""
    kind = block_type(key)
    html = page_of(kind.key) if kind is not None else None
    if html is None:
        abort(404)
    return Response(html, mimetype="text/html")


def _sent(model: Any) -> Any:
    try:
        return model.model_validate(request.get_json())
    except ValidationError:
        abort(422)
