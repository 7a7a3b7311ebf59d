"""A template's document with the company's own keys: of plans, stages, reasons and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from blocks.catalogue import block_type
from engine.document import FunnelDocument, Node
from engine.program import read_block
from engine.setting import Found, references

StageName = tuple[str, str]
"""A plan and a stage by the keys that the template has for them."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the company calls that which the template names; what is not here keeps its key."""

    plans: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[StageName, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)

    def of(self, found: Found) -> str:
        """Return the company's key for one that a setting names."""
        match found.kind:
            case "plan":
                return self.plans.get(found.key, found.key)
            case "stage":
                return self.stages.get((found.within or "", found.key), found.key)
            case "loss_reason":
                return self.reasons.get(found.key, found.key)
            case "form":
                return self.forms.get(found.key, found.key)
            case _:
                return found.key


def mapped(document: FunnelDocument, keys: Keys) -> FunnelDocument:
    """Return the document with these keys in the settings of its nodes."""
    return document.model_copy(update={"nodes": tuple(_node(node, keys) for node in document.nodes)})


def stages_named(document: FunnelDocument) -> tuple[StageName, ...]:
    """Return the stages that the nodes name, each once, in their order."""
    found = (one for node in document.nodes for one in references(read_block(node, block_type)))
    return tuple(dict.fromkeys((one.within or "", one.key) for one in found if one.kind == "stage"))


def reasons_named(document: FunnelDocument) -> frozenset[str]:
    """Return the reasons of refusal that the nodes name."""
    found = (one for node in document.nodes for one in references(read_block(node, block_type)))
    return frozenset(one.key for one in found if one.kind == "loss_reason")


def _node(node: Node, keys: Keys) -> Node:
    config: Any = node.config
    for found in references(read_block(node, block_type)):
        new = keys.of(found)
        if new != found.key:
            config = _with(config, tuple(found.where.split(".")), found.key, new)
    return node if config is node.config else node.model_copy(update={"config": config})


def _with(plain: Any, where: tuple[str, ...], old: str, new: str) -> Any:
    """Return a plain value with another text at a place; in a list of texts, which may be a set, it is found by itself."""
    if not where:
        return new
    if isinstance(plain, list):
        if all(isinstance(item, str) for item in plain):
            return [new if item == old else item for item in plain]
        at = int(where[0])
        return [_with(item, where[1:], old, new) if place == at else item for place, item in enumerate(plain)]
    return {name: _with(value, where[1:], old, new) if name == where[0] else value for name, value in plain.items()}


def with_values(document: FunnelDocument, values: Mapping[str, object]) -> FunnelDocument:
    """Return the document with these values at places as ``wait.day``: a node and one of its settings."""

    def nodes() -> Iterator[Node]:
        for node in document.nodes:
            own = {
                place.partition(".")[2]: value for place, value in values.items() if place.partition(".")[0] == node.id
            }
            yield node.model_copy(update={"config": {**node.config, **own}}) if own else node

    return document.model_copy(update={"nodes": tuple(nodes())})
