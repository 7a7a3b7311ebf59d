"""The funnel document: what the editor saves and ``voronka funnel push`` reads.  Layout is not logic."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.condition import Condition
from engine.limits import USUAL, Limits
from engine.story import Tests

SCHEMA = 1

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
NodeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Layout(_Strict):
    """Where a node is drawn; no part of the logic."""

    x: float = 0
    y: float = 0
    colour: str | None = None


class OnError(_Strict):
    """What a run does when a block cannot do its work: wait for a person, or go on by the main port."""

    then: Literal["hold", "continue"] = "hold"


class WhenLate(_Strict):
    """What a timed block does when it wakes more than ``after_minutes`` late."""

    then: Literal["run_now", "next_window", "skip", "ask"] = "run_now"
    after_minutes: int = Field(default=60, ge=1)


class Node(_Strict):
    """A block placed in a graph.  ``id`` survives moving and renaming; ``config`` is checked against the block's settings."""

    id: NodeId
    type: str
    type_version: int = 1
    title: str | None = None
    note: str | None = None
    config: dict[str, Any] = Field(default_factory=dict)
    condition: Condition | None = None
    on_error: OnError = OnError()
    when_late: WhenLate = WhenLate()
    layout: Layout | None = None


class Edge(_Strict):
    """A line from a port of one node to another node."""

    source: NodeId = Field(alias="from")
    port: str = "next"
    target: NodeId = Field(alias="to")


class CanvasNote(_Strict):
    """Words for colleagues that lie on the canvas; no part of the logic."""

    id: NodeId
    text: str = Field(default="", max_length=4000)
    x: float = 0
    y: float = 0
    colour: str | None = Field(default=None, max_length=20)


class CanvasGroup(_Strict):
    """Nodes that are drawn as belonging together, in a frame of their own; ``folded`` as one."""

    id: NodeId
    name: str = Field(default="", max_length=200)
    nodes: tuple[NodeId, ...] = Field(default=(), max_length=2000)
    folded: bool = False
    colour: str | None = Field(default=None, max_length=20)


class Drawing(_Strict):
    """What lies on the canvas beside the nodes; no part of the logic.  A group may name nodes that are not there."""

    notes: tuple[CanvasNote, ...] = Field(default=(), max_length=500)
    groups: tuple[CanvasGroup, ...] = Field(default=(), max_length=500)


NOTHING_DRAWN = Drawing()


class FunnelDocument(_Strict):
    """A whole funnel: its nodes and the edges between them."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    key: Key
    name: str = Field(min_length=1, max_length=200)
    note: str | None = None
    nodes: tuple[Node, ...] = Field(max_length=2000)
    edges: tuple[Edge, ...] = Field(default=(), max_length=10_000)
    limits: Limits = USUAL
    drawing: Drawing = NOTHING_DRAWN
    tests: Tests = ()

    def plain(self) -> dict[str, Any]:
        """Return the document as plain values in its written form, defaults left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def logic_hash(self) -> str:
        """Return a hash of what the funnel does: the same after nodes were moved about or notes changed."""
        plain = self.plain()
        for aside in ("name", "note", "drawing", "tests"):
            plain.pop(aside, None)
        for node in plain.get("nodes", ()):
            for aside in ("layout", "note", "title"):
                node.pop(aside, None)
        plain["nodes"] = sorted(plain.get("nodes", ()), key=lambda node: node["id"])
        plain["edges"] = sorted(
            plain.get("edges", ()), key=lambda edge: (edge["from"], edge.get("port", ""), edge["to"])
        )
        return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def tested_hash(self) -> str:
        """Return a hash of what the funnel does and of its tests, without limits: what came of the tests holds for the same."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_defaults=True, include={"tests"})
        tests = json.dumps(plain.get("tests", []), sort_keys=True, ensure_ascii=False)
        unlimited = self.model_copy(update={"limits": USUAL})
        return hashlib.sha256(f"{unlimited.logic_hash()}:{tests}".encode()).hexdigest()
