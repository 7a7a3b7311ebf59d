"""The catalogue of blocks as the editor takes it: names, ways out, and the form of the settings, in the visitor's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from flask import Response, jsonify
from flask.typing import ResponseReturnValue

from blocks.catalogue import CATALOG
from db.types import dumps
from engine.block import Block, Trigger
from engine.text import LazyText
from funnels.checked import ports_of
from funnels.choices import Choice, choices
from funnels.graph import category
from funnels.words.choices import GROUPS, choice_word
from funnels.words.names import port_name
from web.access import allowed
from web.pages.funnels.blueprint import SIGHT, block_icon, blueprint, said
from web.pages.funnels.editor_words import EDITOR_WORDS
from web.site import reading
from web.texts import language, translated
from web.visit import viewer

Json = dict[str, Any]
_DEEPEST: Final = 12


@blueprint.get("/api/funnels/blocks")
@allowed(*SIGHT)
def blocks() -> ResponseReturnValue:
    """Answer every block there is: what it is for, its ways out, and a JSON Schema of its settings; and the editor's words."""
    return Response(_catalogue(language()), mimetype="application/json")


@blueprint.get("/api/funnels/choices")
@allowed(*SIGHT)
def all_choices() -> ResponseReturnValue:
    """Answer what settings may refer to: plans, stages, people, tags, fields and the like, by the kind of reference."""
    with reading() as work:
        found = choices(work, viewer=viewer())
    return jsonify({kind: [_choice(one) for one in several] for kind, several in found.items()})


def _choice(one: Choice) -> Json:
    plain: Json = {"key": one.key, "name": said(one.name)}
    if one.within:
        plain["within"] = one.within
    if one.kind:
        plain |= {"kind": one.kind, "of": one.of}
        if one.options:
            plain["options"] = [[value, said(name)] for value, name in one.options]
    return plain


@lru_cache(maxsize=8)
def _catalogue(_language: str) -> str:
    order = list(GROUPS)
    found = {
        "groups": [{"key": key, "name": translated(name)} for key, name in GROUPS.items()],
        "blocks": [_block(kind) for kind in sorted(CATALOG, key=lambda kind: order.index(kind.group))],
        "words": {name: translated(words) for name, words in EDITOR_WORDS.items()},
    }
    return dumps(found)  # the settings in their own order


def _block(kind: type[Block]) -> Json:
    return {
        "key": kind.key,
        "title": said(kind.title),
        "about": said(kind.about),
        "group": kind.group,
        "category": category(kind),
        "icon": block_icon(kind.key, kind.group),
        "version": kind.type_version,
        "starts": issubclass(kind, Trigger),
        "rests": kind.rests,
        "joins": kind.joins,
        "ports": [{"key": port, "name": said(port_name(port))} for port in ports_of(kind, {})],
        "schema": settings_form(kind),
    }


def settings_form(kind: type[Block]) -> Json:
    """Return the JSON Schema of a block's settings for a form.

    References inside it are put in place; titles, descriptions and the words of choices are in the visitor's language, other
    descriptions are left out.  ``x-type`` is the name of a group of settings, ``x-condition`` stands for a condition, ``x-aside``
    marks what every trigger has.
    """
    schema = _schema(kind)
    form = _put_in_place(schema, schema.get("$defs", {}), "", 0)
    for name, field in form.get("properties", {}).items():
        if issubclass(kind, Trigger) and name in Trigger.model_fields:
            field["x-aside"] = True
    return form


@lru_cache(maxsize=200)
def _schema(kind: type[Block]) -> Json:
    return kind.model_json_schema()


def _put_in_place(schema: Mapping[str, Any], known: Mapping[str, Json], name: str, depth: int) -> Json:
    if depth > _DEEPEST:
        return {}
    if "$ref" in schema:
        type_ = str(schema["$ref"]).rpartition("/")[2]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        own = {key: value for key, value in known[type_].items() if key not in ("title", "description")}
        return {**_put_in_place({**own, **beside}, known, name, depth + 1), "x-type": type_}
    plain: Json = {key: said(schema[key]) for key in ("title", "description") if isinstance(schema.get(key), LazyText)}
    if schema.get("discriminator", {}).get("propertyName") == "op":
        return {**plain, "type": "object", "x-condition": True}
    for key, value in schema.items():
        match key:
            case "title" | "description" | "$defs" | "discriminator":
                continue
            case "properties":
                plain[key] = {one: _put_in_place(field, known, one, depth + 1) for one, field in value.items()}
            case "items" | "additionalProperties" if isinstance(value, dict):
                plain[key] = _put_in_place(value, known, name, depth + 1)
            case "anyOf" | "oneOf":
                plain[key] = [_put_in_place(one, known, name, depth + 1) for one in value]
            case "prefixItems":
                plain[key] = [_put_in_place(one, known, name, depth + 1) for one in value]
            case "enum":
                plain[key] = value
                plain["x-words"] = {str(one): said(choice_word(name, one)) for one in value}
            case "const":
                plain[key] = value
                plain["x-word"] = said(choice_word(name, value))
            case _:
                plain[key] = value
    return plain
