"""A template's document with the company's own keys: of plans, stages, reasons and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from blocks.catalogue import block_type
from blocks.wait_event import WaitEvent
from engine.document import FunnelDocument, Node
from engine.program import read_block
from engine.setting import Found, references
from engine.story import DealThen, FunnelTest, moment_of
from engine.story_steps import ClockShows, DealCloses, DealMoves, FormSent, step_of, written

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
    """Return the document with these keys in the settings of its nodes, and in its tests."""
    nodes = tuple(_node(node, keys) for node in document.nodes)
    return document.model_copy(update={"nodes": nodes, "tests": tuple(_test(one, keys) for one in document.tests)})


def _test(test: FunnelTest, keys: Keys) -> FunnelTest:
    """Return a test with these keys; a stage that names no plan is one of the first plan that has it."""
    then = test.then
    if then.deal is not None:
        then = then.model_copy(update={"deal": _deal_then(then.deal, keys)})
    deal = test.given.deal
    given = test.given if deal is None else test.given.model_copy(update={"deal": _deal_given(deal, keys)})
    return test.model_copy(
        update={"given": given, "when": tuple(_step(text, keys) for text in test.when), "then": then}
    )


def _deal_given(deal: dict[str, Any], keys: Keys) -> dict[str, Any]:
    found = dict(deal)
    plan = found.get("plan", "")
    if "stage" in found:
        found["stage"] = keys.stages.get((plan, found["stage"]), found["stage"])
    if plan:
        found["plan"] = keys.plans.get(plan, plan)
    return found


def _deal_then(deal: DealThen, keys: Keys) -> DealThen:
    stage, plan = deal.stage, deal.plan
    if stage is not None:
        stage = keys.stages.get((plan, stage), stage) if plan else _any_stage(stage, keys)
    return deal.model_copy(update={"stage": stage, "plan": keys.plans.get(plan, plan) if plan else None})


def _any_stage(stage: str, keys: Keys) -> str:
    return next((own for (_, key), own in keys.stages.items() if key == stage), stage)


def _step(text: str, keys: Keys) -> str:
    match step_of(text):
        case DealMoves(stage):
            return written(DealMoves(_any_stage(stage, keys)))
        case DealCloses(how, reason) if reason:
            return written(DealCloses(how, keys.reasons.get(reason, reason)))
        case FormSent(form):
            return written(FormSent(keys.forms.get(form, form)))
        case _:
            return text


def moved_by(tests: tuple[FunnelTest, ...], days: int) -> tuple[FunnelTest, ...]:
    """Return tests all of whose moments are so many days later."""

    def later(text: str) -> str:
        return (moment_of(text) + timedelta(days=days)).strftime("%Y-%m-%d %H:%M")

    def step(text: str) -> str:
        found = step_of(text)
        return written(ClockShows(later(found.moment))) if isinstance(found, ClockShows) else text

    return tuple(
        one.model_copy(
            update={
                "given": one.given.model_copy(update={"at": later(one.given.at)}),
                "when": tuple(step(text) for text in one.when),
            }
        )
        for one in tests
    )


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
    if node.type == WaitEvent.key:
        config = {**config, "events": [_awaited(one, keys) for one in config["events"]]}
    return node if config is node.config else node.model_copy(update={"config": config})


def _awaited(event: dict[str, Any], keys: Keys) -> dict[str, Any]:
    """Return an awaited event whose values are stages of the company: those it names are no references."""
    where = event.get("where")
    if not where:
        return event
    own = {name: _any_stage(value, keys) if name in ("from", "stage") else value for name, value in where.items()}
    return {**event, "where": own}


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
