"""Publish checks of settings: what is required, what must exist, what templates and conditions name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, assert_never, get_args

from pydantic import BaseModel, ValidationError

from engine.block import Block, BlockCatalogue, Trigger
from engine.checks_graph import Drawing
from engine.condition import All, AnyOf, FieldKind, Leaf, Not, Visited, check, leaves
from engine.condition import Node as ConditionNode
from engine.document import FunnelDocument, Node
from engine.publish_problem import Known, PublishProblem, error
from engine.setting import Found, ReferenceKind, references, templates
from engine.setting_errors import problem_of
from engine.template import parse
from engine.text import LazyText, _l

_ALWAYS_KNOWN: Final[dict[str, FieldKind]] = {
    "trigger.kind": "choice",
    "trigger.origin": "choice",
    "trigger.plan": "choice",
    "trigger.stage": "choice",
    "trigger.from": "choice",
}
"""What every event, or every move of a deal, carries into the run."""
_CONDITIONS: Final = (All, AnyOf, Not, *get_args(Leaf))


@dataclass(frozen=True, slots=True)
class ReadBlocks:
    """The blocks of a document as far as they could be read, and what was wrong with the others."""

    types: dict[str, type[Block]]
    blocks: dict[str, Block]
    problems: tuple[PublishProblem, ...]


def read_blocks(document: FunnelDocument, catalogue: BlockCatalogue) -> ReadBlocks:
    """Read the settings of every node; of nodes with the same id, the first."""
    types: dict[str, type[Block]] = {}
    blocks: dict[str, Block] = {}
    problems: list[PublishProblem] = []
    for node in document.nodes:
        type_ = catalogue(node.type)
        if type_ is None:
            message = _l("there is no block {type}; `voronka funnel blocks` lists the catalogue", type=node.type)
            problems.append(error("block_unknown", node.id, None, message))
            continue
        types.setdefault(node.id, type_)
        if node.type_version != type_.type_version:
            message = _l(
                "the block {type} has version {own} here, this installation has {other}",
                type=node.type,
                own=node.type_version,
                other=type_.type_version,
            )
            problems.append(error("block_version", node.id, None, message))
        try:
            blocks.setdefault(node.id, type_.model_validate(node.config))
        except ValidationError as wrong:
            for found in wrong.errors(include_url=False):
                code, said = problem_of(found)
                problems.append(error(code, node.id, ".".join(map(str, found["loc"])) or None, said))
    return ReadBlocks(types, blocks, tuple(problems))


def settings_problems(drawing: Drawing, known: Known) -> Iterator[PublishProblem]:
    """Yield keys of things that do not exist, wrong templates and conditions, and triggers drawn twice."""
    for node_id, block in drawing.blocks.items():
        for found in references(block):
            yield from _reference(node_id, found, drawing, known)
        for field, text in templates(block).items():
            yield from _template(node_id, field, text, known)
        for field, condition in _conditions(block, ""):
            yield from _condition(node_id, field, condition, drawing, known)
    for node_id, node in drawing.nodes.items():
        if node.condition is not None:
            yield from _condition(node_id, "condition", node.condition, drawing, known)
    yield from _double_triggers(drawing)


def _reference(node: str, found: Found, drawing: Drawing, known: Known) -> Iterator[PublishProblem]:
    within = found.within
    if found.kind == "field":
        exists = _kind(found.key, known) is not None
    elif found.kind == "node":
        exists = found.key in drawing.nodes
    else:
        # A stage of a plan that does not exist is not a second problem.
        exists = known.has(found.kind, found.key, within) or (within is not None and not known.has("plan", within))
    if not exists and found.kind == "user" and known.has_left(found.key):
        message = _l("{user} no longer works here: choose somebody else", user=found.key)
        yield error("reference_missing", node, found.where, message)
    elif not exists:
        yield error("reference_missing", node, found.where, _missing(found.kind, found.key, within))


def _missing(kind: ReferenceKind, key: str, within: str | None) -> LazyText:
    match kind:
        case "plan":
            return _l("there is no sales plan {key}", key=key)
        case "stage" if within is not None:
            return _l("there is no stage {key} in the sales plan {plan}", key=key, plan=within)
        case "stage":
            return _l("there is no stage {key} in any sales plan", key=key)
        case "user":
            return _l("there is no user {key}", key=key)
        case "tag":
            return _l("there is no tag {key}", key=key)
        case "field":
            return _l("there is no field {key}", key=key)
        case "channel":
            return _l("there is no channel {key}", key=key)
        case "loss_reason":
            return _l("there is no loss reason {key}", key=key)
        case "node":
            return _l("there is no node {key}", key=key)
        case "country":
            return _l("there is no country {key}", key=key)
        case "form":
            return _l("there is no form {key}", key=key)
        case "webhook":
            return _l("there is no webhook {key}", key=key)
        case _:
            assert_never(kind)


def _template(node: str, field: str, text: str, known: Known) -> Iterator[PublishProblem]:
    for found in parse(text).check(lambda path: _kind(path, known) is not None):
        message = _l("{problem} (character {position})", problem=found.message, position=int(found.where) + 1)
        yield error("template_path_unknown", node, field, message)


def _conditions(value: object, place: str) -> Iterator[tuple[str, ConditionNode]]:
    """Yield every condition among settings, with its place."""
    if isinstance(value, _CONDITIONS):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _conditions(getattr(value, name), f"{place}.{name}" if place else name)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _conditions(item, f"{place}.{number}")


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields as the check of conditions asks for them."""

    known: Known

    def kind(self, path: str) -> FieldKind | None:
        return _kind(path, self.known)


def _condition(
    node: str, field: str, condition: ConditionNode, drawing: Drawing, known: Known
) -> Iterator[PublishProblem]:
    for found in check(condition, _Fields(known)):
        message = found.message if isinstance(found.message, LazyText) else _l("{problem}", problem=found.message)
        yield error(f"condition_{found.code}", node, f"{field}.{found.where}", message)
    for where, leaf in leaves(condition):
        if isinstance(leaf, Visited) and leaf.node not in drawing.nodes:
            place = ".".join(filter(None, (field, where, "node")))
            yield error("reference_missing", node, place, _missing("node", leaf.node, None))


def _kind(path: str, known: Known) -> FieldKind | None:
    return _ALWAYS_KNOWN.get(path) or known.field(path)


def _double_triggers(drawing: Drawing) -> Iterator[PublishProblem]:
    seen: dict[tuple[type[Block], str, str], str] = {}
    for node_id in drawing.triggers:
        if node_id in drawing.blocks:
            block, node = drawing.blocks[node_id], drawing.nodes[node_id]
            first = seen.setdefault(_what_starts(block, node), node_id)
            if first != node_id:
                yield error(
                    "trigger_double",
                    node_id,
                    None,
                    _l("the trigger {other} already starts on the same; remove one of them", other=first),
                )


def _what_starts(block: Block, node: Node) -> tuple[type[Block], str, str]:
    assert isinstance(block, Trigger)
    return type(block), block.model_dump_json(), node.condition.model_dump_json() if node.condition is not None else ""
